import { DeletionThreshold, type RunSettings } from '@rollbook/core';
import { payloadOf, requestSync } from '@rollbook/pipeline';
import { PipelineHarness } from '../pipeline-harness.ts';
import { holdLock } from '../recovery/held-lock.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { someOf } from './explained.ts';
import { measured } from './measured.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_threshold');
});
afterAll(() => testDatabase.drop());

beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
  await configure({});
});

const configure = (settings: Partial<RunSettings>) => harness.createSync('sis', 'riverside', settings);
const atPercent = (deletionThreshold: number | Record<string, number>) =>
  configure({ threshold: DeletionThreshold.parse(deletionThreshold) });

describe('guard §1: what is measured', () => {
  it('is each record type in each school, with those that are active and those that would go', async () => {
    roster.school('A').school('B').class('c1', 'A').class('c2', 'B').staff('t1', 'A').staff('t2', 'A');
    roster.students(20, 'A', 'a').students(10, 'B', 'b').enroll('a1', 'c1').enroll('b1', 'c2').guardian('g1', 'a1');
    const first = await harness.run('sis');
    expect(await measured(harness, first)).toEqual([]);
    roster.removeStudents('a19', 'a20', 'b10').remove('staff', 't1');
    expect(await measured(harness, await harness.run('sis'))).toEqual([
      ['schools', 'A', 0, 1, 0],
      ['schools', 'B', 0, 1, 0],
      ['classes', 'A', 0, 1, 0],
      ['classes', 'B', 0, 1, 0],
      ['students', 'A', 2, 20, 2],
      ['students', 'B', 1, 10, 1],
      ['staff', 'A', 1, 2, 0],
      ['guardians', null, 0, 1, 0],
      ['enrollments', 'A', 0, 1, 0],
      ['enrollments', 'B', 0, 1, 0],
      ['guardianships', null, 0, 1, 0],
    ]);
  });

  it('counts before the run changes anything: what is new or restored enlarges nothing', async () => {
    roster.school('A').students(11, 'A', 'a');
    await harness.run('sis');
    roster.removeStudents('a11');
    await harness.run('sis');
    roster.student('a11', 'A').students(30, 'A', 'new').removeStudents('a1', 'a2');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', counts: { students: { created: 30, restored: 1, withheld: 2 } } });
    expect(await measured(harness, run, 'students')).toEqual([['students', 'A', 2, 10, 1]]);
  });

  it('counts manual records, archived ones and those of another sync on neither side', async () => {
    const otherRoster = new RosterBuilder().school('A').students(5, 'A', 'other');
    const other = new PipelineHarness(testDatabase.database, otherRoster);
    await other.createSync('other', 'riverside');
    await other.run('other');
    roster.school('A').students(12, 'A', 'a');
    await harness.run('sis');
    roster.removeStudents('a12');
    await harness.run('sis');
    await harness.sql(
      `INSERT INTO students (district_id, sis_id, given_name, family_name, school_id)
       SELECT 'riverside', 'typed' || n, 'Given', 'Typed', 'A' FROM generate_series(1, 7) n`,
    );
    roster.removeStudents('a11');
    const run = await harness.run('sis');
    expect(run.status).toBe('succeeded');
    expect(await measured(harness, run, 'students')).toEqual([['students', 'A', 1, 11, 1]]);
  });

  it('does not measure a record type that was not delivered', async () => {
    roster.school('A').class('c1', 'A').students(10, 'A', 'a').enroll('a1', 'c1');
    await harness.run('sis');
    roster.deliveries.students = 'absent';
    roster.records.students.clear();
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 0, withheld: 0 } } });
    expect(await measured(harness, run, 'students')).toEqual([]);
    expect(await harness.count('students')).toBe(10);
  });

  it('counts in the database snapshot in which the data is compared, whatever is committed meanwhile', async () => {
    roster.school('A').students(20, 'A', 'a');
    await harness.run('sis');
    roster.removeStudents('a1', 'a2');
    const payload = payloadOf(await requestSync(harness.context, 'sis', { trigger: 'cli' }));
    await harness.step('fetch', payload);
    const lock = await holdLock(testDatabase.url, 'LOCK TABLE terms IN ACCESS EXCLUSIVE MODE');
    const diff = harness.step('diff', payload);
    await lock.waiters();
    await harness.sql(
      `UPDATE students SET status = 'archived', archived_by = 'user' WHERE sis_id IN ('a1', 'a3', 'a4')`,
    );
    await lock.release();
    expect(await diff).toEqual({ outcome: 'continued', next: 'guard' });
    await harness.step('guard', payload);
    expect(await measured(harness, payload, 'students')).toEqual([['students', 'A', 2, 20, 2]]);
  });
});

