import { queueOf, type StagePayload } from './catalogue.ts';
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
 * `created` false.
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

export const payloadOf = ({ runId, round }: Pick<ActiveRun, 'runId' | 'round'>): StagePayload => ({
  version: 1,
  runId,
  round,
});

/** Makes sure that the job of a run's current stage exists. */
export async function enqueueStage(queue: PipelineContext['queue'], run: ActiveRun): Promise<void> {
  await queue.enqueue(queueOf(run.stage, run.sourceType), run.stage, payloadOf(run));
}
