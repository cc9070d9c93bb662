import { queueOf } from './catalogue.ts';
import type { ActiveRun } from './ledger.ts';
import type { PipelineContext } from './ports.ts';
import { enqueueStage, payloadOf, requestApproval, startWanted } from './request-sync.ts';

/**
 * Finds runs whose stage has no job, as after a lost queue or a worker killed between commit and enqueue, and gives them
 * one; ends runs whose job was given up by the queue itself; has approvals carried out that nobody took care of, and runs
 * started that were wanted meanwhile; drops what finished runs left behind. What fails is logged, and stops nothing else:
 * the next sweep tries it again.
 */
export async function sweep(context: PipelineContext): Promise<void> {
  const { ledger } = context;
  await each(context, 'active runs', () => ledger.active(), {
    fieldsOf: ({ runId }) => ({ runId }),
    sweepOne: (run) => sweepRun(context, run),
  });
  // Given while another run was active that did not come to its end, or by somebody who was cut off.
  await each(context, 'approvals', () => ledger.waitingApprovals(), {
    fieldsOf: (approvalId) => ({ approvalId }),
    sweepOne: (approvalId) => requestApproval(context, approvalId),
  });
  await each(context, 'wanted runs', () => ledger.wantedSyncs(), {
    fieldsOf: (syncId) => ({ syncId }),
    sweepOne: (syncId) => startWanted(context, syncId),
  });
  await attempt(context, {}, 'the tables of finished runs', () => ledger.cleanUp());
}

interface Sweeping<T> {
  readonly fieldsOf: (item: T) => object;
  readonly sweepOne: (item: T) => Promise<unknown>;
}

async function each<T>(
  context: PipelineContext,
  what: string,
  list: () => Promise<readonly T[]>,
  { fieldsOf, sweepOne }: Sweeping<T>,
): Promise<void> {
  await attempt(context, {}, what, async () => {
    for (const item of await list()) await attempt(context, fieldsOf(item), what, () => sweepOne(item));
  });
}

async function attempt(
  { log }: PipelineContext,
  fields: object,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn({ ...fields, err: error }, `the sweep of ${what} failed here, and will be repeated`);
  }
}

async function sweepRun({ ledger, queue, log }: PipelineContext, run: ActiveRun): Promise<void> {
  const name = queueOf(run.stage, run.sourceType);
  const state = await queue.state(name, run.stage, payloadOf(run));
  if (state === 'waiting') return;
  if (state === 'failed') {
    await ledger.abandon(run, {
      reason: 'internal',
      message: `The ${run.stage} step was given up: its worker stopped again and again.`,
      advice:
        'Nothing was changed by the failed step. Operator: see the log of the workers (memory is the usual cause), then retry the job.',
    });
    log.error({ runId: run.runId, stage: run.stage }, 'the job was given up by the queue');
    return;
  }
  // Completed, yet the run still stands at this stage: its commit was undone, as by a database restored from a backup.
  if (state === 'completed') await queue.remove(name, run.stage, payloadOf(run));
  await enqueueStage(queue, run);
  log.warn({ runId: run.runId, stage: run.stage }, 'the job was missing and has been put back');
}
