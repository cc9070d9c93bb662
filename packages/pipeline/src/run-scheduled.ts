import { UsageError } from '@rollbook/core';
import { SyncClosed } from './faults.ts';
import type { RequestedRun } from './ledger.ts';
import type { PipelineContext } from './ports.ts';
import { requestSync } from './request-sync.ts';

/** What became of a due time; kept with its job. */
export type Scheduled = { readonly runId: number; readonly created: boolean } | { readonly refused: true };

/**
 * Has a sync run that is due. A due time that starts no run says so in the log, and why (guard §40).
 *
 * @throws whatever went wrong, for the queue to try again.
 */
export async function runScheduled(
  context: Pick<PipelineContext, 'ledger' | 'queue' | 'log'>,
  syncId: string,
): Promise<Scheduled> {
  const { log } = context;
  try {
    const run = await requestSync(context, syncId, { trigger: 'schedule' });
    if (!run.created) log.info({ syncId, runId: run.runId }, notStarted(run));
    return { runId: run.runId, created: run.created };
  } catch (error) {
    if (error instanceof UsageError) {
      log[error instanceof SyncClosed ? 'info' : 'warn'](
        { syncId },
        `The run that is due was not started: ${error.message}`,
      );
      return { refused: true };
    }
    log.warn({ syncId, err: error }, 'The run that is due could not be requested, and will be tried again.');
    throw error;
  }
}

const notStarted = ({ runId, willFollow }: RequestedRun): string =>
  willFollow
    ? `The run that is due waits: run ${runId} carries out a decision, and it starts when that has ended.`
    : `The run that is due was not started: run ${runId} of the sync is active still.`;
