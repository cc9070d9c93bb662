import { SyncError, explainHold, type HoldEvidence, type HoldExplanation } from '@rollbook/core';
import type { StagePayload } from './catalogue.ts';
import { isDatabaseAway } from './database-away.ts';
import { LeaseLost, RosterMoved, SnapshotLost } from './faults.ts';
import { judgeRun, type WholeJudgement } from './judge-updates.ts';
import type { ActiveRun, JudgeAgain, Judgement, Lease, RunInfo, RunOutcome } from './ledger.ts';
import { whileLeaseHolds } from './lease-watch.ts';
import { loadSnapshot } from './load-snapshot.ts';
import type { PipelineContext } from './ports.ts';
import { enqueueStage, startWanted } from './request-sync.ts';
import { nextStage, type Stage } from './stage.ts';

/** What became of a stage's job; kept with the job, so it holds no more than this. */
export type StageResult =
  | { readonly outcome: 'continued'; readonly next: Stage }
  | { readonly outcome: 'ended'; readonly run: RunOutcome }
  | { readonly outcome: 'restarted'; readonly next: Stage }
  | { readonly outcome: 'stale' };

/** `attempt` counts from 1; on the last one a failure that a retry might have helped ends the run. */
export interface StageJob {
  readonly stage: Stage;
  readonly payload: StagePayload;
  readonly isLastAttempt: boolean;
  readonly signal: AbortSignal;
}

type StageWork = (
  context: PipelineContext,
  lease: Lease,
  run: RunInfo,
  signal: AbortSignal,
) => Promise<RunOutcome | null>;

const WORK: Readonly<Record<Stage, StageWork>> = { fetch: runFetch, diff: runDiff, guard: runGuard, apply: runApply };

/**
 * Runs one stage of one run and sees to its successor. May be run twice, at once or after a kill: only the holder of the
 * run's lease commits, and a stage that is done already only makes sure that the next job exists.
 *
 * @returns also for a run that fails for a reason no retry can change: that is a result.
 * @throws SyncError, or whatever went wrong, for the queue to try again; the signal's reason when it is aborted.
 */
export async function runStage(context: PipelineContext, job: StageJob): Promise<StageResult> {
  const { ledger, log } = context;
  const start = await ledger
    .begin({ stage: job.stage, runId: job.payload.runId, round: job.payload.round })
    .catch(rethrowKnown);
  if (start.kind === 'stale') {
    if (start.active) await enqueue(context, start.active);
    return { outcome: 'stale' };
  }
  const { lease, run } = start;
  let ended: RunOutcome | null;
  try {
    ended = await WORK[job.stage](context, lease, run, job.signal);
  } catch (error) {
    const settled = await settle(context, { lease, run }, job, error).catch((unsettled: unknown): StageResult => {
      if (job.signal.aborted) throw unsettled;
      if (!(unsettled instanceof LeaseLost)) return rethrowKnown(unsettled);
      log.info({ runId: run.id, stage: job.stage }, 'another worker took the stage over');
      return { outcome: 'stale' };
    });
    if (settled.outcome === 'ended') await startFollower(context, run);
    return settled;
  }
  if (ended) {
    await startFollower(context, run);
    return { outcome: 'ended', run: ended };
  }
  const next = nextStage(job.stage) as Stage;
  await enqueue(context, { runId: run.id, round: run.round, stage: next, sourceType: run.sourceType });
  return { outcome: 'continued', next };
}

/** What waited for a run that looks at no data. Should this fail, the sweep does it. */
async function startFollower(context: PipelineContext, { id, kind, syncId }: RunInfo): Promise<void> {
  if (kind === 'sync') return;
  await startWanted(context, syncId).catch((error: unknown) =>
    context.log.warn({ runId: id, syncId, err: error }, 'the run that is wanted was not started, and will be'),
  );
}

/** The stage is committed by now: should this fail, the job's next attempt, or else the sweep, does it again. */
const enqueue = ({ queue }: PipelineContext, run: ActiveRun): Promise<void> =>
  enqueueStage(queue, run).catch(rethrowKnown);

/** What becomes of a stage that was not committed. @throws LeaseLost, SyncError, or what the ledger says. */
async function settle(
  context: PipelineContext,
  { lease, run }: { readonly lease: Lease; readonly run: RunInfo },
  job: StageJob,
  error: unknown,
): Promise<StageResult> {
  if (error instanceof LeaseLost) throw error;
  const restart = restartOf(error, run);
  if (restart) {
    const again = await context.ledger.restart(lease, restart);
    context.log.warn({ runId: lease.runId, stage: lease.stage, next: restart }, (error as Error).message);
    await enqueue(context, again);
    return { outcome: 'restarted', next: restart };
  }
  if (job.signal.aborted) throw error;
  return settleFailure(context, lease, job, error);
}

/** A run that looks at no data has nothing to fetch again. */
function restartOf(error: unknown, { kind }: RunInfo): 'fetch' | 'diff' | null {
  if (error instanceof SnapshotLost) return kind === 'sync' ? 'fetch' : 'diff';
  return error instanceof RosterMoved ? 'diff' : null;
}

