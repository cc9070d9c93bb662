import { compositeKey } from '@rollbook/core';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('recognition');
});
afterAll(() => testDatabase.drop());

let district = 0;
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', `recognition-${++district}`, { maxSkippedPercent: 100 });
  roster.school('0101').class('c1', '0101').staff('t1', '0101').students(30, '0101', 'a');
  for (let i = 1; i <= 30; i++) roster.enroll(`a${i}`, 'c1');
  roster.guardian('g1', 'a1').guardian('g2', 'a2');
  await harness.run('sis');
});

/** Rows of the run's snapshot that were sent to the database. */
async function rowsSent(runId: number, recordType: string): Promise<number> {
  const [snapshot] = await harness.sql<{ prefix: string }>(
    'SELECT table_prefix AS prefix FROM snapshots WHERE run_id = $1',
    [runId],
  );
  const [row] = await harness.sql<{ count: number }>(
    `SELECT count(*)::integer AS count FROM snapshot."${snapshot?.prefix}_${recordType}"`,
  );
  return row?.count ?? -1;
}

it('sends only rows that say something new', async () => {
  roster.student('a7', '0101', { grade: '10' }).student('a31', '0101').removeStudents('a8');
  const run = await harness.run('sis');
  expect(run.counts.students).toMatchObject({ created: 1, updated: 1, archived: 1, unchanged: 28 });
  expect(run.counts.enrollments).toMatchObject({ archived: 1, unchanged: 29 });
  expect(await rowsSent(run.runId, 'students')).toBe(2);
  expect(await rowsSent(run.runId, 'enrollments')).toBe(0);
});

it('lets the last of two rows of one record win, whether it is the new or the known one (guard §22)', async () => {
  const again = (recordType: 'students', ...grades: string[]): void => {
    const known = roster.records.students.get('a7')!;
    roster.extraEvents.push({
      kind: 'rows',
      recordType,
      file: 'students.csv',
      rows: grades.map((grade, index) => ({ record: { ...known, grade }, line: 90 + index, gone: false })),
    });
  };
  again('students', '10');
  const changed = await harness.run('sis');
  expect(changed.counts.students).toMatchObject({ updated: 1, unchanged: 29 });
  expect(changed.warnings).toMatchObject([{ code: 'repeated_id', file: 'students', line: 8 }]);
  expect(await harness.sql(`SELECT grade FROM students WHERE sis_id = 'a7'`)).toEqual([{ grade: '10' }]);
  // The roster now says 10: the row of line 8 is the new one, and that of line 91 the known one.
  roster.extraEvents.length = 0;
  again('students', '11', '10');
  const same = await harness.run('sis');
  expect(same.counts.students).toMatchObject({ updated: 0, unchanged: 30 });
  expect(same.warnings.map(({ code, line }) => [code, line])).toEqual([
    ['repeated_id', 8],
    ['repeated_id', 90],
  ]);
  expect(await harness.sql(`SELECT grade FROM students WHERE sis_id = 'a7'`)).toEqual([{ grade: '10' }]);
});

it('takes a row that could not be used for nothing beside one that is known (guard §22)', async () => {
  roster.extraEvents.push({
    kind: 'skipped',
    recordTypes: ['students'],
    sisId: 'a7',
    warning: { code: 'bad_date', file: 'students.csv', line: 99, message: 'bad' },
  });
  const run = await harness.run('sis');
  expect(run.counts.students).toMatchObject({ unchanged: 30, skipped: 0, archived: 0 });
  expect(run.warnings.map(({ code }) => code)).toEqual(['bad_date']);
});

it('keeps what a known row shows, although another says that it is gone (guard §38)', async () => {
  const record = roster.records.students.get('a7')!;
  roster.extraEvents.push({
    kind: 'rows',
    recordType: 'students',
    file: 's',
    rows: [{ record, line: 99, gone: true }],
  });
  const run = await harness.run('sis');
  expect(run.counts.students).toMatchObject({ archived: 0, unchanged: 30 });
  expect(await harness.ids('students', 'archived')).toEqual([]);
});

it('reports known enrollments and guardianships of people who are not in the data any more (guard §21)', async () => {
  roster.remove('students', 'a1', 'a2');
  const run = await harness.run('sis');
  const lines = (code: string, file: string) =>
    run.warnings.filter((warning) => warning.code === code && warning.file === file).map(({ line }) => line);
  expect(lines('unknown_reference', 'enrollments')).toEqual([2, 3]);
  expect(lines('unknown_reference', 'guardianships')).toEqual([2, 3]);
  expect(run.counts.students).toMatchObject({ archived: 2, unchanged: 28 });
  expect(run.counts.enrollments).toMatchObject({ archived: 2, unchanged: 28 });
  expect(await harness.ids('enrollments', 'archived')).toEqual(
    ['a1', 'a2'].map((id) => compositeKey('c1', id, 'student')).sort(),
  );
  expect(await harness.count('guardianships', 'archived')).toBe(2);
});

it('reads anew when another run of the district was applied after its own pull', async () => {
  const { ledger } = harness.context;
  roster.student('a31', '0101');
  const { runId } = await ledger.request('sis', { trigger: 'cli', preview: false, requestedBy: null });
  await harness.step('fetch', { version: 1, runId, round: 1 });
  await harness.sql(`UPDATE districts SET roster_version = roster_version + 1`);
  await harness.sql(`UPDATE students SET status = 'archived', archived_by = 'sync' WHERE sis_id = 'a5'`);
  await harness.work();
  const run = await harness.result(runId);
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(run.counts.students).toMatchObject({ created: 1, restored: 1, unchanged: 29 });
  expect(harness.source === roster && roster.pullsRead).toBe(3);
});

it('reads anew when the database has lost what was missed', async () => {
  const { ledger } = harness.context;
  roster.removeStudents('a5');
  const { runId } = await ledger.request('sis', { trigger: 'cli', preview: false, requestedBy: null });
  await harness.step('fetch', { version: 1, runId, round: 1 });
  const [snapshot] = await harness.sql<{ prefix: string }>(
    'SELECT table_prefix AS prefix FROM snapshots WHERE run_id = $1',
    [runId],
  );
  await harness.sql(`TRUNCATE snapshot."${snapshot?.prefix}_missed"`);
  await harness.work();
  expect((await harness.result(runId)).counts.students).toMatchObject({ archived: 1, unchanged: 29 });
  expect(roster.pullsRead).toBe(3);
});

it('compares a record whose hash is unknown field by field', async () => {
  await harness.sql(`UPDATE students SET source_hash = NULL WHERE sis_id IN ('a1', 'a2')`);
  const run = await harness.run('sis');
  expect(run.counts.students).toMatchObject({ updated: 0, unchanged: 30, archived: 0 });
  expect(await harness.sql('SELECT sis_id FROM students WHERE source_hash IS NULL')).toEqual([]);
});

it('compares a delta with what it names only', async () => {
  roster.deliveries.students = 'delta';
  roster.deliveries.enrollments = 'delta';
  roster.remove('students', ...Array.from({ length: 25 }, (_, i) => `a${i + 6}`));
  roster.records.enrollments.clear();
  roster.student('a5', '0101', { grade: '12' });
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(run.counts.students).toMatchObject({ updated: 1, unchanged: 4, archived: 0 });
  expect(await harness.count('students')).toBe(30);
  expect(await harness.count('enrollments')).toBe(30);
});
