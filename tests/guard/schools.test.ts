import { approveHold } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_schools');
}, 30_000);
afterAll(() => testDatabase.drop());

beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
});

const linkTo = (...sisIds: string[]) => ({ schools: sisIds.map((sisId) => ({ sisId, name: `School ${sisId}` })) });
const students = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
const changesOf = (runId: number) => harness.sql('SELECT * FROM roster_changes WHERE run_id = $1', [runId]);
const missingOf = async (runId: number) =>
  (await harness.sql<{ missing: object[] }>('SELECT schools_not_found AS missing FROM runs WHERE id = $1', [runId]))[0]
    ?.missing;
const findingsOf = (runId: number) =>
  harness.sql(
    `SELECT record_type, school_id, active, to_archive, allowed, smallest_passing_percent, verdict
     FROM findings WHERE run_id = $1 AND to_archive > 0 ORDER BY record_type`,
    [runId],
  );

describe('guard §15: linked schools that are missing', () => {
  beforeEach(async () => {
    await harness.createSync('sis', 'riverside', linkTo('0123', '0200'));
    roster.school('0123').school('0200').students(20, '0123', 'a').students(20, '0200', 'b');
    await harness.run('sis');
  });

  /** The school under another id, with everybody in it. */
  function rename(from: string, to: string): void {
    roster.remove('schools', from).school(to);
    for (const student of roster.records.students.values())
      if (student.school === from) roster.student(student.sisId, to);
  }

  it.each([
    ['lost its leading zero', '123'],
    ['gained a space', '0123 '],
    ['has one more zero', '00123'],
    ['has a typo', '0132'],
  ])('ends the run when an id %s, names that id, and writes nothing', async (_, id) => {
    rename('0123', id);
    roster.student('new', '0200').student('b1', '0200', { grade: '12' });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'failed', reason: 'schools_not_found' });
    expect(run.message).toContain('"0123"');
    expect(await missingOf(run.runId)).toEqual([{ sisId: '0123', name: 'School 0123', nearest: [id] }]);
    expect(await changesOf(run.runId)).toEqual([]);
    expect(await harness.ids('students')).toEqual([...students('a', 20), ...students('b', 20)].sort());
    expect(await harness.sql('SELECT id FROM holds')).toEqual([]);
  });

  it('tells case from case', async () => {
    await harness.createSync('sis', 'riverside', linkTo('abc', '0200'));
    rename('0123', 'ABC');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'failed', reason: 'schools_not_found' });
    expect(await missingOf(run.runId)).toMatchObject([{ sisId: 'abc', nearest: ['ABC'] }]);
  });

  it('lists every missing id with what may be meant, and no id that is linked', async () => {
    await harness.createSync('sis', 'riverside', linkTo('0123', '0124', '0200', '0201'));
    rename('0123', '0125');
    const run = await harness.run('sis');
    expect(await missingOf(run.runId)).toMatchObject([
      { sisId: '0123', nearest: ['0125'] },
      { sisId: '0124', nearest: ['0125'] },
      // One typo away is 0200, which is linked itself.
      { sisId: '0201', nearest: [] },
    ]);
  });

  it('takes a school that is marked as deleted for missing', async () => {
    roster.gone.add('schools/0123');
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'schools_not_found' });
    expect(await harness.ids('schools')).toEqual(['0123', '0200']);
  });

  it('finds a school in the roster when schools are not delivered, or as a delta', async () => {
    roster.deliveries.schools = 'absent';
    roster.removeStudents('a1');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { archived: 1 } } });
    roster.deliveries.schools = 'delta';
    roster.records.schools.clear();
    roster.removeStudents('a2');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { archived: 1 } } });
  });

  it('does not carry an approval out, and carries it out when the school is there again', async () => {
    roster.removeStudents(...students('a', 3));
    expect(await harness.run('sis')).toMatchObject({ status: 'held', reason: 'threshold' });
    const [hold] = await harness.sql<{ id: number }>('SELECT id FROM holds');
    await approveHold(testDatabase.database.pool, {
      holdId: hold?.id as number,
      actor: 'tester',
      comment: null,
      schools: null,
      recordTypes: null,
    });
    rename('0200', '200');
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'schools_not_found' });
    expect(await harness.count('students', 'archived')).toBe(0);
    expect(await harness.sql('SELECT status FROM approvals')).toEqual([{ status: 'active' }]);
    rename('200', '0200');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', reason: null });
    expect(await harness.ids('students', 'archived')).toEqual(['a1', 'a2', 'a3']);
  });

  it('is the reason, and not the threshold, where both would end the run', async () => {
    roster.remove('schools', '0200').removeStudents(...students('b', 20), ...students('a', 15));
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'schools_not_found' });
    expect(await harness.sql('SELECT id FROM holds')).toEqual([]);
  });

  it('asks nothing of the data where no school is linked', async () => {
    await harness.createSync('sis', 'riverside', { schools: null });
    roster.school('0300');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', reason: null, warnings: [] });
    expect(await harness.ids('schools')).toEqual(['0123', '0200', '0300']);
  });
});

