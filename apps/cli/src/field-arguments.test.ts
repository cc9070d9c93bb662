import { fieldsFrom } from './field-arguments.ts';

describe('fieldsFrom', () => {
  it('reads texts, truth values and lists', () => {
    expect(
      fieldsFrom('students', {
        set: ['givenName=Ada=B', 'enabled=false', 'schools=A', 'schools=B', 'email='],
        clear: ['phone'],
      }),
    ).toEqual({ givenName: 'Ada=B', enabled: false, schools: ['A', 'B'], email: '', phone: null });
  });

  it('leaves to the store what it does not know', () => {
    expect(fieldsFrom('students', { set: ['gradee=9', 'enabled=yes', '__proto__=x'] })).toEqual(
      Object.fromEntries([
        ['gradee', '9'],
        ['enabled', 'yes'],
        ['__proto__', 'x'],
      ]),
    );
  });

  it.each([
    [{ set: ['givenName'] }, /^--set: expected name=value\.$/],
    [{ set: ['grade=9', 'grade=10'] }, /grade is given twice/],
    [{ set: ['grade=9'], clear: ['grade'] }, /grade is both set and cleared/],
  ])('refuses %j', (options, message) => {
    expect(() => fieldsFrom('students', options)).toThrow(message);
  });
});