describe('guard §2: the rule', () => {
  it.each([
    { percent: 0, allowed: 0 },
    { percent: 0.5, allowed: 1 },
    { percent: 0.99, allowed: 1 },
    { percent: 7, allowed: 14 },
    { percent: 10, allowed: 20 },
    { percent: 29, allowed: 58 },
    { percent: 33.33, allowed: 66 },
    { percent: 99.99, allowed: 199 },
  ])('lets $allowed of 200 go at $percent %, and not one more', async ({ percent, allowed }) => {
    await atPercent(percent);
    roster.school('A').school('B').students(200, 'A', 'a').student('b1', 'B');
    await harness.run('sis');
    roster.removeStudents(...someOf('a', 1, allowed));
    const at = await harness.run('sis', true);
    expect(at).toMatchObject({ status: 'succeeded', reason: null });
    expect((await measured(harness, at, 'students'))[0]).toEqual(['students', 'A', allowed, 200, allowed]);
    roster.removeStudents(`a${allowed + 1}`);
    expect(await harness.run('sis', true)).toMatchObject({ status: 'held', reason: 'threshold' });
  });

  it('reads 100 % where a school has new ids for everybody: the new come, the old stay', async () => {
    roster.school('A').students(12, 'A', 'old');
    await harness.run('sis');
    roster.removeStudents(...someOf('old', 1, 12)).students(12, 'A', 'new');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', counts: { students: { created: 12, archived: 0, withheld: 12 } } });
    expect(await measured(harness, run, 'students')).toEqual([['students', 'A', 12, 12, 1]]);
    expect(await harness.count('students')).toBe(24);
  });

  it('never holds at 100 %', async () => {
    await atPercent(100);
    roster.school('A').school('B').students(7, 'A', 'a').student('b1', 'B');
    await harness.run('sis');
    roster.removeStudents(...someOf('a', 1, 7));
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { archived: 7 } } });
    expect(await harness.ids('students')).toEqual(['b1']);
  });

  it('never trips in a group without active records, even at 0 %', async () => {
    await atPercent(0);
    roster.school('A').students(3, 'A', 'a');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { created: 3 } } });
    roster.school('B').students(3, 'B', 'b').class('c1', 'B');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { created: 3 } } });
  });
});

