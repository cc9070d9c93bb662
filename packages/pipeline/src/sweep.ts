import { queueOf } from './catalogue.ts';
import type { PipelineContext } from './ports.ts';
import { enqueueStage, payloadOf, requestApproval } from './request-sync.ts';

/**
 * Finds runs whose stage has no job, as after a lost queue or a worker killed between commit and enqueue, and gives them
 * one; ends runs whose job was given up by the queue itself; has approvals carried out that nobody took care of; drops
 * what finished runs left behind.
 */
export async function sweep({ ledger, queue, log }: PipelineContext): Promise<void> {
  for (const run of await ledger.active()) {
    const name = queueOf(run.stage, run.sourceType);
    const state = await queue.state(name, run.stage, payloadOf(run));
    if (state === 'waiting') continue;
    if (state === 'failed') {
      await ledger.abandon(run, {
        reason: 'internal',
        message: `The ${run.stage} step was given up: its worker stopped again and again.`,
        advice:
          'Nothing was changed by the failed step. Operator: see the log of the workers (memory is the usual cause), then retry the job.',
      });
      log.error({ runId: run.runId, stage: run.stage }, 'the job was given up by the queue');
      continue;
    }
    // Completed, yet the run still stands at this stage: its commit was undone, as by a database restored from a backup.
    if (state === 'completed') await queue.remove(name, run.stage, payloadOf(run));
    await enqueueStage(queue, run);
    log.warn({ runId: run.runId, stage: run.stage }, 'the job was missing and has been put back');
  }
  // Given while another run was active that did not come to its end, or by somebody who was cut off.
  for (const approvalId of await ledger.waitingApprovals()) await requestApproval({ ledger, queue }, approvalId);
  await ledger.cleanUp();
}
