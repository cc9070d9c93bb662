import { archiveRecord } from '@rollbook/store';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('apply');
});
afterAll(() => testDatabase.drop());

let district = 0;
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
  district++;
  await harness.createSync('sis', `district-${district}`);
});

/** Two schools with 501 and 20 students, a class each, enrollments and guardians. */
function twoSchools(): void {
  roster.school('0101').school('0102').class('c1', '0101').class('c2', '0102').staff('t1', '0101');
  roster.students(501, '0101', 'a').students(20, '0102', 'b');
  for (let i = 1; i <= 501; i++) roster.enroll(`a${i}`, 'c1');
  for (let i = 1; i <= 20; i++) roster.enroll(`b${i}`, 'c2');
  roster.guardian('g1', 'a1').guardian('g2', 'b1');
}

const someOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

it('creates everything on the first run and nothing on the second', async () => {
  twoSchools();
  const first = await harness.run('sis');
  expect(first).toMatchObject({ status: 'succeeded', reason: null });
  expect(first.counts.students).toMatchObject({ created: 521, updated: 0, archived: 0, unchanged: 0, skipped: 0 });
  expect(first.counts.enrollments.created).toBe(521);
  expect(first.counts.guardianships.created).toBe(2);
  const second = await harness.run('sis');
  expect(second.status).toBe('succeeded');
  for (const counts of Object.values(second.counts)) {
    expect(counts).toMatchObject({ created: 0, updated: 0, archived: 0, restored: 0, withheld: 0 });
  }
  expect(second.counts.students.unchanged).toBe(521);
});

it('updates with before and after in the audit', async () => {
  twoSchools();
  await harness.run('sis');
  roster.student('a7', '0101', { email: 'new@district.example', grade: '10' });
  const run = await harness.run('sis');
  expect(run.counts.students).toMatchObject({ updated: 1, unchanged: 520 });
  const [change] = await harness.sql(`SELECT action, before, after FROM roster_changes WHERE run_id = $1`, [run.runId]);
  expect(change).toEqual({
    action: 'update',
    before: { email: 'a7@district.example', grade: '09' },
    after: { email: 'new@district.example', grade: '10' },
  });
});

it('takes an e-mail that differs in case and outer spaces only for the same', async () => {
  twoSchools();
  await harness.run('sis');
  roster.student('a7', '0101', { email: ' A7@District.Example ' });
  expect((await harness.run('sis')).counts.students).toMatchObject({ updated: 0, unchanged: 521 });
});

it('archives 50 of 501 students with their enrollments and guardianships, which it does not count (guard §2, §6)', async () => {
  twoSchools();
  await harness.run('sis');
  roster.removeStudents(...someOf('a', 50));
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded', reason: null });
  expect(run.counts.students.archived).toBe(50);
  expect(run.counts.enrollments.archived).toBe(50);
  expect(run.counts.guardianships.archived).toBe(1);
  const [enrollment] = await harness.sql(`SELECT archived_by, archived_run_id FROM enrollments WHERE person_id = 'a3'`);
  expect(enrollment).toEqual({ archived_by: 'parent', archived_run_id: run.runId });
  const findings = await harness.sql(
    `SELECT record_type, school_id, active, to_archive FROM findings WHERE run_id = $1 AND to_archive > 0`,
    [run.runId],
  );
  expect(findings).toEqual([{ record_type: 'students', school_id: '0101', active: 501, to_archive: 50 }]);
});

it('holds 51 of 501, archives nothing at all, and still creates, updates and restores (guard §7)', async () => {
  twoSchools();
  await harness.run('sis');
  roster.removeStudents('b20');
  await harness.run('sis');
  expect(await harness.ids('students', 'archived')).toEqual(['b20']);
  roster.student('b20', '0102').enroll('b20', 'c2');
  roster.removeStudents(...someOf('a', 51), 'b19');
  roster.student('a60', '0101', { grade: '11' }).student('new', '0102');
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
  expect(run.counts.students).toMatchObject({ created: 1, updated: 1, restored: 1, archived: 0, withheld: 52 });
  expect(run.counts.enrollments).toMatchObject({ restored: 1, archived: 0, withheld: 0 });
  expect(await harness.count('students', 'archived')).toBe(0);
  expect(await harness.count('enrollments')).toBe(521);
  expect(run.message).toContain('51 of 501 students');
});

it('withholds only the tripped school where the settings say so (guard §7)', async () => {
  await harness.createSync('sis', `district-${district}`, { withhold: 'school' });
  twoSchools();
  await harness.run('sis');
  roster.removeStudents(...someOf('a', 51), 'b19', 'b20');
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
  expect(run.counts.students).toMatchObject({ archived: 2, withheld: 51 });
  expect(await harness.ids('students', 'archived')).toEqual(['b19', 'b20']);
  expect(await harness.count('enrollments', 'archived')).toBe(2);
});

it('takes a student who moves between linked schools for an update (guard §9)', async () => {
  twoSchools();
  await harness.run('sis');
  for (const id of someOf('a', 60)) roster.student(id, '0102').remove('enrollments', `c1~${id}~student`);
  const run = await harness.run('sis');
  expect(run.counts.students).toMatchObject({ updated: 60, archived: 0 });
  expect(run.status).toBe('held');
  expect(run.message).toContain('60 of 501 enrollments');
});