describe('guard §3: small schools', () => {
  /** Ten schools of one to ten students, `S01` to `S10`, each of which loses one. */
  async function loseOneEach(settings: Partial<RunSettings>) {
    await configure({ withhold: 'school', ...settings });
    for (let size = 1; size <= 10; size++) {
      const school = `S${String(size).padStart(2, '0')}`;
      roster.school(school).students(size, school, `${school}-`);
    }
    await harness.run('sis');
    for (const school of roster.records.schools.keys()) roster.removeStudents(`${school}-1`);
    return harness.run('sis');
  }

  it('may lose nobody with fewer than ten students at 10 %', async () => {
    const run = await loseOneEach({});
    expect(run).toMatchObject({ status: 'held', counts: { students: { archived: 1, withheld: 9 } } });
    expect(await measured(harness, run, 'students')).toEqual([
      ['students', 'S01', 1, 1, 0],
      ['students', 'S02', 1, 2, 0],
      ['students', 'S03', 1, 3, 0],
      ['students', 'S04', 1, 4, 0],
      ['students', 'S05', 1, 5, 0],
      ['students', 'S06', 1, 6, 0],
      ['students', 'S07', 1, 7, 0],
      ['students', 'S08', 1, 8, 0],
      ['students', 'S09', 1, 9, 0],
      ['students', 'S10', 1, 10, 1],
    ]);
    expect(await harness.ids('students', 'archived')).toEqual(['S10-1']);
  });

  it('may always lose as many as `alwaysAllow` says, and not one more', async () => {
    expect(await loseOneEach({ alwaysAllow: 1 })).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 10, withheld: 0 } },
    });
    roster.removeStudents('S03-2', 'S08-2', 'S08-3');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', counts: { students: { archived: 1, withheld: 2 } } });
    expect(await harness.ids('students', 'archived')).not.toContain('S08-2');
  });
});

describe('guard §4: record types', () => {
  it('obey one threshold, unless the setting names another for a type', async () => {
    await atPercent({ default: 20, staff: 5 });
    roster.school('A').students(20, 'A', 's');
    for (const id of someOf('t', 1, 20)) roster.staff(id, 'A');
    await harness.run('sis');
    roster.removeStudents(...someOf('s', 1, 4)).remove('staff', 't1');
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 4 }, staff: { archived: 1 } },
    });
    roster.remove('staff', 't2');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', counts: { staff: { archived: 0, withheld: 1 } } });
    expect(await measured(harness, run, 'staff')).toEqual([['staff', 'A', 1, 19, 0]]);
  });

  it('are measured at 10 % where nothing is configured, terms and courses too', async () => {
    roster.school('A');
    for (const id of someOf('y', 1, 10)) roster.term(id).course(id, 'A');
    await harness.run('sis');
    roster.remove('terms', 'y1').remove('courses', 'y1');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { terms: { archived: 1 } } });
    roster.remove('courses', 'y2');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', counts: { courses: { archived: 0, withheld: 1 } } });
    expect(await measured(harness, run, 'terms', 'courses')).toEqual([
      ['terms', null, 0, 9, 0],
      ['courses', 'A', 1, 9, 0],
    ]);
  });

  it('are measured once for the district where they have no school', async () => {
    roster.school('A').school('B').term('y1').course('k1', null).course('k2', null).course('k3', 'A');
    roster.students(10, 'A', 'a').students(10, 'B', 'b').staff('t1', 'A');
    roster.student('x1', 'none', { school: null, schools: [] }).staff('x2', 'none', { school: null, schools: [] });
    for (const id of [...someOf('a', 1, 10), ...someOf('b', 1, 10)]) roster.guardian(`of-${id}`, id);
    await harness.run('sis');
    // Of ten families of A two are gone and of ten of B none: by school that would be too many.
    roster.remove('guardians', 'of-a1', 'of-a2').remove('guardianships', 'a1~of-a1', 'a2~of-a2');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { guardians: { archived: 2 } } });
    expect(await measured(harness, run)).toEqual([
      ['schools', 'A', 0, 1, 0],
      ['schools', 'B', 0, 1, 0],
      ['terms', null, 0, 1, 0],
      ['courses', null, 0, 2, 0],
      ['courses', 'A', 0, 1, 0],
      ['students', null, 0, 1, 0],
      ['students', 'A', 0, 10, 1],
      ['students', 'B', 0, 10, 1],
      ['staff', null, 0, 1, 0],
      ['staff', 'A', 0, 1, 0],
      ['guardians', null, 2, 20, 2],
      ['guardianships', null, 0, 20, 2],
    ]);
    roster.remove('students', 'x1');
    expect((await harness.run('sis')).message).toContain('1 of 1 student');
  });
});
