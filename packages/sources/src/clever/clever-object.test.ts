import { wrappedObject } from './clever-object.ts';
import { objectWith } from './objects.fixture.ts';

describe('a field', () => {
  it('that is blank, null or missing has no value', () => {
    const { object, warnings } = objectWith({ a: '', b: null, c: '  ' });
    expect(['a', 'b', 'c', 'd'].map((key) => [object.text(key), object.texts(key), object.has(key)])).toEqual(
      Array.from({ length: 4 }, () => [null, [], false]),
    );
    expect(warnings()).toEqual([]);
  });

  it('is taken verbatim, and a number as its decimal text, which is worth a word', () => {
    const { object, warnings } = objectWith({ a: ' 0123 ', b: 123 });
    expect([object.text('a'), object.text('b'), object.text('b')]).toEqual([' 0123 ', '123', '123']);
    expect(warnings()).toEqual([
      'users, "5a25ffb0c1bc2a00360003ee": `b` is a number; its decimal text was taken (2 times in all).',
    ]);
  });

  it('of another kind than it should be is left empty, without being repeated', () => {
    const { object, warnings } = objectWith({ a: { secret: 1 }, b: ['x', ['secret'], 'x', '', 7] });
    expect([object.text('a'), object.texts('b'), object.parts('a'), object.part('b').text('x')]).toEqual([
      null,
      ['x', '7'],
      [],
      null,
    ]);
    expect(warnings().join()).not.toContain('secret');
  });

  it('is a list of one if it is a single text', () => {
    expect(objectWith({ school: 'S1' }).object.texts('school')).toEqual(['S1']);
  });
});

describe('an item of a list', () => {
  it.each([
    [{ data: { id: '5a' }, uri: '/v3.1/users/5a' }, '5a'],
    [{ data: { id: 17 } }, '17'],
    [{ data: { id: '' } }, undefined],
    [{ data: { id: null } }, undefined],
    [{ data: {} }, undefined],
    [{ id: '5a' }, undefined],
    [{ data: ['5a'] }, undefined],
    [null, undefined],
    ['5a', undefined],
  ])('%j wraps the object %p', (item, id) => {
    expect(wrappedObject(item, objectWith({}).report)?.id).toBe(id);
  });
});
