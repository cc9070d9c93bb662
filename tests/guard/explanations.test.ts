import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { causesOf, explainedHold, someOf } from './explained.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('explanations');
});
afterAll(() => testDatabase.drop());
/** A district whose clocks say June, when school years end. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster, () => new Date('2027-06-15T12:00:00Z'));
  await harness.createSync('sis', 'riverside');
});

/** Students of one grade: `<school><grade>-1` and so on. */
const grade = (school: string, name: string, count: number): string[] => {
  const ids = someOf(`${school}${name}-`, 1, count);
  for (const id of ids) roster.student(id, school, { grade: name });
  return ids;
};

describe('guard §25: graduation', () => {
  it('is the highest grade, 12 or 13, gone to the last student while nobody else is', async () => {
    roster.school('N');
    grade('N', '11', 6);
    const seniors = grade('N', '12', 5);
    await harness.run('sis');
    roster.removeStudents(...seniors);
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      {
        cause: 'graduation',
        recordType: 'students',
        schools: ['N'],
        explained: 5,
        of: 5,
        message:
          'All 5 students of grade 12 at School N are gone and no other grade changed: this looks like graduation.',
        evidence: { grades: 'grade 12', schools: 1, students: 5, staying: 6 },
        examples: ['N12-1', 'N12-2', 'N12-3', 'N12-4', 'N12-5'],
      },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('is told of in another month as unusual', async () => {
    harness = new PipelineHarness(testDatabase.database, roster, () => new Date('2027-03-15T12:00:00Z'));
    roster.school('N');
    grade('N', '11', 6);
    const seniors = grade('N', '12', 5);
    await harness.run('sis');
    roster.removeStudents(...seniors);
    expect((await explainedHold(harness))[0]?.message).toMatch(/graduation\. That is unusual in March\.$/);
  });

  it.each([
    ['one student of the grade stays', 6, ['N12-1', 'N12-2', 'N12-3', 'N12-4', 'N12-5']],
    ['one student of another grade is gone too', 5, ['N12-1', 'N12-2', 'N12-3', 'N12-4', 'N12-5', 'N11-1']],
    ['four were in the grade', 4, ['N12-1', 'N12-2', 'N12-3', 'N12-4']],
  ])('is not told of where %s', async (_, seniors, leaving) => {
    roster.school('N');
    grade('N', '11', 6);
    grade('N', '12', seniors);
    await harness.run('sis');
    roster.removeStudents(...leaving);
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('is not told of where four students stay', async () => {
    roster.school('N');
    grade('N', '11', 4);
    const seniors = grade('N', '12', 6);
    await harness.run('sis');
    roster.removeStudents(...seniors);
    expect(await explainedHold(harness)).toEqual([]);
  });
});

describe('guard §25: a grade that left', () => {
  it('is the end of the school year if it was the highest of its school', async () => {
    roster.school('E').school('W');
    for (const school of ['E', 'W']) grade(school, '07', 6);
    const eighth = [...grade('E', '08', 6), ...grade('W', '08', 5)];
    await harness.run('sis');
    roster.removeStudents(...eighth);
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      {
        cause: 'grade_left',
        schools: ['E', 'W'],
        explained: 11,
        of: 11,
        message:
          'All 11 students of grade 8, the highest grade, at School E and School W are gone and no other grade changed there: ' +
          'this looks like the end of the school year.',
      },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('is a grade that is no longer shared if a higher one stays', async () => {
    roster.school('N');
    const ninth = grade('N', '09', 5);
    grade('N', '10', 6);
    await harness.run('sis');
    roster.removeStudents(...ninth);
    const told = await explainedHold(harness);
    expect(told).toMatchObject([{ cause: 'grade_left', schools: ['N'], explained: 5, of: 5 }]);
    expect(told[0]?.message).toMatch(
      /: it looks as if this grade is no longer shared, or was left out of an export\.$/,
    );
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('is not told of where more than a tenth is found again under other ids', async () => {
    roster.school('N');
    const ninth = grade('N', '09', 5);
    grade('N', '10', 20);
    await harness.run('sis');
    roster.removeStudents(...ninth);
    roster.student('new', 'N', {
      grade: '09',
      givenName: 'Given N09-1',
      familyName: 'Family N09-1',
      email: 'n09-1@district.example',
    });
    expect(await explainedHold(harness)).toEqual([]);
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('is not told of where more than a tenth is at a school that is not linked', async () => {
    await harness.createSync('sis', 'riverside', { schools: [{ sisId: 'N', name: null }] });
    roster.school('N').school('X');
    const ninth = grade('N', '09', 5);
    grade('N', '10', 20);
    await harness.run('sis');
    roster.removeStudents(...ninth).student('N09-1', 'X', { grade: '09' });
    expect(await explainedHold(harness)).toEqual([]);
  });
});

describe('guard §25: an empty school', () => {
  it('has lost every student, and nobody new came', async () => {
    roster.school('A').school('B').students(6, 'A', 'a').students(5, 'B', 'b').staff('t1', 'B').staff('t2', 'A');
    await harness.run('sis');
    roster.removeStudents(...someOf('b', 1, 5)).remove('staff', 't1');
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      {
        cause: 'school_empty',
        recordType: 'students',
        schools: ['B'],
        explained: 5,
        of: 5,
        message:
          'All 5 students of School B are gone and nobody new came: ' +
          'this looks like a school that was closed, or that is no longer shared.',
        evidence: { schools: 1, students: 5, staff: 1, classes: 0, schoolsNotInData: 0 },
      },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('is one whose record is gone while its students stay', async () => {
    roster.school('A').school('B').students(6, 'A', 'a').students(5, 'B', 'b');
    await harness.run('sis');
    for (const id of someOf('b', 1, 5)) roster.student(id, 'A');
    roster.remove('schools', 'B');
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      {
        cause: 'school_empty',
        recordType: 'schools',
        schools: ['B'],
        explained: 1,
        of: 1,
        message:
          'School B is no longer in the data, though none of its students is due to be archived: ' +
          'this looks like a school that was closed, or merged into another.',
        examples: ['B'],
      },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('is not told of where somebody new came, that night or since', async () => {
    roster.school('A').school('B').students(6, 'A', 'a').students(5, 'B', 'b');
    await harness.run('sis');
    roster.removeStudents(...someOf('b', 1, 5)).student('new', 'B');
    expect(await explainedHold(harness)).toEqual([]);
    expect(await explainedHold(harness)).toEqual([]);
  });

  it('is not told of where one student stays', async () => {
    roster.school('A').school('B').students(6, 'A', 'a').students(6, 'B', 'b');
    await harness.run('sis');
    roster.removeStudents(...someOf('b', 1, 5));
    expect(await explainedHold(harness)).toEqual([]);
  });
});

describe('guard §25: sharing that was narrowed', () => {
  beforeEach(async () => {
    for (const school of ['A', 'B', 'C', 'D']) roster.school(school).students(10, school, school.toLowerCase());
    await harness.run('sis');
  });

  it('is two schools or more, a quarter at least, empty while the others lost few', async () => {
    roster.removeStudents(...someOf('b', 1, 10), ...someOf('c', 1, 10), 'a1', 'd1');
    const told = await explainedHold(harness);
    expect(told).toMatchObject([
      {
        cause: 'sharing_narrowed',
        schools: ['B', 'C'],
        explained: 20,
        of: 20,
        message:
          '2 of the 4 schools with students lost all of them (20 students of School B and School C), while the others lost ' +
          'few or none: this looks like sharing that was reduced to some of the schools.',
        evidence: { emptySchools: 2, schoolsWithStudents: 4, students: 20, lostElsewhere: 2 },
      },
    ]);
    expect(await explainedHold(harness)).toEqual(told);
  });

  it('is not told of where the others lost more: these are empty schools', async () => {
    roster.removeStudents(...someOf('b', 1, 10), ...someOf('c', 1, 10), 'a1', 'a2', 'd1');
    expect(causesOf(await explainedHold(harness))).toEqual(['school_empty']);
  });

  it('is not told of one school', async () => {
    roster.removeStudents(...someOf('b', 1, 10));
    expect(causesOf(await explainedHold(harness))).toEqual(['school_empty']);
  });

  it('is not told of where no school is left', async () => {
    for (const letter of ['a', 'b', 'c']) roster.removeStudents(...someOf(letter, 1, 10));
    roster.removeStudents(...someOf('d', 1, 9));
    expect(causesOf(await explainedHold(harness))).toEqual(['school_empty']);
  });
});
