import { UsageError } from '@rollbook/core';
import { enqueueStage, requestApproval, requestSync, type Trigger } from '@rollbook/pipeline';
import { approveHold, listHolds, listRuns, type Approval } from '@rollbook/store';
import type { Setting } from './setting.ts';

const ACTOR = 'demonstration';

/** Requests a run of a sync, as the scheduler or a person does. @returns its id. */
export async function sync({ context }: Setting, syncId: string, trigger: Trigger): Promise<number> {
  return (await requestSync(context, syncId, { trigger, requestedBy: ACTOR })).runId;
}

/**
 * Approves what waits of a sync, or a part of it, as `rollbook approve` does.
 *
 * @returns the id of the run that carries it out.
 * @throws UsageError if nothing waits.
 */
export async function approve(
  { context, database }: Setting,
  syncId: string,
  { comment, schools = null, relink = false }: Pick<Approval, 'comment'> & Partial<Approval>,
): Promise<number> {
  const hold = (await listHolds(database)).find((each) => each.sync === syncId);
  if (!hold) throw new UsageError('There is nothing to approve: no hold waits for a decision.');
  const { approvalId } = await approveHold(database.pool, {
    holdId: Number(hold.id),
    actor: ACTOR,
    comment,
    schools,
    recordTypes: null,
    except: [],
    relink,
  });
  const run = await requestApproval(context, approvalId, ACTOR);
  if (!run) throw new UsageError('The approval was not carried out.');
  return run.runId;
}

/**
 * Undoes the latest run of a sync, as `rollbook undo` does.
 *
 * @returns the id of the run that does it.
 * @throws UsageError if the run archived nothing.
 */
export async function undoLatest({ context, database }: Setting, syncId: string, comment: string): Promise<number> {
  const [latest] = await listRuns(database, { syncId, limit: 1 });
  const run = await context.ledger.requestUndo({ runId: Number(latest?.id), actor: ACTOR, comment });
  await enqueueStage(context.queue, run);
  return run.runId;
}
