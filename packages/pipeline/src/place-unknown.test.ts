import { placeUnknown } from './place-unknown.ts';
import type { Placeless } from './snapshot.ts';

const SCHOOLS = [
  { sisId: '0101', name: 'North' },
  { sisId: '0102', name: 'South' },
];
const one: Placeless = {
  recordType: 'students',
  file: 'users.csv',
  isBlank: false,
  count: 4,
  left: 0,
  examples: [
    { sisId: 's1', line: 5 },
    { sisId: 's2', line: 9 },
  ],
  schools: ['101', 'elsewhere'],
};

describe('guard §37: the warning of places that cannot be told', () => {
  it('names unknown schools with those that are meant, the lines and the ids', () => {
    expect(placeUnknown([one], SCHOOLS)).toEqual([
      {
        code: 'place_unknown',
        file: 'users.csv',
        line: 5,
        count: 4,
        message:
          '4 students name only schools that are not in the data: "101" (did you mean "0101"?) and "elsewhere". ' +
          '4 active records stay as they are. Correct the school of "s1" (line 5), "s2" (line 9), … in the export.',
      },
    ]);
  });

  it('says who is left out, and names no line where there are none', () => {
    const examples = [{ sisId: 's1', line: 0 }];
    const [some, none] = placeUnknown(
      [
        { ...one, isBlank: true, count: 3, left: 1, examples, schools: [] },
        { ...one, isBlank: true, count: 1, left: 1, examples, schools: [] },
      ],
      SCHOOLS,
    );
    expect(some).toMatchObject({ line: null });
    expect(some?.message).toBe(
      '3 students name no school. 2 active records stay as they are; 1 record that is not active was left out. ' +
        'Correct the school of "s1", … in the export.',
    );
    expect(none?.message).toBe(
      '1 student names no school. 1 record that is not active was left out. Correct the school of "s1" in the export.',
    );
  });
});
