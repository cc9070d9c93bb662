import { differInLeadingZeros, missingSchools } from './missing-schools.ts';

const school = (sisId: string, name: string | null = null) => ({ sisId, name });
const nearestTo = (link: ReturnType<typeof school>, ...inData: ReturnType<typeof school>[]) =>
  missingSchools([link], inData)[0]?.nearest;

describe('missingSchools (guard §15)', () => {
  it('compares ids as exact strings', () => {
    const links = ['0123', '123', 'abc', 'ABC ', 'é'].map((sisId) => school(sisId));
    const found = missingSchools(links, [school('123'), school('abc'), school('ABC')]);
    expect(found.map(({ sisId }) => sisId)).toEqual(['0123', 'ABC ', 'é']);
  });

  it('finds nothing missing where every link is in the data', () => {
    expect(missingSchools([school('0123')], [school('0123'), school('0124')])).toEqual([]);
  });

  it.each([
    ['0123', '123'],
    ['123', '0123'],
    ['000123', '0123'],
    ['0', '00'],
    ['abc-1', 'ABC-1'],
    ['12 3', '123'],
    ['\uFEFF123', '123'],
    ['0123', '0132'],
    ['0123', '01234'],
    ['01234', '0123'],
    ['0123', '0128'],
  ])('takes %j for %j', (linked, present) => {
    expect(nearestTo(school(linked), school('777777'), school(present))).toEqual([present]);
  });

  it('takes a school of the same name, whatever its id', () => {
    expect(nearestTo(school('0123', 'North High'), school('X-9', 'NORTH  HIGH'), school('X-8', 'South'))).toEqual([
      'X-9',
    ]);
  });

  it('does not take unlike ids, nor schools that merely lack a name', () => {
    expect(nearestTo(school('0123'), school('4567'), school('0199'), school('888', ''))).toEqual([]);
  });

  it('does not call ids of one or two characters a typo of each other', () => {
    expect(nearestTo(school('1'), school('2'), school('12'))).toEqual([]);
  });

  it('puts the best first: case and spaces, zeros, name, typo', () => {
    expect(
      nearestTo(
        school('0A12', 'North'),
        school('0A13'),
        school('zz', 'North'),
        school('0A14', 'North'),
        school('A12'),
        school('0a12'),
      ),
    ).toEqual(['0a12', 'A12', '0A14', 'zz', '0A13']);
  });

  it('names five at most, and none twice', () => {
    const near = Array.from({ length: 9 }, (_, index) => school(`012${index}`));
    expect(nearestTo(school('0129'), ...near, ...near)).toEqual(['0120', '0121', '0122', '0123', '0124']);
  });

  it('takes the better of two schools that share an id', () => {
    const inData = [school('0124', 'North'), school('0124', 'South'), school('X-9', 'North')];
    expect(nearestTo(school('0123', 'North'), ...inData)).toEqual(['0124', 'X-9']);
  });

  it('does not propose an id that is linked already', () => {
    const links = [school('0123'), school('0124')];
    expect(missingSchools(links, [school('0124'), school('0125')])).toEqual([
      { sisId: '0123', name: null, nearest: ['0125'] },
    ]);
  });
});

it('tells lost zeros from other differences', () => {
  expect(differInLeadingZeros('0123', '123')).toBe(true);
  expect(differInLeadingZeros('123', '00123')).toBe(true);
  expect(differInLeadingZeros('123', '123')).toBe(false);
  expect(differInLeadingZeros('1230', '123')).toBe(false);
  expect(differInLeadingZeros('00', '0')).toBe(true);
});