it('restores the same record with its history, and leaves what a user archived where that is set (guard §10)', async () => {
  await harness.createSync('sis', `district-${district}`, { archivedStudents: 'keep-archived' });
  twoSchools();
  const first = await harness.run('sis');
  roster.removeStudents('a1');
  const second = await harness.run('sis');
  await archiveRecord(testDatabase.database.pool, {
    districtId: `district-${district}`,
    recordType: 'students',
    sisId: 'a2',
    actor: 'pat',
  });
  roster.student('a1', '0101').enroll('a1', 'c1').guardian('g1', 'a1');
  const third = await harness.run('sis');
  expect(third.counts.students).toMatchObject({ restored: 1, created: 0, unchanged: 520 });
  expect(third.counts.enrollments.restored).toBe(1);
  const [student] = await harness.sql(
    `SELECT status, archived_by, created_run_id, changed_run_id, archived_run_id FROM students WHERE sis_id = 'a1'`,
  );
  expect(student).toEqual({
    status: 'active',
    archived_by: null,
    created_run_id: first.runId,
    changed_run_id: third.runId,
    archived_run_id: null,
  });
  expect(await harness.ids('students', 'archived')).toEqual(['a2']);
  expect(second.counts.students.archived).toBe(1);
  await harness.createSync('sis', `district-${district}`, { archivedStudents: 'restore' });
  expect((await harness.run('sis')).counts.students.restored).toBe(1);
});

it('never touches manual records or those of another sync (guard §11)', async () => {
  twoSchools();
  await harness.sql(
    `INSERT INTO students (district_id, sis_id, given_name, family_name, school_id)
     VALUES ($1, 'a5', 'Typed', 'Byhand', '0101'), ($1, 'manual', 'Typed', 'Byhand', '0101')`,
    [`district-${district}`],
  );
  const first = await harness.run('sis');
  expect(first.counts.students).toMatchObject({ created: 520, updated: 0 });
  expect(await harness.sql(`SELECT given_name FROM students WHERE sis_id = 'a5'`)).toEqual([{ given_name: 'Typed' }]);
  roster.removeStudents('a5', 'manual');
  const second = await harness.run('sis');
  expect(second.counts.students).toMatchObject({ archived: 0, unchanged: 520 });
  expect(await harness.ids('students')).toContain('a5');
});

it('speaks only for the linked schools (guard §16)', async () => {
  await harness.createSync('sis', `district-${district}`, { schools: [{ sisId: '0102', name: null }] });
  twoSchools();
  const first = await harness.run('sis');
  expect(first.counts.students.created).toBe(20);
  expect(first.counts.guardians.created).toBe(1);
  expect(first.counts.enrollments.created).toBe(20);
  expect(await harness.ids('schools')).toEqual(['0102']);
  expect(first.warnings.find(({ code }) => code === 'school_not_linked')?.message).toContain('"0101"');
  roster.student('b2', '0101');
  const second = await harness.run('sis');
  expect(second.counts.students).toMatchObject({ archived: 1, unchanged: 19 });
});

it('leaves a school taken off the list as it is (guard §13)', async () => {
  const links = (...ids: string[]) => ({ schools: ids.map((sisId) => ({ sisId, name: null })) });
  await harness.createSync('sis', `district-${district}`, links('0101', '0102'));
  twoSchools();
  await harness.run('sis');
  await harness.createSync('sis', `district-${district}`, links('0102'));
  roster.removeStudents(...someOf('a', 501));
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(await harness.count('students')).toBe(521);
});

it('archives by mark only in a delta, with what depends on it (guard §8)', async () => {
  twoSchools();
  await harness.run('sis');
  for (const type of ['schools', 'classes', 'students', 'staff', 'guardians', 'enrollments', 'guardianships'] as const)
    roster.deliveries[type] = 'delta';
  for (const records of Object.values(roster.records)) records.clear();
  roster.student('a1', '0101').student('a2', '0101', { grade: '12' });
  roster.gone.add('students/a1');
  const run = await harness.run('sis');
  expect(run.counts.students).toMatchObject({ archived: 1, updated: 1 });
  expect(run.counts.enrollments.archived).toBe(1);
  expect(run.counts.guardianships.archived).toBe(1);
  expect(await harness.count('students')).toBe(520);
});

it('changes nothing in a preview, and says what it would do', async () => {
  twoSchools();
  await harness.run('sis');
  roster.removeStudents(...someOf('a', 51)).student('new', '0102');
  const run = await harness.run('sis', true);
  expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
  expect(run.counts.students).toMatchObject({ created: 1, archived: 0, withheld: 51, unchanged: 470 });
  expect(await harness.count('students')).toBe(521);
  expect(await harness.sql('SELECT 1 FROM holds')).toEqual([]);
});

it('is one active run a sync, and leaves no table of a finished run behind', async () => {
  twoSchools();
  const first = await harness.context.ledger.request('sis', { trigger: 'cli', preview: false, requestedBy: null });
  const second = await harness.context.ledger.request('sis', { trigger: 'cli', preview: false, requestedBy: null });
  expect(second).toMatchObject({ runId: first.runId, created: false });
  await harness.run('sis');
  await harness.context.ledger.cleanUp();
  expect(await harness.sql(`SELECT tablename FROM pg_tables WHERE schemaname = 'snapshot'`)).toEqual([]);
});

it('takes nothing from what a source said before it began anew', async () => {
  twoSchools();
  await harness.run('sis');
  roster.student('b21', '0102').hasMoved = () => roster.records.students.delete('b21');
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded', warnings: [] });
  expect(run.counts.students).toMatchObject({ created: 0, archived: 0, unchanged: 521 });
  const tables = await harness.sql<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relname LIKE $1 AND relkind = 'r'`,
    [`r${run.runId}\\_%\\_students`],
  );
  expect(tables).toHaveLength(1);
});
