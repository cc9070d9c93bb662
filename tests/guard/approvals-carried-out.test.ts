import { randomBytes } from 'node:crypto';
import { parseConfig } from '@rollbook/core';
import { payloadOf, requestApproval, requestSync, runStage, sweep, type StagePayload } from '@rollbook/pipeline';
import { loadConfiguration, readApproval, type Approved } from '@rollbook/store';
import { holdLock } from '../recovery/held-lock.ts';
import { DecidedDistrict, ids } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_approvals_carried_out');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin());

const approved = async (...students: string[]): Promise<Approved> =>
  district.approve(await district.heldWithout(...students));
const request = ({ approvalId }: Approved) => requestApproval(district.harness.context, approvalId, 'pat');
const state = ({ approvalId }: Approved) => readApproval(district.database.pool, approvalId);
const statuses = async (): Promise<string[]> => (await district.holds()).map(({ status }) => status);
const startSync = async (): Promise<StagePayload> =>
  payloadOf(await requestSync(district.harness.context, 'sis', { trigger: 'cli' }));
const runCount = async (): Promise<number> => (await district.harness.sql('SELECT 1 FROM runs')).length;

/** The one run that was made for an approval. */
const approvalRun = async (): Promise<number> => {
  const runs = await district.harness.sql<{ id: number }>(`SELECT id FROM runs WHERE kind = 'approval'`);
  expect(runs).toHaveLength(1);
  return runs[0]?.id as number;
};

describe('guard §27: an approval that no run takes along', () => {
  it('has a run of its own, which does not open the source', async () => {
    const approval = await approved(...ids('a', 3));
    const run = await request(approval);
    expect(run).toMatchObject({ created: true, stage: 'diff' });
    const context = { ...district.harness.context, openSource: () => Promise.reject(new Error('opened')) };
    const signal = new AbortController().signal;
    const payload = payloadOf(run as NonNullable<typeof run>);
    for (const stage of ['diff', 'guard', 'apply'] as const)
      await runStage(context, { stage, payload, isLastAttempt: true, signal });
    expect(await district.archived()).toEqual(ids('a', 3));
    expect(
      await district.harness.sql(
        'SELECT kind, trigger, status, requested_by, approval_id FROM runs ORDER BY id DESC LIMIT 1',
      ),
    ).toEqual([
      {
        kind: 'approval',
        trigger: 'approval',
        status: 'succeeded',
        requested_by: 'pat',
        approval_id: approval.approvalId,
      },
    ]);
    expect(
      await district.harness.sql('SELECT stage FROM run_stages WHERE run_id = $1 ORDER BY 1', [payload.runId]),
    ).toEqual(['apply', 'diff', 'guard'].map((stage) => ({ stage })));
    expect(await state(approval)).toEqual({ status: 'used', usedRun: payload.runId });
  });

  it('is carried out once: of two requests, one makes the run, and afterwards there is nothing to do', async () => {
    const approval = await approved(...ids('a', 3));
    const [one, two] = await Promise.all([request(approval), request(approval)]);
    expect(one?.runId).toBe(two?.runId);
    expect([one?.created, two?.created].sort()).toEqual([false, true]);
    await district.harness.work();
    expect(await request(approval)).toBeNull();
    await sweep(district.harness.context);
    expect(district.harness.queue.jobs).toEqual([]);
    expect(await district.harness.sql(`SELECT 1 FROM roster_changes WHERE action = 'archive'`)).toHaveLength(3);
  });

  it('spares what is not the active record of the sync any more', async () => {
    const approval = await approved(...ids('a', 4));
    await district.harness.sql(`UPDATE students SET sync_id = NULL WHERE sis_id = 'a1'`);
    await district.harness.sql(`UPDATE students SET status = 'archived', archived_by = 'user' WHERE sis_id = 'a2'`);
    const run = await district.carryOut(approval);
    expect(run.counts.students).toMatchObject({ archived: 2 });
    expect(
      await district.harness.sql(
        `SELECT sis_id, archived_by FROM students WHERE archived_run_id = $1 OR sis_id IN ('a1', 'a2') ORDER BY 1`,
        [run.runId],
      ),
    ).toEqual([
      { sis_id: 'a1', archived_by: null },
      { sis_id: 'a2', archived_by: 'user' },
      { sis_id: 'a3', archived_by: 'sync' },
      { sis_id: 'a4', archived_by: 'sync' },
    ]);
  });

  it('leaves the counting of absences alone: only data tells who is absent', async () => {
    await district.configure({ transferGrace: 2 });
    district.roster.removeStudents('b1');
    await district.run();
    district.roster.remove('classes', 'c1');
    const run = await district.run();
    expect(run).toMatchObject({ status: 'held' });
    expect(await district.archived()).toEqual([]);
    await district.carryOut(await district.approve(await district.openHold(), { recordTypes: ['classes'] }));
    expect(await district.harness.ids('classes', 'archived')).toEqual(['c1']);
    await district.run();
    expect(await district.archived()).toEqual(['b1']);
  });
});

