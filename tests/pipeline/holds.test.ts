import { approveHold, rejectHold, type Approval } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('holds');
}, 30_000);
afterAll(() => testDatabase.drop());

const someOf = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`);

/** 100 students in each of two schools, and a run that would archive 11 of the first and 1 of the second. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, classes, students, staff, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside');
  roster.school('A').school('B').class('c1', 'A').class('c2', 'B').staff('t1', 'A');
  roster.students(100, 'A', 'a').students(100, 'B', 'b');
  await harness.run('sis');
  roster.removeStudents(...someOf('a', 1, 11), 'b1');
  expect(await harness.run('sis')).toMatchObject({ status: 'held', reason: 'threshold' });
});

const holds = () =>
  harness.sql<{ id: number; status: string; record_count: number; run_id: number; last_run_id: number }>(
    'SELECT id, status, record_count, run_id, last_run_id FROM holds ORDER BY id',
  );
const latestHold = async (): Promise<number> => (await holds()).at(-1)?.id as number;
const approve = async (part: Partial<Approval> = {}) =>
  approveHold(testDatabase.database.pool, {
    holdId: await latestHold(),
    actor: 'tester',
    comment: null,
    schools: null,
    recordTypes: null,
    ...part,
  });

it('opens one hold, and keeps it for the same records', async () => {
  const [first] = await holds();
  expect(first).toMatchObject({ status: 'open', record_count: 12 });
  const again = await harness.run('sis');
  expect(again.status).toBe('held');
  expect(await holds()).toEqual([{ ...first, last_run_id: again.runId }]);
});

it('archives exactly the approved records, once', async () => {
  expect(await approve({ comment: 'they moved away' })).toMatchObject({ syncId: 'sis', recordCount: 12, rest: null });
  await expect(approve()).rejects.toThrow(/approved already/);
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded', reason: null });
  expect(run.counts.students).toMatchObject({ archived: 12, withheld: 0 });
  expect(await harness.sql('SELECT status, used_run_id FROM approvals')).toEqual([
    { status: 'used', used_run_id: run.runId },
  ]);
  expect(await harness.sql('SELECT decision, actor, comment, record_count FROM decisions')).toEqual([
    { decision: 'approve', actor: 'tester', comment: 'they moved away', record_count: 12 },
  ]);
});

it('lets one of two approvals at once win', async () => {
  const results = await Promise.allSettled([approve(), approve()]);
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
});

it('archives the approved records alone when the set has grown, and holds the rest', async () => {
  await approve();
  roster.removeStudents(...someOf('a', 12, 15));
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
  expect(run.counts.students).toMatchObject({ archived: 12, withheld: 4 });
  expect(await harness.ids('students', 'archived')).toEqual([...someOf('a', 1, 11), 'b1'].sort());
  expect((await holds()).map(({ status, record_count }) => [status, record_count])).toEqual([
    ['approved', 12],
    ['open', 4],
  ]);
});

it('leaves approved records that came back', async () => {
  await approve();
  roster.student('a1', 'A');
  const run = await harness.run('sis');
  expect(run.counts.students).toMatchObject({ archived: 11, withheld: 0 });
  expect(await harness.ids('students', 'archived')).not.toContain('a1');
});

it('approves by school: the other schools are judged by themselves', async () => {
  await approve({ schools: ['A'] });
  const run = await harness.run('sis');
  // With the tripped school approved, nothing else is over its threshold.
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(run.counts.students.archived).toBe(12);
});

it('approves the school that did not trip: nothing else goes', async () => {
  await approve({ schools: ['B'], recordTypes: ['students'] });
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'held' });
  expect(await harness.ids('students', 'archived')).toEqual(['b1']);
});

it('names what a hold has when it is approved for something else', async () => {
  await expect(approve({ schools: ['Z'] })).rejects.toThrow(/no record in school "Z". Its schools: A, B/);
  await expect(approve({ recordTypes: ['staff'] })).rejects.toThrow(/no staff. Its record types: students/);
  await expect(approve({ holdId: 999_999 })).rejects.toThrow(/There is no hold 999999/);
  expect(await holds()).toMatchObject([{ status: 'open' }]);
});

it('takes no notice of an approval that has expired', async () => {
  await approve();
  await harness.sql(`UPDATE approvals SET expires_at = now() - interval '1 minute'`);
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'held' });
  expect(await harness.count('students', 'archived')).toBe(0);
  expect((await holds()).at(-1)).toMatchObject({ status: 'open', record_count: 12 });
});

it('takes no notice of an approval given for another source', async () => {
  await approve();
  await harness.sql(`UPDATE syncs SET source_fingerprint = 'two'`);
  expect(await harness.run('sis')).toMatchObject({ status: 'held' });
  expect(await harness.count('students', 'archived')).toBe(0);
});

it('does not ask again about records that were rejected, but about others', async () => {
  await rejectHold(testDatabase.database.pool, { holdId: await latestHold(), actor: 'tester', comment: 'still here' });
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(run.counts.students).toMatchObject({ archived: 0, withheld: 0, kept: 12 });
  expect(run.warnings).toMatchObject([{ code: 'kept_by_decision', count: 12 }]);
  expect(await holds()).toMatchObject([{ status: 'rejected' }]);
  roster.removeStudents(...someOf('b', 2, 12));
  const next = await harness.run('sis');
  expect(next).toMatchObject({ status: 'held' });
  expect(next.counts.students).toMatchObject({ archived: 0, withheld: 11, kept: 12 });
  expect(await holds()).toMatchObject([{ status: 'rejected' }, { status: 'open', record_count: 11 }]);
});

it('replaces a hold by a larger one, and resolves it when nothing trips any more', async () => {
  roster.removeStudents('a12');
  await harness.run('sis');
  expect((await holds()).map(({ status }) => status)).toEqual(['replaced', 'open']);
  for (const id of someOf('a', 1, 12)) roster.student(id, 'A');
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(run.counts.students).toMatchObject({ archived: 1, restored: 0 });
  expect((await holds()).map(({ status }) => status)).toEqual(['replaced', 'resolved']);
});

it('passes at exactly the smallest passing percentage, and not below (guard §2)', async () => {
  const threshold = (percent: number) => ({ threshold: { default: percent * 100, perType: {} } });
  await harness.createSync('sis', 'riverside', threshold(10.99));
  expect((await harness.run('sis')).status).toBe('held');
  await harness.createSync('sis', 'riverside', threshold(11));
  expect((await harness.run('sis')).counts.students.archived).toBe(12);
});

it('fixes the settings of a run when it is requested (guard §14)', async () => {
  const { ledger } = harness.context;
  const { runId } = await ledger.request('sis', { trigger: 'cli', preview: false, requestedBy: null });
  await harness.createSync('sis', 'riverside', { threshold: { default: 10_000, perType: {} } });
  const run = await harness.run('sis');
  expect(run).toMatchObject({ runId, status: 'held' });
  expect(await harness.count('students', 'archived')).toBe(0);
});
