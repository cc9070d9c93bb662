import { queueOf, type StagePayload } from './catalogue.ts';
import { SyncClosed } from './faults.ts';
import type { ActiveRun, RequestedRun, Trigger } from './ledger.ts';
import type { PipelineContext } from './ports.ts';

export interface SyncRequest {
  readonly trigger: Trigger;
  /** Stop after the guard: say what would be done, change nothing. */
  readonly preview?: boolean;
  /** Who asked, for the record. */
  readonly requestedBy?: string | null;
  /** Also while the sync is paused, and on blackout days (guard §30). */
  readonly anyway?: boolean;
}

/**
 * The one way a run begins, whoever asks. A sync that has an active run gets no second one: that run is returned, with
 * `created` false. If that run only carries out an approval or an undo, the sync follows (`willFollow`). A preview keeps
 * nobody waiting, but for another preview of the same sync.
 *
 * @throws UsageError if there is no such sync; SyncClosed if it does not run today. A preview may be made at any time.
 */
export async function requestSync(
  { ledger, queue }: Pick<PipelineContext, 'ledger' | 'queue'>,
  syncId: string,
  request: SyncRequest,
): Promise<RequestedRun> {
  const run = await ledger.request(syncId, {
    trigger: request.trigger,
    preview: request.preview ?? false,
    requestedBy: request.requestedBy ?? null,
    anyway: request.anyway ?? false,
  });
  await enqueueStage(queue, run);
  return run;
}

/**
 * Sees to it that an approval is carried out: by a run of its own, which does not look at the source, or by the run that
 * is active (`created` false).
 *
 * @returns null if there is nothing left to do: it was carried out, has expired, or is void.
 */
export async function requestApproval(
  { ledger, queue }: Pick<PipelineContext, 'ledger' | 'queue'>,
  approvalId: number,
  requestedBy: string | null = null,
): Promise<RequestedRun | null> {
  const run = await ledger.requestApproval(approvalId, requestedBy);
  if (run !== null) await enqueueStage(queue, run);
  return run;
}

/**
 * Starts the run of a sync that was due or asked for while an approval or an undo was carried out, if there is one and
 * nothing stands against it.
 */
export async function startWanted(
  { ledger, queue, log }: Pick<PipelineContext, 'ledger' | 'queue' | 'log'>,
  syncId: string,
): Promise<void> {
  try {
    const run = await ledger.startWanted(syncId);
    if (run === null) return;
    log.info({ syncId, runId: run.runId }, 'the run that was due or asked for meanwhile has been started');
    await enqueueStage(queue, run);
  } catch (error) {
    if (!(error instanceof SyncClosed)) throw error;
    log.info({ syncId }, `No run was started: ${error.message}`);
  }
}

export const payloadOf = ({ runId, round }: Pick<ActiveRun, 'runId' | 'round'>): StagePayload => ({
  version: 1,
  runId,
  round,
});

/** Makes sure that the job of a run's current stage exists. */
export async function enqueueStage(queue: PipelineContext['queue'], run: ActiveRun): Promise<void> {
  await queue.enqueue(queueOf(run.stage, run.sourceType), run.stage, payloadOf(run));
}
