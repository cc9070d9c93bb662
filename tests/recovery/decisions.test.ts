import type { RecordType } from '@rollbook/core';
import { payloadOf, requestSync, type StagePayload } from '@rollbook/pipeline';
import { approveHold, rejectHold, reopenHold } from '@rollbook/store';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { holdLock } from './held-lock.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('decisions');
}, 30_000);
afterAll(() => testDatabase.drop(), 30_000);
/** Two schools with 40 students each and 10 of the staff; at 10 % a school may lose 4 and 1. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder().school('0101').school('0102').students(40, '0101', 'a').students(40, '0102', 'b');
  for (let i = 1; i <= 10; i++) roster.staff(`s${i}`, '0101').staff(`t${i}`, '0102');
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside');
  await harness.run('sis');
});

interface HoldRow {
  readonly id: number;
  readonly status: string;
}
const holds = (): Promise<HoldRow[]> => harness.sql<HoldRow>('SELECT id, status FROM holds ORDER BY id');
const statuses = async (): Promise<string[]> => (await holds()).map(({ status }) => status);
const openHold = async (): Promise<number> =>
  (await holds()).find(({ status }) => status === 'open')?.id ?? Promise.reject(new Error('no hold is open'));
const heldIds = async (holdId: number): Promise<string[]> =>
  (
    await harness.sql<{ id: string }>('SELECT sis_id AS id FROM hold_records WHERE hold_id = $1 ORDER BY 1', [holdId])
  ).map(({ id }) => id);
const archived = async (): Promise<string[]> => [
  ...(await harness.ids('students', 'archived')),
  ...(await harness.ids('staff', 'archived')),
];
const ids = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

const approve = (
  holdId: number,
  part: { schools?: string[]; recordTypes?: RecordType[] } = {},
): Promise<{ recordCount: number }> =>
  approveHold(testDatabase.database.pool, {
    holdId,
    actor: 'tester',
    comment: null,
    schools: part.schools ?? null,
    recordTypes: part.recordTypes ?? null,
  });
const reject = (holdId: number): Promise<void> =>
  rejectHold(testDatabase.database.pool, { holdId, actor: 'tester', comment: 'they stay' });

/** A run that withholds the departure of these; gives its hold. */
const heldWithout = async (...students: string[]): Promise<number> => {
  roster.removeStudents(...students);
  expect(await harness.run('sis')).toMatchObject({ status: 'held', reason: 'threshold' });
  return openHold();
};

