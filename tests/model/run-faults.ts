import { SyncError } from '@rollbook/core';
import type { Stage, StagePayload } from '@rollbook/pipeline';
import { PostgresRuns } from '@rollbook/store';
import type { PipelineHarness } from '../pipeline-harness.ts';
import { snapshotTables } from '../recovery/two-districts.ts';
import type { TestDatabase } from '../test-database.ts';
import type { DeliveredSource } from './delivered-source.ts';
import type { Fault } from './random-steps.ts';

/** What a fault needs that another than the run itself does. */
export interface Hands {
  readonly source: DeliveredSource;
  readonly payload: StagePayload;
  readonly typeIn: () => Promise<void>;
  readonly archiveByHand: () => Promise<void>;
  readonly approve: () => Promise<void>;
}

/**
 * Works off the stages of a run, and strikes once on the way.
 *
 * @returns whether the source broke off, so that the run failed for it.
 */
export async function workWithFault(
  harness: PipelineHarness,
  { database }: TestDatabase,
  fault: Fault | null,
  hands: Hands,
): Promise<boolean> {
  const { source } = hands;
  const isBroken = fault === 'wrong credentials' || fault === 'source away';
  source.beforeEnd = () => (isBroken ? Promise.reject(broken(fault)) : Promise.resolve());
  const strikes: Partial<Record<Fault, { readonly stage: Stage; readonly strike: () => Promise<unknown> }>> = {
    'snapshot dropped before diff': { stage: 'diff', strike: () => harness.sql('DELETE FROM snapshots') },
    'snapshot emptied before apply': {
      stage: 'apply',
      strike: async () => {
        for (const table of await snapshotTables(database)) await harness.sql(`TRUNCATE snapshot."${table}"`);
      },
    },
    'typed in before apply': { stage: 'apply', strike: hands.typeIn },
    'archived by hand before apply': { stage: 'apply', strike: hands.archiveByHand },
    'approved before apply': { stage: 'apply', strike: hands.approve },
  };
  const struck = fault === null ? undefined : strikes[fault];
  let isStruck = false;
  for (let job = harness.queue.jobs.shift(); job; job = harness.queue.jobs.shift()) {
    const { stage, payload } = job;
    if (struck?.stage === stage && !isStruck) {
      isStruck = true;
      await struck.strike();
    }
    if (fault === 'new process at every stage')
      Object.assign(harness.context, { ledger: new PostgresRuns(database.pool) });
    // It has the lease, and is never heard of again.
    if (fault === 'worker dies before its commit')
      await harness.context.ledger.begin({ stage, runId: payload.runId, round: payload.round });
    const step = (): Promise<unknown> => harness.step(stage, payload);
    if (fault === 'two workers at once') await Promise.all([step(), step()]);
    else
      await step().catch((error: unknown) => {
        if (!isBroken) throw error;
      });
    if (fault === 'every stage twice') await step();
  }
  return isBroken;
}

function broken(fault: Fault): SyncError {
  if (fault === 'wrong credentials')
    return new SyncError('wrong_credentials', 'The password was refused.', { advice: 'Enter another.' });
  return new SyncError('source_unavailable', 'The connection broke off.', { advice: 'Try again.' });
}
