import type { RecordCounts, RecordType, Withheld } from '@rollbook/core';
import {
  LeaseLost,
  SnapshotLost,
  nextStage,
  type Difference,
  type Failure,
  type Judgement,
  type Lease,
  type RunInfo,
  type RunOutcome,
  type SnapshotContents,
  type Stage,
  type StageSnapshot,
} from '@rollbook/pipeline';
import type { WithheldGroup } from './apply.ts';
import type { Sql } from './database.ts';
import { dropSnapshotTables } from './snapshots.ts';

/** Locks the run's row: whoever would take the lease waits until this commit is through. */
export async function fence(sql: Sql, lease: Lease): Promise<void> {
  const { rows } = await sql.query('SELECT 1 FROM runs WHERE id = $1 AND lease = $2 FOR UPDATE', [
    lease.runId,
    lease.token,
  ]);
  if (rows.length === 0) throw new LeaseLost(`the lease of run ${lease.runId} was taken`);
}

export async function advance(sql: Sql, lease: Lease, result: object | null): Promise<void> {
  await finishStage(sql, lease, result);
  const { rowCount } = await sql.query(
    'UPDATE runs SET stage = $3, lease = NULL, progress = NULL WHERE id = $1 AND lease = $2',
    [lease.runId, lease.token, nextStage(lease.stage)],
  );
  if (rowCount !== 1) throw new LeaseLost(`the lease of run ${lease.runId} was taken`);
}

export async function finishStage(sql: Sql, lease: Lease, result: object | null): Promise<void> {
  await sql.query(
    `UPDATE run_stages SET finished_at = clock_timestamp(), result = $4 WHERE run_id = $1 AND round = $2 AND stage = $3`,
    [lease.runId, lease.round, lease.stage, result && JSON.stringify(result)],
  );
}

export async function endRun(
  sql: Sql,
  lease: Lease,
  status: 'succeeded' | 'held',
  reason: 'threshold' | null,
  counts: Record<RecordType, RecordCounts>,
): Promise<RunOutcome> {
  await finishStage(sql, lease, null);
  await sql.query(
    `UPDATE runs SET status = $2, reason = $3, reasons = $4, counts = $5, lease = NULL, progress = NULL, finished_at = clock_timestamp()
     WHERE id = $1`,
    [lease.runId, status, reason, reason ? [reason] : [], JSON.stringify(counts)],
  );
  return { status, reason };
}

export async function endFailed(sql: Sql, runId: number, failure: Failure): Promise<void> {
  await sql.query(
    `UPDATE runs SET status = 'failed', reason = $2, reasons = ARRAY[$2], message = $3, advice = $4,
       schools_not_found = $5, lease = NULL, progress = NULL, finished_at = clock_timestamp() WHERE id = $1`,
    [runId, failure.reason, failure.message, failure.advice, JSON.stringify(failure.schoolsNotFound ?? [])],
  );
}

/** Makes a snapshot known, in place of the one the run may have had. */
export async function saveSnapshot(sql: Sql, lease: Lease, { prefix, contents }: StageSnapshot): Promise<void> {
  await sql.query(
    `INSERT INTO snapshots (run_id, round, table_prefix, contents) VALUES ($1, $2, $3, $4)
     ON CONFLICT (run_id) DO UPDATE SET round = excluded.round, table_prefix = excluded.table_prefix,
       contents = excluded.contents, completed_at = now()`,
    [lease.runId, lease.round, prefix, JSON.stringify(contents)],
  );
}

export async function dropFormerSnapshot(sql: Sql, runId: number): Promise<void> {
  const { rows } = await sql.query<{ table_prefix: string }>('SELECT table_prefix FROM snapshots WHERE run_id = $1', [
    runId,
  ]);
  if (rows[0]) await dropSnapshotTables(sql, rows[0].table_prefix);
}

export async function snapshotOf(sql: Sql, runId: number): Promise<StageSnapshot> {
  const { rows } = await sql.query<{ table_prefix: string; contents: SnapshotContents }>(
    'SELECT table_prefix, contents FROM snapshots WHERE run_id = $1',
    [runId],
  );
  const row = rows[0];
  if (!row) throw new SnapshotLost('the snapshot was dropped');
  return { prefix: row.table_prefix, contents: row.contents };
}

/** The latest result of a stage: after a restart from diff, fetch and its round stay as they were. */
export async function stageResult<R>(sql: Sql, run: RunInfo, stage: Stage): Promise<R> {
  const { rows } = await sql.query<{ result: R }>(
    `SELECT result FROM run_stages WHERE run_id = $1 AND stage = $2 AND finished_at IS NOT NULL
     ORDER BY round DESC LIMIT 1`,
    [run.id, stage],
  );
  if (!rows[0]) throw new SnapshotLost(`the result of ${stage} is missing`);
  return rows[0].result;
}

export const differenceOf = (sql: Sql, run: RunInfo): Promise<Difference> => stageResult<Difference>(sql, run, 'diff');

/** What `guard` leaves for `apply`. */
export interface GuardStageResult {
  readonly verdict: 'pass' | 'hold';
  readonly withheld: readonly WithheldGroup[];
  readonly withheldUpdates?: Withheld;
}

export const guardResult = ({ verdict, findings, updates }: Judgement): GuardStageResult => ({
  verdict,
  withheld: findings
    .filter((finding) => finding.withheld > 0)
    .map(({ recordType, school }) => ({ recordType, school })),
  withheldUpdates: updates.withheld,
});
