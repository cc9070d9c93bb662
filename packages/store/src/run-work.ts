import { randomBytes } from 'node:crypto';
import type { HoldEvidence, RecordCounts, RecordType } from '@rollbook/core';
import type { CompareOptions, Difference, Lease, RunInfo, RunOutcome } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { markApplied } from './applied-run.ts';
import { apply } from './apply.ts';
import { diffApprovals } from './approval-diff.ts';
import { changesTable } from './changes.ts';
import { diff } from './diff.ts';
import { firstWithholdingRun, readEvidence } from './hold-evidence.ts';
import { settleApprovals } from './approval-outcomes.ts';
import { endMarksOfArchived, settleMarks } from './delta-marks.ts';
import { settleHold } from './holds.ts';
import { planForChangesOf, planForRun } from './plans.ts';
import {
  differenceOf,
  dropFormerSnapshot,
  endRun,
  saveSnapshot,
  snapshotOf,
  stageResult,
  type GuardStageResult,
} from './run-commit.ts';
import { writeWarnings } from './run-details.ts';
import { verifySnapshot, verifyTables } from './snapshot-verify.ts';
import { useRaise } from './threshold-raises.ts';
import { undo } from './undo.ts';
import { useUpdateRaise } from './update-raises.ts';

/** A prefix for tables of a run that belong to it alone. */
export const snapshotPrefix = (owner: string): string => `${owner}_${randomBytes(5).toString('hex')}`;

function compareOptions(run: RunInfo, otherOrgs: readonly string[]): CompareOptions {
  return {
    districtId: run.districtId,
    syncId: run.syncId,
    scope: { linked: run.settings.schools?.map(({ sisId }) => sisId) ?? null, otherOrgs },
    settings: run.settings,
  };
}

export async function diffRun(sql: PoolClient, run: RunInfo, now: Date): Promise<Difference> {
  const { prefix, contents } = await snapshotOf(sql, run.id);
  return diff(sql, { prefix, contents, now, ...compareOptions(run, contents.otherOrgs) });
}

/** The change set stands beside an empty snapshot, so that whatever comes after finds it and drops it. */
export async function diffApprovalRun(sql: PoolClient, lease: Lease, run: RunInfo, now: Date): Promise<Difference> {
  await dropFormerSnapshot(sql, run.id);
  const prefix = snapshotPrefix(`r${run.id}`);
  const { difference, contents } = await diffApprovals(sql, { prefix, now, ...compareOptions(run, []) });
  await saveSnapshot(sql, lease, { prefix, contents });
  return difference;
}

/** @throws SnapshotLost if the tables are not whole any more. */
export async function readRunEvidence(sql: PoolClient, run: RunInfo, now: Date): Promise<HoldEvidence> {
  const { prefix, contents } = await snapshotOf(sql, run.id);
  const { groups, changeCount } = await differenceOf(sql, run);
  await verifySnapshot(sql, prefix, contents);
  await verifyTables(sql, new Map([[changesTable(prefix), changeCount]]));
  await planForRun(sql, { syncId: run.syncId, contents, prefix });
  const sinceRunId = await firstWithholdingRun(sql, { syncId: run.syncId, prefix, runId: run.id });
  const { districtId, syncId } = run;
  return readEvidence(sql, { prefix, contents, districtId, syncId, groups, sinceRunId }, now);
}

type Applied = RunOutcome & { readonly counts: Record<RecordType, RecordCounts> };

export async function applyRun(sql: PoolClient, lease: Lease, run: RunInfo, now: Date): Promise<Applied> {
  const { prefix, contents } = await snapshotOf(sql, run.id);
  const difference = await differenceOf(sql, run);
  const { verdict, ...withheld } = await stageResult<GuardStageResult>(sql, run, 'guard');
  const options = compareOptions(run, contents.otherOrgs);
  const input = { runId: run.id, prefix, contents, difference, ...withheld, ...options };
  await planForRun(sql, input);
  const counts = await apply(sql, input);
  await settleApprovals(sql, input, run.kind === 'approval');
  // The window of the runs that follow begins here.
  await sql.query('UPDATE runs SET applied_at = $2 WHERE id = $1', [run.id, now]);
  if (run.kind === 'sync') {
    await markApplied(sql, run, difference.overtaken > 0 ? null : contents.revision);
    await settleMarks(sql, input);
    await useRaise(sql, input);
    await useUpdateRaise(sql, run.settings, run.id, difference);
  } else await markApplied(sql, run, null);
  await settleHold(sql, input);
  await endMarksOfArchived(sql, input);
  const isHeld = verdict === 'hold';
  const outcome = await endRun(sql, lease, isHeld ? 'held' : 'succeeded', isHeld ? 'threshold' : null, counts);
  return { ...outcome, counts };
}

export async function applyUndo(sql: PoolClient, lease: Lease, run: RunInfo): Promise<Applied> {
  const { id: runId, undoesRunId, districtId, syncId } = run;
  await planForChangesOf(sql, undoesRunId ?? 0);
  const { counts, warnings } = await undo(sql, { runId, undoesRunId: undoesRunId ?? 0, districtId, syncId });
  await writeWarnings(sql, runId, 'apply', warnings);
  await markApplied(sql, run, null);
  return { ...(await endRun(sql, lease, 'succeeded', null, counts)), counts };
}
