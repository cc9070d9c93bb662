import {
  payloadOf,
  requestApproval,
  requestSync,
  runScheduled,
  runStage,
  sweep,
  type PipelineContext,
} from '@rollbook/pipeline';
import { claimPerson, pauseSync, readRun } from '@rollbook/store';
import { DecidedDistrict, ids } from './decided-district.ts';

let district: DecidedDistrict;
let logged: { readonly fields: object; readonly message: string }[];
/** As a worker has it, with a log that is read. */
let context: PipelineContext;

beforeAll(async () => {
  district = await DecidedDistrict.create('runs_beside');
}, 30_000);
afterAll(() => district.drop(), 30_000);
beforeEach(async () => {
  await district.begin();
  logged = [];
  const note = (fields: object, message: string): void => void logged.push({ fields, message });
  context = { ...district.harness.context, log: { info: note, warn: note, error: note } };
});

const request = (preview = false) => requestSync(context, 'sis', { trigger: 'cli', preview });
const jobs = () => district.harness.queue.jobs;
const resultOf = (runId: number) => district.harness.result(runId);
const runs = (): Promise<{ id: number; kind: string; status: string; trigger: string }[]> =>
  district.harness.sql('SELECT id, kind, status, trigger FROM runs ORDER BY id');

/** Works off the queue, a stage of each run in turn, as several workers would. */
async function work(): Promise<void> {
  for (let job = jobs().shift(); job; job = jobs().shift())
    await runStage(context, { ...job, isLastAttempt: true, signal: new AbortController().signal });
}

/** A run of an approval that waits for its worker. */
async function queuedApproval(): Promise<number> {
  const { approvalId } = await district.approve(await district.heldWithout(...ids('a', 5)));
  const run = await requestApproval(context, approvalId, 'pat');
  return run?.runId as number;
}

describe('guard §40: a preview excludes nothing', () => {
  it('of the same sync: both see the same data, and only the run writes', async () => {
    district.roster.removeStudents('a20').student('a21', 'A');
    const preview = await request(true);
    const run = await request();
    expect([preview.created, run.created]).toEqual([true, true]);
    await work();
    const changes = { created: 1, archived: 1, unchanged: 39 };
    expect(await resultOf(run.runId)).toMatchObject({ status: 'succeeded', counts: { students: changes } });
    // The run was applied after the preview had compared, or before: then there was nothing left to do.
    expect(await resultOf(preview.runId)).toMatchObject({ status: 'succeeded' });
    expect(await district.harness.count('students')).toBe(40);
  });

  it('and shows what the run left if that was applied while it read', async () => {
    district.roster.removeStudents('a20').student('a21', 'A');
    const preview = await request(true);
    let hasRun = false;
    district.roster.beforeEnd = async () => {
      if (hasRun) return;
      hasRun = true;
      const [job] = jobs().splice(0);
      expect(job).toBeUndefined();
      const run = await request();
      await work();
      expect(await resultOf(run.runId)).toMatchObject({ status: 'succeeded' });
    };
    await work();
    expect(await resultOf(preview.runId)).toMatchObject({
      status: 'succeeded',
      counts: { students: { created: 0, archived: 0, unchanged: 40 } },
    });
    expect((await readRun(district.database, preview.runId)).round).toBe(2);
  });

  it('but another preview: that one is given back', async () => {
    const first = await request(true);
    expect(await request(true)).toMatchObject({ runId: first.runId, created: false, willFollow: false });
  });

  it('keeps no due run waiting, no approval and no undo', async () => {
    await request(true);
    expect(await runScheduled(context, 'sis')).toMatchObject({ created: true });
    await work();
    const { approvalId } = await district.approve(await district.heldWithout(...ids('a', 5)));
    await request(true);
    expect(await district.ledger.waitingApprovals()).toEqual([approvalId]);
    const carried = await requestApproval(context, approvalId, 'pat');
    expect(carried).toMatchObject({ created: true });
    await work();
    expect(await district.harness.count('students')).toBe(35);
    await request(true);
    const undone = await district.ledger.requestUndo({ runId: carried?.runId as number, actor: 'pat', comment: null });
    jobs().push({ stage: 'apply', payload: payloadOf(undone) });
    await work();
    expect(await district.harness.count('students')).toBe(40);
    expect(logged.filter(({ message }) => message.includes('due'))).toEqual([]);
  });

  it('carries out no approval', async () => {
    const { approvalId } = await district.approve(await district.heldWithout(...ids('a', 5)));
    const preview = await request(true);
    await work();
    expect(await resultOf(preview.runId)).toMatchObject({ status: 'succeeded' });
    expect(await district.harness.count('students')).toBe(40);
    expect(await district.ledger.waitingApprovals()).toEqual([approvalId]);
  });

  it('that failed is tried again beside a newer run, and a run beside a newer preview', async () => {
    for (const preview of [true, false]) {
      district.roster.beforeEnd = () => Promise.reject(new Error('away'));
      const failed = await request(preview);
      await work().catch(() => undefined);
      expect(await resultOf(failed.runId)).toMatchObject({ status: 'failed' });
      district.roster.beforeEnd = () => Promise.resolve();
      await request(!preview);
      await work();
      jobs().push({ stage: 'fetch', payload: payloadOf(failed) });
      await work();
      expect(await resultOf(failed.runId)).toMatchObject({ status: 'succeeded' });
    }
  });
});

