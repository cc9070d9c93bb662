import {
  activeRaise,
  approveHold,
  pauseSync,
  raiseThreshold,
  rejectHold,
  reopenHold,
  withdrawRaise,
} from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;
const now = new Date();

beforeAll(async () => {
  testDatabase = await createTestDatabase('raises_and_roles');
}, 30_000);
afterAll(() => testDatabase.drop());

/** Twenty students, of whom two may go without asking. */
beforeEach(async () => {
  await testDatabase.database.pool.query('TRUNCATE districts, schools, students, roster_changes, decisions CASCADE');
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside');
  roster.school('A').students(20, 'A', 's');
  await harness.run('sis');
});

const decider = { syncId: 'sis', actor: 'pat', comment: 'seniors leave' };
const raise = (percent: number, until: string | null = null) =>
  raiseThreshold(testDatabase.database.pool, { ...decider, basisPoints: percent * 100, recordTypes: null, until }, now);
const active = () => activeRaise(testDatabase.database.pool, 'sis', now);
const openHold = async (): Promise<number> => {
  const [hold] = await harness.sql<{ id: number }>(`SELECT id FROM holds WHERE status = 'open'`);
  return hold?.id as number;
};

describe('guard §26: a threshold is raised', () => {
  it('for one run that is applied, and a run that fails does not use it up', async () => {
    await raise(15);
    roster.removeStudents('s1', 's2', 's3');
    const { students } = roster.records;
    const all = [...students];
    students.clear();
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    expect(await active()).toMatchObject({ basisPoints: 1500 });
    for (const [id, student] of all) students.set(id, student);
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 3 } } });
    expect(await active()).toBeNull();
    roster.removeStudents('s4', 's5');
    expect(await harness.run('sis')).toMatchObject({ status: 'held', counts: { students: { withheld: 2 } } });
  });

  it('is withdrawn, or replaced by another', async () => {
    await raise(15);
    await raise(20);
    expect(await active()).toMatchObject({ basisPoints: 2000 });
    await withdrawRaise(testDatabase.database.pool, decider, now);
    expect(await active()).toBeNull();
    roster.removeStudents('s1', 's2', 's3');
    expect(await harness.run('sis')).toMatchObject({ status: 'held' });
  });

  it('never lowers what is configured', async () => {
    await harness.createSync('sis', 'riverside', { threshold: { default: 3_000, perType: {} } });
    await raise(15).catch(() => undefined);
    roster.removeStudents('s1', 's2', 's3', 's4', 's5', 's6');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { archived: 6 } } });
  });

  it('until a day, on which it no longer holds', async () => {
    const day = (inDays: number): string => new Date(now.getTime() + inDays * 86_400_000).toISOString().slice(0, 10);
    await raise(15, day(5));
    expect(await active()).toMatchObject({ until: day(5) });
    expect(await activeRaise(testDatabase.database.pool, 'sis', new Date(`${day(5)}T00:00:00Z`))).toBeNull();
    for (const id of ['s1', 's2', 's3']) roster.removeStudents(id);
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
    expect(await active()).toMatchObject({ basisPoints: 1500 });
  });
});

describe('guard §28: decisions', () => {
  it('are kept for good: who, what, how many, of what set, and why', async () => {
    roster.removeStudents('s1', 's2', 's3');
    await harness.run('sis');
    const holdId = await openHold();
    const { pool } = testDatabase.database;
    await rejectHold(pool, { holdId, actor: 'pat', comment: 'they are here' });
    await reopenHold(pool, { holdId, actor: 'sam', comment: null });
    await harness.run('sis');
    await approveHold(pool, {
      holdId: await openHold(),
      actor: 'sam',
      comment: 'gone',
      schools: null,
      recordTypes: null,
    });
    await raise(15);
    await pauseSync(pool, { ...decider, until: '2099-01-01', what: 'all' }, now);
    const rows = await harness.sql(
      'SELECT decision, actor, comment, record_count, fingerprint IS NOT NULL AS has_set FROM decisions ORDER BY id',
    );
    expect(rows).toMatchObject([
      { decision: 'reject', actor: 'pat', comment: 'they are here', record_count: 3, has_set: true },
      { decision: 'reopen', actor: 'sam', comment: null, record_count: 3 },
      { decision: 'approve', actor: 'sam', comment: 'gone', record_count: 3, has_set: true },
      { decision: 'raise', actor: 'pat', comment: 'seniors leave' },
      { decision: 'pause', actor: 'pat', comment: 'seniors leave' },
    ]);
  });

  it('are for approvers and administrators where a district names its people', async () => {
    roster.removeStudents('s1', 's2', 's3');
    await harness.run('sis');
    const holdId = await openHold();
    const { pool } = testDatabase.database;
    await harness.sql(
      `INSERT INTO district_roles VALUES ('riverside', 'kim', 'viewer'), ('riverside', 'lee', 'approver')`,
    );
    const by = (actor: string) => rejectHold(pool, { holdId, actor, comment: 'no' });
    await expect(by('kim')).rejects.toThrow('"kim" may not decide for the district "riverside" (role viewer)');
    await expect(by('nobody')).rejects.toThrow('these may: "lee"');
    await expect(raise(15)).rejects.toThrow('"pat" may not decide');
    expect(await openHold()).toBe(holdId);
    await by('lee');
    expect(await openHold()).toBeUndefined();
  });
});
