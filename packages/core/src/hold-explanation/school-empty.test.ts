import { evidenceOf, group } from './hold-evidence.fixture.ts';
import { schoolEmpty } from './school-empty.ts';

const schoolRecord = (school: string) => group({ recordType: 'schools', school, active: 1, toArchive: 1 });

it('explains a school that lost every student (guard §17)', () => {
  const groups = [
    group({ active: 480, toArchive: 480 }),
    group({ recordType: 'staff', active: 40, toArchive: 38 }),
    group({ recordType: 'classes', active: 60, toArchive: 60 }),
    group({ school: 'S', active: 500, toArchive: 4 }),
  ];
  expect(schoolEmpty(evidenceOf({ groups }))).toEqual([
    {
      cause: 'school_empty',
      recordType: 'students',
      schools: ['N'],
      explained: 480,
      of: 480,
      message:
        'All 480 students of North High are gone and nobody new came: ' +
        'this looks like a school that was closed, or that is no longer shared.',
      advice: expect.stringMatching(/approve this for a school that was closed.*approve nothing and ask/),
      evidence: { schools: 1, students: 480, staff: 38, classes: 60, schoolsNotInData: 0 },
      examples: [],
    },
  ]);
});

it('takes several together, the largest first', () => {
  const groups = [group({ active: 90, toArchive: 90 }), group({ school: 'S', active: 12_000, toArchive: 12_000 })];
  const [explanation, ...others] = schoolEmpty(evidenceOf({ groups }));
  expect(others).toEqual([]);
  expect(explanation).toMatchObject({ schools: ['S', 'N'], explained: 12_090 });
  expect(explanation?.message).toMatch(
    /^All 12,090 students of South High and North High .* schools that were closed, or that are/,
  );
});

it.each([
  ['one student stayed', { active: 480, toArchive: 479 }],
  ['one student is new', { active: 480, toArchive: 480, toCreate: 1 }],
  ['it had four students', { active: 4, toArchive: 4 }],
  ['it had one student', { active: 1, toArchive: 1 }],
  ['it had none', { active: 0 }],
  ['it lost its staff alone', { recordType: 'staff', active: 40, toArchive: 40 }],
  ['these students belong to no school', { school: null, active: 40, toArchive: 40 }],
] as const)('explains nothing where %s', (_, count) => {
  expect(schoolEmpty(evidenceOf({ groups: [group(count)] }))).toEqual([]);
});

it('explains a school of five students', () => {
  expect(schoolEmpty(evidenceOf({ groups: [group({ active: 5, toArchive: 5 })] }))).toHaveLength(1);
});

it('explains a school of one student that is no longer in the data itself', () => {
  const groups = [group({ active: 1, toArchive: 1 }), schoolRecord('N')];
  expect(schoolEmpty(evidenceOf({ groups }))).toMatchObject([
    {
      recordType: 'students',
      message:
        'The only student of North High is gone and nobody new came: ' +
        'this looks like a school that was closed, or that is no longer shared.',
      evidence: { schoolsNotInData: 1 },
    },
  ]);
});

it('allows a tenth of the students to turn up elsewhere, and no more', () => {
  const explain = (students: number) =>
    schoolEmpty(
      evidenceOf({
        groups: [group({ active: 50, toArchive: 50 })],
        transfers: [{ from: 'N', to: 'S', kind: 'new_id', students, examples: [] }],
      }),
    );
  expect(explain(5)).toHaveLength(1);
  expect(explain(6)).toEqual([]);
});

describe('a school that is no longer in the data while its students stay', () => {
  it('looks closed or merged', () => {
    const groups = [schoolRecord('0123'), group({ school: '0123', active: 300 })];
    expect(schoolEmpty(evidenceOf({ groups }))).toMatchObject([
      {
        recordType: 'schools',
        schools: ['0123'],
        explained: 1,
        of: 1,
        message:
          'School "0123" is no longer in the data, though none of its students is due to be archived: ' +
          'this looks like a school that was closed, or merged into another.',
        examples: ['0123'],
      },
    ]);
  });

  it('is taken together with others', () => {
    const [explanation] = schoolEmpty(evidenceOf({ groups: [schoolRecord('S'), schoolRecord('N')] }));
    expect(explanation).toMatchObject({ schools: ['N', 'S'], explained: 2, of: 2 });
    expect(explanation?.message).toMatch(
      /^North High and South High are .* their students .* schools that were closed/,
    );
  });

  it('is not explained where some of its students leave', () => {
    const groups = [schoolRecord('N'), group({ active: 300, toArchive: 20 })];
    expect(schoolEmpty(evidenceOf({ groups }))).toEqual([]);
  });

  it('is not explained where a new school came, which may be the same', () => {
    const groups = [schoolRecord('N'), group({ recordType: 'schools', school: '77', toCreate: 1 })];
    expect(schoolEmpty(evidenceOf({ groups }))).toEqual([]);
  });
});