describe('guard §27: an approval while a run of the sync is active', () => {
  it.each([0, 1, 2, 3])('is carried out by that run, which has %i of its steps behind it', async (done) => {
    const hold = await district.heldWithout(...ids('a', 4));
    district.roster.student('a4', 'A').student('new', 'A');
    const payload = await startSync();
    for (const stage of (['fetch', 'diff', 'guard'] as const).slice(0, done))
      await district.harness.step(stage, payload);
    const approval = await district.approve(hold);
    expect(await request(approval)).toMatchObject({ runId: payload.runId, created: false });
    await district.harness.work();
    const run = await district.harness.result(payload.runId);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ created: 1, archived: 3 });
    // a4 was back in the data of that run.
    expect(await district.archived()).toEqual(ids('a', 3));
    expect(await state(approval)).toEqual({ status: 'used', usedRun: payload.runId });
    expect(await request(approval)).toBeNull();
  });

  it('is carried out by a run of its own if that run fails', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    district.roster.records.students.clear();
    const payload = await startSync();
    const approval = await district.approve(hold);
    expect(await request(approval)).toMatchObject({ runId: payload.runId, created: false });
    await district.harness.work();
    expect(await district.harness.result(payload.runId)).toMatchObject({ status: 'failed' });
    expect(await state(approval)).toEqual({ status: 'active', usedRun: null });
    await sweep(district.harness.context);
    await district.harness.work();
    expect(await district.archived()).toEqual(ids('a', 3));
    expect(await state(approval)).toEqual({ status: 'used', usedRun: await approvalRun() });
  });

  it('is carried out at once, by a run of its own, if that run is a preview (guard §40)', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    await requestSync(district.harness.context, 'sis', { trigger: 'cli', preview: true });
    const approval = await district.approve(hold);
    expect(await request(approval)).toMatchObject({ created: true });
    await sweep(district.harness.context);
    expect(await runCount()).toBe(4);
    await district.harness.work();
    expect(await district.archived()).toEqual(ids('a', 3));
  });
});

describe('guard §27: what ends an approval', () => {
  it('72 hours: nothing carries it out after that, not even its own run', async () => {
    const approval = await approved(...ids('a', 3));
    expect(
      await district.harness.sql(
        `SELECT round(extract(epoch FROM a.expires_at - d.decided_at) / 3600, 6)::float AS hours
         FROM approvals a JOIN decisions d ON d.hold_id = a.hold_id`,
      ),
    ).toEqual([{ hours: 72 }]);
    const run = await request(approval);
    await district.harness.step('diff', payloadOf(run as NonNullable<typeof run>));
    await district.harness.sql(`UPDATE approvals SET expires_at = now() - interval '1 second'`);
    await district.harness.work();
    expect(await district.harness.result(run?.runId as number)).toMatchObject({ status: 'succeeded' });
    expect(await district.archived()).toEqual([]);
    expect(await state(approval)).toEqual({ status: 'expired', usedRun: null });
    expect(await request(approval)).toBeNull();
    await sweep(district.harness.context);
    expect(district.harness.queue.jobs).toEqual([]);
    expect(await district.run()).toMatchObject({ status: 'held' });
  });

  describe('the configuration', () => {
    const keys = [{ id: 'k', key: randomBytes(32) }];
    const source = { type: 'sftp', host: 'sftp.riverside.example', username: 'riverside', password: 'hunter2' };
    const load = (sync: object) =>
      loadConfiguration(
        district.database,
        parseConfig({ districts: [{ id: 'riverside', syncs: [{ id: 'sis', source, ...sync }] }] }),
        keys,
      );

    beforeEach(() => load({}));

    it.each([
      ['another source', { source: { ...source, host: 'other.riverside.example' } }],
      ['another list of schools', { schools: [{ sisId: 'A' }, { sisId: 'B' }] }],
    ])('with %s: the approval is void', async (_, change) => {
      const approval = await approved(...ids('a', 3));
      expect((await load(change)).syncs).toMatchObject([{ id: 'sis', voidedApprovals: 1 }]);
      expect(await state(approval)).toEqual({ status: 'void', usedRun: null });
      expect(await request(approval)).toBeNull();
      // Loading the former configuration again does not bring it back.
      await load({});
      expect(await request(approval)).toBeNull();
      expect(await district.archived()).toEqual([]);
    });

    it.each([
      ['other credentials', { source: { ...source, password: 'hunter3' } }],
      ['another threshold', { deletionThreshold: 5 }],
    ])('with %s: the approval stands', async (_, change) => {
      const approval = await approved(...ids('a', 3));
      expect((await load(change)).syncs).toMatchObject([{ change: 'updated', voidedApprovals: 0 }]);
      await district.carryOut(approval);
      expect(await district.archived()).toEqual(ids('a', 3));
    });

    it('with another source: an open hold is void too, until a run confirms it', async () => {
      const hold = await district.heldWithout(...ids('a', 3));
      await load({ source: { ...source, host: 'other.riverside.example' } });
      await expect(district.approve(hold)).rejects.toThrow(
        /^Hold \d+ is void: the source or the schools of "sis" were changed since run \d+ looked at its records\. Run "rollbook sync sis"/,
      );
      await district.run();
      expect(await district.approve(hold)).toMatchObject({ recordCount: 3 });
    });
  });
});

it('guard §27: a run that is applied while an approval is being given waits for it, and takes it along', async () => {
  const hold = await district.heldWithout(...ids('a', 3));
  const payload = await startSync();
  for (const stage of ['fetch', 'diff', 'guard'] as const) await district.harness.step(stage, payload);
  const lock = await holdLock(district.url, 'LOCK TABLE hold_records IN ACCESS EXCLUSIVE MODE');
  const approving = district.approve(hold);
  await lock.waiters();
  const applying = district.harness.step('apply', payload);
  try {
    await lock.waiters(2);
  } finally {
    await lock.release();
  }
  const approval = await approving;
  expect(await applying).toEqual({ outcome: 'restarted', next: 'diff' });
  await district.harness.work();
  expect(await district.archived()).toEqual(ids('a', 3));
  expect(await state(approval)).toEqual({ status: 'used', usedRun: payload.runId });
  expect(await statuses()).toEqual(['approved']);
  expect(await district.harness.sql(`SELECT 1 FROM roster_changes WHERE action = 'archive'`)).toHaveLength(3);
});
