import { gradeLeft } from './grade-left.ts';
import { gradesOf } from './hold-evidence.fixture.ts';
import type { Grades } from './hold-evidence.fixture.ts';

const ELEMENTARY: Grades = [
  ['KG', 60],
  ['01', 62],
  ['05', 58, 58],
];
const messageOf = (grades: Grades) => gradeLeft(gradesOf({ N: grades })).map(({ message }) => message);

it('calls it the end of the school year where the highest grade of a lower school left', () => {
  expect(gradeLeft(gradesOf({ N: ELEMENTARY }))).toEqual([
    {
      cause: 'grade_left',
      recordType: 'students',
      schools: ['N'],
      explained: 58,
      of: 58,
      message:
        'All 58 students of grade 5, the highest grade, at North High are gone and no other grade changed: ' +
        'this looks like the end of the school year.',
      advice: expect.stringMatching(/moved on to a school that is not in this data, approve/),
      evidence: { grades: 'grade 5', schools: 1, students: 58, staying: 122 },
      examples: ['N-05-0', 'N-05-1', 'N-05-2', 'N-05-3', 'N-05-4'],
    },
  ]);
});

it('says so in a month that is not the time of it', () => {
  const [explanation] = gradeLeft(gradesOf({ N: ELEMENTARY }, { today: '2026-02-02' }));
  expect(explanation?.message).toMatch(/the end of the school year\. That is unusual in February\.$/);
});

it('takes schools that lost the same grade together', () => {
  const explanations = gradeLeft(
    gradesOf({
      N: ELEMENTARY,
      S: [
        ['07', 80],
        ['08', 90, 90],
      ],
      E: ELEMENTARY,
    }),
  );
  expect(explanations.map(({ schools, explained }) => [schools, explained])).toEqual([
    [['E', 'N'], 116],
    [['S'], 90],
  ]);
});

it.each<[string, Grades, string]>([
  [
    'another grade',
    [
      ['KG', 60],
      ['01', 62, 62],
      ['05', 58],
    ],
    'All 62 students of grade 1 at North High are gone and no other grade changed: ' +
      'it looks as if this grade is no longer shared, or was left out of an export.',
  ],
  [
    'several grades, in their order',
    [
      ['2', 50],
      ['01', 62, 62],
      ['K', 60, 60],
    ],
    'All 122 students of kindergarten and grade 1 at North High are gone and no other grade changed: ' +
      'it looks as if these grades are no longer shared, or were left out of an export.',
  ],
  [
    'the highest grades together',
    [
      ['11', 50],
      ['12', 40, 40],
      ['13', 10, 10],
    ],
    'All 50 students of grade 12 and grade 13 at North High are gone and no other grade changed: ' +
      'it looks as if these grades are no longer shared, or were left out of an export.',
  ],
  [
    'grade 12 where there is a higher one',
    [
      ['12', 40, 40],
      ['PS', 10],
    ],
    'All 40 students of grade 12 at North High are gone and no other grade changed: ' +
      'it looks as if this grade is no longer shared, or was left out of an export.',
  ],
  [
    'a grade without an order, never the highest',
    [
      ['Toddlers', 30, 30],
      ['UG', 10],
    ],
    'All 30 students of grade "Toddlers" at North High are gone and no other grade changed: ' +
      'it looks as if this grade is no longer shared, or was left out of an export.',
  ],
])('explains %s', (_, grades, message) => {
  expect(messageOf(grades)).toEqual([message]);
});

it('keeps a long list of grades short', () => {
  const gone = ['01', '02', '03', '04', '05'].map((grade) => [grade, 20, 20] as const);
  expect(messageOf([['KG', 20], ...gone])[0]).toMatch(/^All 100 students of grade 1, grade 2, grade 3 and 2 more at /);
});

it.each<[string, Grades]>([
  [
    'it is graduation',
    [
      ['11', 132],
      ['12', 128, 128],
    ],
  ],
  [
    'one student of the grade stayed',
    [
      ['KG', 60],
      ['05', 58, 57],
    ],
  ],
  [
    'two grades lost a few',
    [
      ['KG', 60, 3],
      ['01', 62, 4],
      ['05', 58],
    ],
  ],
  [
    'a whole grade and one more student left',
    [
      ['KG', 60, 1],
      ['05', 58, 58],
    ],
  ],
  [
    'one of two grades had a single student',
    [
      ['KG', 60],
      ['01', 1, 1],
      ['05', 58, 58],
    ],
  ],
  [
    'a grade of two left',
    [
      ['KG', 60],
      ['05', 2, 2],
    ],
  ],
  [
    'students without a grade left',
    [
      ['KG', 60],
      [null, 58, 58],
    ],
  ],
  [
    'every grade left',
    [
      ['KG', 60, 60],
      ['05', 58, 58],
    ],
  ],
  [
    'one odd student is left',
    [
      ['01', 1],
      ['09', 60, 60],
      ['10', 58, 58],
    ],
  ],
])('explains nothing where %s', (_, grades) => {
  expect(messageOf(grades)).toEqual([]);
});