describe('an approval', () => {
  it('archives exactly its records, and the rest is held again when the set has grown', async () => {
    const first = await heldWithout(...ids('a', 5));
    expect(await approve(first)).toMatchObject({ recordCount: 5 });
    roster.removeStudents('a6', 'a7', 'b1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(run.counts.students).toMatchObject({ archived: 5, withheld: 3 });
    expect(await archived()).toEqual(ids('a', 5));
    expect(await statuses()).toEqual(['approved', 'open']);
    expect(await heldIds(await openHold())).toEqual(['a6', 'a7', 'b1']);
    expect(await harness.sql('SELECT status, used_run_id FROM approvals')).toEqual([
      { status: 'used', used_run_id: run.runId },
    ]);
  });

  it('leaves alone those of its records that have come back', async () => {
    const hold = await heldWithout(...ids('a', 6));
    await approve(hold);
    roster.student('a1', '0101');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
    expect(await archived()).toEqual(['a2', 'a3', 'a4', 'a5', 'a6']);
  });

  it('of a school covers that school alone', async () => {
    const hold = await heldWithout(...ids('a', 6), ...ids('b', 7));
    expect(await approve(hold, { schools: ['0102'] })).toMatchObject({ recordCount: 7 });
    const run = await harness.run('sis');
    expect(run.counts.students).toMatchObject({ archived: 7, withheld: 6 });
    expect(await archived()).toEqual(ids('b', 7));
    expect(await heldIds(await openHold())).toEqual(ids('a', 6));
  });

  it('of a type covers that type alone', async () => {
    roster.remove('staff', 's1', 's2');
    const hold = await heldWithout(...ids('a', 6));
    expect(await approve(hold, { recordTypes: ['staff'] })).toMatchObject({ recordCount: 2 });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held' });
    expect(await archived()).toEqual(['s1', 's2']);
    expect(await heldIds(await openHold())).toEqual(ids('a', 6));
  });

  it('is given once: of two, one wins and the other is told so', async () => {
    const hold = await heldWithout(...ids('a', 5));
    const results = await Promise.allSettled([approve(hold), approve(hold), reject(hold)]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(String(result.reason)).toMatch(/was (approved|rejected) already/);
    expect(await harness.sql('SELECT 1 FROM decisions')).toHaveLength(1);
  });

  it.each([
    ['has expired', `UPDATE approvals SET expires_at = now() - interval '1 second'`],
    ['was given for another source', `UPDATE syncs SET source_fingerprint = 'two'`],
    ['was made void', `UPDATE approvals SET status = 'void'`],
  ])('that %s archives nothing', async (_, statement) => {
    await approve(await heldWithout(...ids('a', 5)));
    await harness.sql(statement);
    expect(await harness.run('sis')).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(await archived()).toEqual([]);
    expect(await statuses()).toEqual(['approved', 'open']);
  });
});

describe('a decision that races a run', () => {
  const upToApply = async (): Promise<StagePayload> => {
    const payload = payloadOf(await requestSync(harness.context, 'sis', { trigger: 'cli' }));
    for (const stage of ['fetch', 'diff', 'guard'] as const) await harness.step(stage, payload);
    return payload;
  };

  it('makes the run compare again: an approval given after the comparison', async () => {
    const hold = await heldWithout(...ids('a', 5));
    const payload = await upToApply();
    await approve(hold);
    expect(await harness.step('apply', payload)).toEqual({ outcome: 'restarted', next: 'diff' });
    await harness.work();
    expect(await harness.result(payload.runId)).toMatchObject({ status: 'succeeded' });
    expect(await archived()).toEqual(ids('a', 5));
    expect(await statuses()).toEqual(['approved']);
  });

  it.each([
    ['made void', `UPDATE approvals SET status = 'void'`],
    ['expired', `UPDATE approvals SET expires_at = now() - interval '1 second'`],
  ])('makes the run compare again: an approval that was counted and is %s', async (_, statement) => {
    await approve(await heldWithout(...ids('a', 5)));
    const payload = await upToApply();
    await harness.sql(statement);
    expect(await harness.step('apply', payload)).toEqual({ outcome: 'restarted', next: 'diff' });
    await harness.work();
    expect(await harness.result(payload.runId)).toMatchObject({ status: 'held' });
    expect(await archived()).toEqual([]);
  });

  it('waits for a run that is being applied, and then finds the hold as that run leaves it', async () => {
    const hold = await heldWithout(...ids('a', 5));
    roster.student('new', '0101');
    const payload = await upToApply();
    const lock = await holdLock(testDatabase.url, 'LOCK TABLE students IN SHARE MODE');
    const applying = harness.step('apply', payload);
    await lock.waiters();
    const approving = approve(hold);
    await lock.waiters(2);
    await lock.release();
    expect(await applying).toMatchObject({ outcome: 'ended', run: { status: 'held' } });
    await approving;
    expect(await archived()).toEqual([]);
    expect(await statuses()).toEqual(['approved']);
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
    expect(await archived()).toEqual(ids('a', 5));
  });

  it('is told when the run has replaced the hold', async () => {
    const hold = await heldWithout(...ids('a', 5));
    roster.removeStudents('a6');
    const payload = await upToApply();
    const lock = await holdLock(testDatabase.url, 'LOCK TABLE hold_records IN SHARE MODE');
    const applying = harness.step('apply', payload);
    await lock.waiters();
    const approving = expect(approve(hold)).rejects.toThrow(
      /was replaced at .* UTC, because a later run of "sis" withheld other records\. Look at hold \d+\./,
    );
    await lock.waiters(2);
    await lock.release();
    await applying;
    await approving;
    expect(await harness.sql('SELECT 1 FROM approvals')).toEqual([]);
  });
});

describe('a hold', () => {
  it('stays the same while the same records are withheld', async () => {
    const hold = await heldWithout(...ids('a', 5));
    const run = await harness.run('sis');
    expect(run.status).toBe('held');
    expect(await harness.sql('SELECT id, status, last_run_id FROM holds')).toEqual([
      { id: hold, status: 'open', last_run_id: run.runId },
    ]);
  });

  it('is replaced by a larger one', async () => {
    await heldWithout(...ids('a', 5));
    const larger = await heldWithout('a6');
    expect(await statuses()).toEqual(['replaced', 'open']);
    expect(await heldIds(larger)).toEqual(ids('a', 6));
  });

  it('is resolved by a source that was put right', async () => {
    const hold = await heldWithout(...ids('a', 5));
    roster.student('a5', '0101');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(await archived()).toEqual(ids('a', 4));
    expect(await statuses()).toEqual(['resolved']);
    await expect(approve(hold)).rejects.toThrow(
      /was resolved at .* UTC: a later run of "sis" had nothing to withhold any more\./,
    );
  });

  it('that was rejected is not opened again for the same records, but for others', async () => {
    await reject(await heldWithout(...ids('a', 5)));
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
    expect(await statuses()).toEqual(['rejected']);
    const other = await heldWithout(...ids('b', 5));
    expect(await statuses()).toEqual(['rejected', 'open']);
    expect(await heldIds(other)).toEqual(ids('b', 5));
    expect(await archived()).toEqual([]);
  });

  it('that was rejected keeps its records until they were back, whatever the threshold and the others', async () => {
    await reject(await heldWithout(...ids('a', 5)));
    await harness.createSync('sis', 'riverside', { threshold: { default: 10_000, perType: {} } });
    roster.removeStudents('a6');
    const run = await harness.run('sis');
    expect(run.counts.students).toMatchObject({ archived: 1, withheld: 0, kept: 5 });
    expect(await archived()).toEqual(['a6']);
    for (const id of ids('a', 5)) roster.student(id, '0101');
    await harness.run('sis');
    roster.removeStudents('a1');
    await harness.run('sis');
    expect(await archived()).toEqual(['a1', 'a6']);
  });

  it('that was rejected can be taken up again', async () => {
    const hold = await heldWithout(...ids('a', 5));
    await reject(hold);
    await harness.run('sis');
    const { pool } = testDatabase.database;
    const decider = { actor: 'tester', comment: null };
    expect(await reopenHold(pool, { holdId: hold, ...decider })).toEqual({ syncId: 'sis', recordCount: 5 });
    await expect(reopenHold(pool, { holdId: hold, ...decider })).rejects.toThrow('there is nothing to take back');
    expect(await harness.run('sis')).toMatchObject({ status: 'held' });
    expect(await statuses()).toEqual(['rejected', 'open']);
  });

  it('is not touched by a run that fails', async () => {
    await heldWithout(...ids('a', 5));
    roster.deliveries.students = 'full';
    roster.records.students.clear();
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    expect(await statuses()).toEqual(['open']);
    expect(await archived()).toEqual([]);
  });
});