/** Ends the run where a retry cannot help or none is left; otherwise the error goes on to the queue. */
async function settleFailure(
  context: PipelineContext,
  lease: Lease,
  job: StageJob,
  error: unknown,
): Promise<StageResult> {
  const failure = error instanceof SyncError ? error : internalError(error);
  const isFinal = failure.disposition === 'give-up' || (failure.disposition === 'retry' && job.isLastAttempt);
  await (isFinal ? context.ledger.fail(lease, failure) : noteRetry(context, lease, failure));
  if (failure.reason === 'internal')
    context.log.error(
      { runId: lease.runId, stage: lease.stage, err: error },
      'the stage failed for a reason of its own',
    );
  if (failure.disposition !== 'give-up') throw failure;
  return { outcome: 'ended', run: { status: 'failed', reason: failure.reason } };
}

async function noteRetry({ ledger, log }: PipelineContext, lease: Lease, failure: SyncError): Promise<void> {
  await ledger.progress(lease, `will be tried again: ${failure.message}`).catch((error: unknown) => {
    if (error instanceof LeaseLost) throw error;
  });
  log.warn({ runId: lease.runId, stage: lease.stage, reason: failure.reason }, failure.message);
}

/** A database that is away comes back: waiting for it costs no attempt. */
const AWAY_RETRY_MS = 2_000;

/** @throws SyncError: the error itself, or what stands for it. */
function rethrowKnown(error: unknown): never {
  throw error instanceof SyncError ? error : internalError(error);
}

/** Keeps the message of an unforeseen error out of queues and pages: nobody knows what it holds. It stays in the cause. */
function internalError(cause: unknown): SyncError {
  const code = (cause as { code?: unknown } | null)?.code;
  const detail = typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? ` (${code})` : '';
  return new SyncError('internal', `Something went wrong in Rollbook itself${detail}.`, {
    advice:
      'Nothing was changed by the failed step. Operator: see the log of the worker for the cause, then retry the job.',
    cause,
    ...(isDatabaseAway(cause) && { disposition: 'back-off' as const, retryAfterMs: AWAY_RETRY_MS }),
  });
}

/** A run that was sent back so often takes all rows with it, so that it has no more to go back for (guard §40). */
const WITHOUT_RECOGNITION_FROM_ROUND = 3;

async function runFetch(
  context: PipelineContext,
  lease: Lease,
  run: RunInfo,
  outer: AbortSignal,
): Promise<RunOutcome | null> {
  const { ledger, snapshots } = context;
  const source = await context.openSource(run.syncId, run.settings.roster);
  const options = {
    source,
    snapshots,
    runId: run.id,
    districtId: run.districtId,
    syncId: run.syncId,
    settings: run.settings,
    appliedRevision: await ledger.appliedRevision(run),
    recognises: run.round < WITHOUT_RECOGNITION_FROM_ROUND,
  };
  const snapshot = await whileLeaseHolds(context, lease, outer, (signal, onProgress) =>
    loadSnapshot({ ...options, signal, onProgress }),
  );
  if (!snapshot) return ledger.commitUnchanged(lease, run);
  try {
    await ledger.commitFetch(lease, { prefix: snapshot.prefix, contents: snapshot.contents }, snapshot.warnings);
  } catch (error) {
    await snapshot.discard().catch(() => undefined);
    throw error;
  }
  snapshot.release();
  return null;
}

async function runDiff({ ledger }: PipelineContext, lease: Lease, run: RunInfo): Promise<null> {
  await ledger.commitDiff(lease, run);
  return null;
}

async function runGuard(context: PipelineContext, lease: Lease, run: RunInfo): Promise<RunOutcome | null> {
  const { ledger } = context;
  const { difference, contents } = await ledger.difference(run);
  const whole = judgeRun(difference, contents, run.settings, run.kind);
  const judgement = await judgementOf(context, run, whole, () => ledger.evidence(run));
  if (judgement !== null) return ledger.commitGuard(lease, run, judgement);
  const { archives: result, message, advice } = whole;
  await ledger.fail(lease, {
    reason: 'schools_not_found',
    message: message as string,
    advice: advice as string,
    schoolsNotFound: result.schoolsNotFound.map(({ sisId, name, nearest }) => ({ sisId, name, nearest: [...nearest] })),
    findings: result.findings,
  });
  return { status: 'failed', reason: 'schools_not_found' };
}

/** Null: nothing at all may be applied. */
async function judgementOf(
  context: PipelineContext,
  run: RunInfo,
  { archives, updates, verdict, message, advice }: WholeJudgement,
  evidence: () => Promise<HoldEvidence>,
): Promise<Judgement | null> {
  if (verdict === 'reject') return null;
  const explanations = archives.verdict === 'hold' ? await explanationsOf(context, run, evidence) : [];
  return { verdict, findings: archives.findings, updates, message, advice, explanations };
}

/** A hold stands without an explanation, and must not wait for one. */
async function explanationsOf(
  { log }: PipelineContext,
  run: RunInfo,
  evidence: () => Promise<HoldEvidence>,
): Promise<HoldExplanation[]> {
  try {
    return explainHold(await evidence());
  } catch (error) {
    if (error instanceof SnapshotLost || isDatabaseAway(error)) throw error;
    log.error({ runId: run.id, err: error }, 'the hold could not be explained');
    return [];
  }
}

async function runApply(context: PipelineContext, lease: Lease, run: RunInfo): Promise<RunOutcome> {
  const judgeAgain: JudgeAgain = ({ difference, contents, evidence }) =>
    judgementOf(context, run, judgeRun(difference, contents, run.settings, run.kind), evidence);
  const { status, reason } = await context.ledger.commitApply(lease, run, judgeAgain);
  return { status, reason };
}
