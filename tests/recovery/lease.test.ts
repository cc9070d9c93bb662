import { payloadOf, requestSync, type StagePayload, type StageResult } from '@rollbook/pipeline';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { holdLock, type HeldLock } from './held-lock.ts';
import { snapshotTables } from './two-districts.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;
const locks: HeldLock[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase('lease');
}, 30_000);
afterAll(() => testDatabase.drop(), 30_000);
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder().school('0101').class('c1', '0101').students(30, '0101', 'a');
  for (let i = 1; i <= 30; i++) roster.enroll(`a${i}`, 'c1');
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside');
});
afterEach(async () => {
  await Promise.all(locks.splice(0).map((lock) => lock.release()));
});

const lock = async (statement: string): Promise<HeldLock> => {
  const held = await holdLock(testDatabase.url, statement);
  locks.push(held);
  return held;
};
const request = async (syncId = 'sis', on = harness): Promise<StagePayload> =>
  payloadOf(await requestSync(on.context, syncId, { trigger: 'cli' }));
const jobs = (on = harness): string[] =>
  on.queue.jobs.map(({ stage, payload }) => `${stage} of round ${payload.round}`);
const rosterVersion = async (): Promise<string | undefined> =>
  (await harness.sql<{ version: string }>('SELECT roster_version::text AS version FROM districts'))[0]?.version;

/** A door that stays shut until somebody opens it, and says when somebody stands before it. */
function door(): { pass(): Promise<void>; reached: Promise<void>; open(): void } {
  let reach = (): void => undefined;
  let open = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    reached,
    open: () => open(),
    async pass() {
      reach();
      await opened;
    },
  };
}

describe('a stage that two workers run at once', () => {
  it('is committed by the one that took it last: the older cannot', async () => {
    const payload = await request();
    const gate = door();
    roster.beforeEnd = () => gate.pass();
    const older = harness.step('fetch', payload);
    await gate.reached;
    roster.beforeEnd = () => Promise.resolve();
    roster.student('late', '0101');
    expect(await harness.step('fetch', payload)).toEqual({ outcome: 'continued', next: 'diff' });
    gate.open();
    expect(await older).toEqual({ outcome: 'stale' });
    expect(jobs()).toEqual(['fetch of round 1', 'diff of round 1']);
    await harness.context.ledger.cleanUp();
    const [snapshot] = await harness.sql<{ prefix: string }>('SELECT table_prefix AS prefix FROM snapshots');
    const others = (await snapshotTables(testDatabase.database)).filter(
      (table) => !table.startsWith(`${snapshot?.prefix}_`),
    );
    expect(others).toEqual([]);
    await harness.work();
    expect((await harness.result(payload.runId)).counts.students.created).toBe(31);
  });

  it.each([
    ['diff', 'LOCK TABLE kept_records IN ACCESS EXCLUSIVE MODE'],
    ['guard', 'LOCK TABLE findings IN ACCESS EXCLUSIVE MODE'],
    ['apply', 'LOCK TABLE enrollments IN SHARE MODE'],
  ] as const)('is committed once: %s', async (stage, statement) => {
    const payload = await request();
    for (const before of ['fetch', 'diff', 'guard'] as const) {
      if (before === stage) break;
      await harness.step(before, payload);
    }
    const held = await lock(statement);
    const both = [harness.step(stage, payload)];
    await held.waiters();
    both.push(harness.step(stage, payload));
    await held.waiters(2);
    await held.release();
    const outcomes = (await Promise.all(both)).map((result: StageResult) => result.outcome).sort();
    expect(outcomes).toEqual([stage === 'apply' ? 'ended' : 'continued', 'stale']);
    await harness.work();
    expect(await harness.result(payload.runId)).toMatchObject({ status: 'succeeded' });
    expect(await harness.count('students')).toBe(30);
    expect(await rosterVersion()).toBe('1');
  });

  it('gives nothing to a job of an earlier round', async () => {
    const payload = await request();
    await harness.step('fetch', payload);
    await harness.sql('DELETE FROM snapshots');
    expect(await harness.step('diff', payload)).toEqual({ outcome: 'restarted', next: 'fetch' });
    expect(await harness.step('diff', payload)).toEqual({ outcome: 'stale' });
    expect(await harness.step('fetch', payload)).toEqual({ outcome: 'stale' });
    expect(jobs()).toEqual(['fetch of round 1', 'diff of round 1', 'fetch of round 2']);
    await harness.work();
    expect(await harness.result(payload.runId)).toMatchObject({ status: 'succeeded' });
  });
});

