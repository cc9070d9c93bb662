import { gradesOf } from './hold-evidence.fixture.ts';
import type { Grades } from './hold-evidence.fixture.ts';
import { graduation } from './graduation.ts';

const HIGH: Grades = [
  ['09', 130],
  ['10', 131],
  ['11', 132],
  ['12', 128, 128],
];
const explain = (grades: Grades) => graduation(gradesOf({ N: grades }));
const with12 = (...rest: Grades): Grades => [['11', 132], ...rest];

it('explains the highest grade that left alone', () => {
  expect(explain(HIGH)).toEqual([
    {
      cause: 'graduation',
      recordType: 'students',
      schools: ['N'],
      explained: 128,
      of: 128,
      message:
        'All 128 students of grade 12 at North High are gone and no other grade changed: this looks like graduation.',
      advice: expect.stringMatching(/^District administrator: .* If they have graduated, approve\./),
      evidence: { grades: 'grade 12', schools: 1, students: 128, staying: 393 },
      examples: ['N-12-0', 'N-12-1', 'N-12-2', 'N-12-3', 'N-12-4'],
    },
  ]);
});

it('takes six high schools together and names three', () => {
  const schools = Object.fromEntries(['N', 'S', 'E', 'W', '5', '6'].map((school) => [school, HIGH]));
  const [explanation, ...others] = graduation(gradesOf(schools));
  expect(others).toEqual([]);
  expect(explanation).toMatchObject({ schools: ['5', '6', 'E', 'N', 'S', 'W'], explained: 768, of: 768 });
  expect(explanation?.message).toBe(
    'All 768 students of grade 12 at school "5", school "6", East High and 3 other schools are gone ' +
      'and no other grade changed there: this looks like graduation.',
  );
});

it('says so in a month that is not the time of it', () => {
  const [explanation] = graduation(gradesOf({ N: HIGH }, { today: '2026-11-25' }));
  expect(explanation?.message).toMatch(/: this looks like graduation\. That is unusual in November\.$/);
});

it('explains a grade of five where five are left to see', () => {
  expect(
    explain([
      ['11', 5],
      ['12', 5, 5],
    ]),
  ).toHaveLength(1);
});

it('takes grade 12 for the highest where grade 13 is empty', () => {
  expect(explain([...HIGH, ['13', 0]])).toHaveLength(1);
});

it('takes grade 13 for the last where there is one, and tells it from grade 12 of other schools', () => {
  const explanations = graduation(gradesOf({ N: HIGH, S: [...HIGH.slice(0, 3), ['12', 100], ['13', 20, 20]] }));
  expect(explanations.map(({ schools, evidence }) => [schools, evidence['grades']])).toEqual([
    [['N'], 'grade 12'],
    [['S'], 'grade 13'],
  ]);
});

it('does not mind students without a grade, or with one that has no order, who stay', () => {
  expect(explain([...HIGH, [null, 3], ['UG', 9], ['Other', 1]])).toHaveLength(1);
});

it('adds up the spellings of a grade', () => {
  expect(explain(with12(['12', 60, 60], ['12th', 68, 68]))).toMatchObject([{ explained: 128 }]);
  expect(explain(with12(['12', 60, 60], ['12th', 68, 67]))).toEqual([]);
});

it.each<[string, Grades]>([
  ['one student of grade 12 stayed', with12(['12', 128, 127])],
  [
    'one student of another grade left',
    [
      ['11', 132, 1],
      ['12', 128, 128],
    ],
  ],
  ['one student without a grade left', with12(['12', 128, 128], [null, 4, 1])],
  [
    'two grades lost a few',
    [
      ['11', 132, 6],
      ['12', 128, 9],
    ],
  ],
  ['grade 12 had four students', with12(['12', 4, 4])],
  [
    'hardly anybody is left to see',
    [
      ['11', 4],
      ['12', 128, 128],
    ],
  ],
  [
    'the whole school is empty',
    [
      ['11', 132, 132],
      ['12', 128, 128],
    ],
  ],
  ['the school has no other grade', [['12', 128, 128]]],
  ['grade 12 is not the highest', with12(['12', 128, 128], ['13', 20])],
  [
    'grade 11 left',
    [
      ['11', 132, 132],
      ['12', 128],
    ],
  ],
  [
    'grade 8 is the highest',
    [
      ['07', 100],
      ['08', 90, 90],
    ],
  ],
  ['the grade has no order', with12(['Senior', 128, 128])],
  ['only students without a grade left', with12([null, 128, 128])],
  ['nobody left', with12(['12', 128])],
  ['there is no grade', []],
])('explains nothing where %s', (_, grades) => {
  expect(explain(grades)).toEqual([]);
});

it('is silent where more than a tenth of them is in the data under another id or at another school', () => {
  const rekeyed = (pairs: number) =>
    gradesOf({ N: HIGH }, { rekeyed: [{ recordType: 'students', school: 'N', pairs, examples: [] }] });
  expect(graduation(rekeyed(12))).toHaveLength(1);
  expect(graduation(rekeyed(13))).toEqual([]);
  const transfers = [{ from: 'N', to: 'S', kind: 'not_linked', students: 13, examples: [] }] as const;
  expect(graduation(gradesOf({ N: HIGH }, { transfers }))).toEqual([]);
});

it('is silent where the grades do not add up to what the school would lose', () => {
  const evidence = gradesOf({ N: HIGH });
  const groups = evidence.groups.map((group) => ({ ...group, toArchive: group.toArchive + 1 }));
  expect(graduation({ ...evidence, groups })).toEqual([]);
});