describe('guard §16: schools that are not linked', () => {
  const unlinked = async (): Promise<[string, number][]> =>
    (await harness.run('sis')).warnings
      .filter(({ code }) => code === 'school_not_linked')
      .map(({ message, count }) => [message, count]);

  beforeEach(async () => {
    await harness.createSync('sis', 'riverside', linkTo('A'));
    roster.school('A').school('B').class('c1', 'A').class('c2', 'B').students(10, 'A', 'a');
  });

  it('are left out with their people, classes and enrollments, and counted in one warning each', async () => {
    roster.school('C').students(3, 'B', 'b').staff('t2', 'B').enroll('b1', 'c2').enroll('b2', 'c2');
    expect(await unlinked()).toEqual([
      // Three students, a teacher, a class and two enrollments.
      ['school "B" is in the data but not linked; it was left out with 7 records', 7],
      ['school "C" is in the data but not linked; it was left out with 0 records', 1],
    ]);
    expect(await harness.ids('schools')).toEqual(['A']);
    expect(await harness.ids('classes')).toEqual(['c1']);
    expect(await harness.count('students')).toBe(10);
    expect([await harness.count('staff'), await harness.count('enrollments')]).toEqual([0, 0]);
  });

  it('are called organizations where they are no schools, and listed only if something belongs to them', async () => {
    roster.school('MATH', 'department').school('D1', 'district').staff('t1', 'MATH').student('b1', 'B');
    expect(await unlinked()).toEqual([
      ['school "B" is in the data but not linked; it was left out with 2 records', 2],
      ['organization "MATH" is in the data but not linked; it was left out with 1 record', 1],
    ]);
  });

  it('may come and go without anything being archived or held', async () => {
    roster.students(10, 'B', 'b');
    await harness.run('sis');
    roster
      .removeStudents(...students('b', 10))
      .remove('classes', 'c2')
      .remove('schools', 'B');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null, warnings: [] });
    for (const counts of Object.values(run.counts)) expect(counts).toMatchObject({ archived: 0, withheld: 0 });
  });

  it('are taken in whole when they are linked', async () => {
    roster.students(3, 'B', 'b').enroll('b1', 'c2');
    await harness.run('sis');
    await harness.createSync('sis', 'riverside', linkTo('A', 'B'));
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', warnings: [] });
    expect(run.counts).toMatchObject({
      schools: { created: 1 },
      classes: { created: 1 },
      students: { created: 3, archived: 0 },
      enrollments: { created: 1 },
    });
  });
});

describe('guard §17: an empty school', () => {
  const threshold = (basisPoints: number) => ({
    ...linkTo('A', 'B'),
    threshold: { default: basisPoints, perType: {} },
  });

  beforeEach(async () => {
    await harness.createSync('sis', 'riverside', threshold(9_999));
    roster.school('A').school('B').class('c1', 'A').class('c2', 'B').students(12, 'A', 'a').students(12, 'B', 'b');
    roster.enroll('a1', 'c1').enroll('b1', 'c2').enroll('b2', 'c2');
    await harness.run('sis');
    roster.removeStudents(...students('a', 12));
  });

  it('is held even at 99.99 %: 12 of 12 are to go', async () => {
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(await findingsOf(run.runId)).toEqual([
      {
        record_type: 'students',
        school_id: 'A',
        active: 12,
        to_archive: 12,
        allowed: 11,
        smallest_passing_percent: 100,
        verdict: 'hold',
      },
    ]);
    expect(await harness.count('students')).toBe(24);
    expect(await harness.count('enrollments')).toBe(3);
  });

  it('passes at 100 % only', async () => {
    await harness.createSync('sis', 'riverside', threshold(10_000));
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', reason: null });
    expect(await harness.ids('students', 'archived')).toEqual(students('a', 12).sort());
    expect(await harness.ids('schools')).toEqual(['A', 'B']);
  });

  it('is held as well where all its students have come under new ids', async () => {
    roster.students(12, 'A', 'z');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(run.counts.students).toMatchObject({ created: 12, archived: 0, withheld: 12 });
    expect(await findingsOf(run.runId)).toMatchObject([{ school_id: 'A', active: 12, to_archive: 12 }]);
  });

  it('is held as well where students are left at schools that are not linked only', async () => {
    roster.school('X').students(12, 'X', 'a').students(12, 'X', 'b');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(await findingsOf(run.runId)).toMatchObject([
      { school_id: 'A', active: 12, to_archive: 12 },
      { school_id: 'B', active: 12, to_archive: 12 },
    ]);
    expect(await harness.count('students')).toBe(24);
  });
});