it('only makes sure of its successor, run again after it was done', async () => {
  const payload = await request();
  await harness.step('fetch', payload);
  for (const [stage, next] of [
    ['fetch', 'diff'],
    ['diff', 'guard'],
    ['guard', 'apply'],
  ] as const) {
    if (stage !== 'fetch') await harness.step(stage, payload);
    const other = new PipelineHarness(testDatabase.database, roster);
    expect(await other.step(stage, payload)).toEqual({ outcome: 'stale' });
    expect(jobs(other)).toEqual([`${next} of round 1`]);
  }
  await harness.step('apply', payload);
  const other = new PipelineHarness(testDatabase.database, roster);
  for (const stage of ['fetch', 'diff', 'guard', 'apply'] as const)
    expect(await other.step(stage, payload)).toEqual({ outcome: 'stale' });
  expect(jobs(other)).toEqual([]);
});

describe('a roster that moves between diff and apply', () => {
  const upToApply = async (): Promise<StagePayload> => {
    const payload = await request();
    for (const stage of ['fetch', 'diff', 'guard'] as const) await harness.step(stage, payload);
    return payload;
  };

  it('is compared again when another sync of the district was applied', async () => {
    await harness.run('sis');
    roster.student('shared', '0101').student('own', '0101').removeStudents('a1');
    const payload = await upToApply();
    const otherRoster = new RosterBuilder().school('0102').student('shared', '0102').student('b1', '0102');
    const other = new PipelineHarness(testDatabase.database, otherRoster);
    await other.createSync('other', 'riverside');
    expect(await other.run('other')).toMatchObject({ status: 'succeeded' });
    expect(await harness.step('apply', payload)).toEqual({ outcome: 'restarted', next: 'diff' });
    await harness.work();
    const run = await harness.result(payload.runId);
    expect(run.counts.students).toMatchObject({ created: 1, archived: 1, unchanged: 29 });
    const owners = await harness.sql(`SELECT sync_id, school_id FROM students WHERE sis_id = 'shared'`);
    expect(owners).toEqual([{ sync_id: 'other', school_id: '0102' }]);
    expect(await rosterVersion()).toBe('3');
  });

  it.each([
    ['archived by hand', `UPDATE students SET status = 'archived', archived_by = 'user' WHERE sis_id = 'a2'`],
    ['taken from the sync', `UPDATE students SET sync_id = NULL WHERE sis_id = 'a2'`],
  ])('keeps its hands off a record that was %s', async (_, statement) => {
    await harness.createSync('sis', 'riverside', { archivedStudents: 'keep-archived' });
    await harness.run('sis');
    roster.student('a2', '0101', { grade: '12' }).student('a3', '0101', { grade: '12' });
    const payload = await upToApply();
    await harness.sql(statement);
    const read = () =>
      harness.sql(`SELECT sis_id, grade, status, archived_by, sync_id FROM students WHERE sis_id = 'a2'`);
    const before = await read();
    expect(await harness.step('apply', payload)).toEqual({ outcome: 'restarted', next: 'diff' });
    await harness.work();
    expect((await harness.result(payload.runId)).counts.students).toMatchObject({ updated: 1 });
    expect(await read()).toEqual(before);
  });

  it('creates nothing beside a record that was typed in meanwhile', async () => {
    await harness.run('sis');
    roster.student('new', '0101');
    const payload = await upToApply();
    await harness.sql(
      `INSERT INTO students (district_id, sis_id, given_name, family_name) VALUES ('riverside', 'new', 'Typed', 'Byhand')`,
    );
    expect(await harness.step('apply', payload)).toEqual({ outcome: 'restarted', next: 'diff' });
    await harness.work();
    expect((await harness.result(payload.runId)).counts.students).toMatchObject({ created: 0 });
    expect(await harness.sql(`SELECT given_name FROM students WHERE sis_id = 'new'`)).toEqual([
      { given_name: 'Typed' },
    ]);
  });
});

it('does not let settings edited meanwhile reach a run (guard §14)', async () => {
  await harness.run('sis');
  roster.removeStudents('a1', 'a2', 'a3', 'a4');
  const payload = await request();
  await harness.step('fetch', payload);
  await harness.createSync('sis', 'riverside', { threshold: { default: 10_000, perType: {} } });
  await harness.work();
  expect(await harness.result(payload.runId)).toMatchObject({ status: 'held', reason: 'threshold' });
  expect(await harness.count('students')).toBe(30);
  expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
  expect(await harness.count('students')).toBe(26);
});

it('does not wait for a table that a worker which is cut off still uses, and drops it later', async () => {
  await harness.sql('CREATE UNLOGGED TABLE snapshot.r900001_aa_students (sis_id text)');
  await harness.sql('CREATE UNLOGGED TABLE snapshot.r900002_bb_students (sis_id text)');
  const held = await lock('LOCK TABLE snapshot.r900001_aa_students IN ACCESS SHARE MODE');
  await harness.context.ledger.cleanUp();
  expect(await snapshotTables(testDatabase.database)).toEqual(['r900001_aa_students']);
  await held.release();
  await harness.context.ledger.cleanUp();
  expect(await snapshotTables(testDatabase.database)).toEqual([]);
});
