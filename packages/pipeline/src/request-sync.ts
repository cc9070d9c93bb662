import { queueOf, type StagePayload } from './catalogue.ts';
import type { ActiveRun, Trigger } from './ledger.ts';
import type { PipelineContext } from './ports.ts';

export interface SyncRequest {
  readonly trigger: Trigger;
  /** Stop after the guard: say what would be done, change nothing. */
  readonly preview?: boolean;
  /** Who asked, for the record. */
  readonly requestedBy?: string | null;
}

/**
 * The one way a run begins, whoever asks. A sync that has an active run gets no second one: that run is returned, with
 * `created` false.
 *
 * @throws UsageError if there is no such sync.
 */
export async function requestSync(
  { ledger, queue }: Pick<PipelineContext, 'ledger' | 'queue'>,
  syncId: string,
  request: SyncRequest,
): Promise<ActiveRun & { readonly created: boolean }> {
  const run = await ledger.request(syncId, {
    trigger: request.trigger,
    preview: request.preview ?? false,
    requestedBy: request.requestedBy ?? null,
  });
  await enqueueStage(queue, run);
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