describe('guard §40: the run that was due meanwhile', () => {
  it('follows the run of an approval, and looks at the data', async () => {
    const approvalRun = await queuedApproval();
    district.roster.student('a21', 'A');
    expect(await runScheduled(context, 'sis')).toEqual({ runId: approvalRun, created: false });
    expect(logged).toMatchObject([
      {
        fields: { syncId: 'sis', runId: approvalRun },
        message: `The run that is due waits: run ${approvalRun} carries out a decision, and it starts when that has ended.`,
      },
    ]);
    await work();
    expect((await runs()).slice(-2)).toMatchObject([
      { id: approvalRun, kind: 'approval', status: 'succeeded' },
      { kind: 'sync', status: 'succeeded', trigger: 'schedule' },
    ]);
    expect(await district.harness.count('students')).toBe(36);
    expect(await district.harness.sql('SELECT 1 FROM wanted_runs')).toEqual([]);
  });

  it('follows an undo, once, however often it was asked for', async () => {
    const approvalRun = await queuedApproval();
    await work();
    await district.ledger.requestUndo({ runId: approvalRun, actor: 'pat', comment: null });
    for (let i = 0; i < 3; i++) expect(await request()).toMatchObject({ created: false, willFollow: true });
    const before = (await runs()).length;
    const [undo] = await district.ledger.active();
    jobs().push({ stage: 'apply', payload: payloadOf(undo!) });
    await work();
    expect((await runs()).slice(before)).toMatchObject([{ kind: 'sync', trigger: 'cli' }]);
  });

  it('is started by the sweep if the worker died that ended the other', async () => {
    const approvalRun = await queuedApproval();
    await runScheduled(context, 'sis');
    const before = (await runs()).length;
    await district.ledger.abandon((await district.ledger.active())[0]!, {
      reason: 'internal',
      message: 'its worker stopped',
      advice: 'look',
    });
    expect(await district.ledger.wantedSyncs()).toEqual(['sis']);
    await sweep(context);
    expect(await resultOf(approvalRun)).toMatchObject({ status: 'failed' });
    // The approval stands still, and goes first; the wish waits for its end once more, or is what carries it out.
    await work();
    await sweep(context);
    await work();
    expect((await runs()).slice(before).map(({ kind }) => kind)).toContain('sync');
    expect(await district.harness.sql('SELECT 1 FROM wanted_runs')).toEqual([]);
    expect(await district.harness.count('students')).toBe(35);
  });

  it('is no second one beside a run of the sync, and the log says why', async () => {
    const { runId } = await request();
    expect(await runScheduled(context, 'sis')).toEqual({ runId, created: false });
    expect(logged).toMatchObject([
      {
        fields: { syncId: 'sis' },
        message: `The run that is due was not started: run ${runId} of the sync is active still.`,
      },
    ]);
    expect(await district.harness.sql('SELECT 1 FROM wanted_runs')).toEqual([]);
    await work();
  });

  it('is not started while the sync is paused or gone, and the log says so', async () => {
    await queuedApproval();
    await runScheduled(context, 'sis');
    const paused = { syncId: 'sis', until: '2200-01-01', what: 'all', actor: 'pat', comment: null } as const;
    await pauseSync(district.database.pool, paused, new Date());
    const before = (await runs()).length;
    await work();
    expect((await runs()).length).toBe(before);
    expect(await runScheduled(context, 'sis')).toEqual({ refused: true });
    expect(await runScheduled(context, 'sos')).toEqual({ refused: true });
    expect(logged.slice(1).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^No run was started: "sis" does not run today/),
      expect.stringMatching(/^The run that is due was not started: "sis" does not run today/),
      'The run that is due was not started: There is no sync "sos".',
    ]);
  });
});

it('guard §40: the run of an approval ends although people act by hand before each of its steps', async () => {
  const approvalRun = await queuedApproval();
  let acts = 0;
  for (let job = jobs().shift(); job; job = jobs().shift()) {
    await claimPerson(district.database.pool, {
      districtId: 'riverside',
      recordType: 'students',
      sisId: `b${++acts}`,
      actor: 'pat',
    });
    await runStage(context, { ...job, isLastAttempt: true, signal: new AbortController().signal });
  }
  expect(await resultOf(approvalRun)).toMatchObject({ status: 'succeeded', counts: { students: { archived: 5 } } });
  expect((await readRun(district.database, approvalRun)).round).toBe(3);
  expect(await district.archived()).toEqual(ids('a', 5));
});
