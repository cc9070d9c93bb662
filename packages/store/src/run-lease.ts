import type { SourceType } from '@rollbook/core';
import type { ActiveRun, RunKind, Stage } from '@rollbook/pipeline';
import type pg from 'pg';

export interface RunRow {
  readonly id: number;
  readonly district_id: string;
  readonly sync_id: string;
  readonly source_type: SourceType;
  readonly kind: RunKind;
  readonly approval_id: number | null;
  readonly undoes_run_id: number | null;
  readonly preview: boolean;
  readonly status: string;
  readonly stage: Stage;
  readonly round: number;
  readonly settings: unknown;
}

export const activeRun = (row: Pick<RunRow, 'id' | 'round' | 'stage' | 'source_type'>): ActiveRun => ({
  runId: row.id,
  round: row.round,
  stage: row.stage,
  sourceType: row.source_type,
});

const isUniqueViolation = (error: unknown): boolean => (error as { code?: string } | null)?.code === '23505';

export interface StageOfRun {
  readonly stage: Stage;
  readonly runId: number;
  readonly round: number;
}

/** A run that failed at this stage is opened again, unless its sync has a newer one; previews and runs are no match. */
export async function takeLease(pool: pg.Pool, job: StageOfRun, token: string): Promise<RunRow | undefined> {
  try {
    const { rows } = await pool.query<RunRow>(
      `UPDATE runs SET status = 'running', lease = $4, started_at = coalesce(started_at, now()), finished_at = NULL,
         reason = NULL, reasons = '{}', schools_not_found = '[]',
         message = CASE status WHEN 'failed' THEN NULL ELSE message END,
         advice = CASE status WHEN 'failed' THEN NULL ELSE advice END
       WHERE id = $1 AND stage = $2 AND round = $3
         AND (status IN ('queued', 'running') OR status = 'failed' AND NOT EXISTS (
           SELECT 1 FROM runs newer WHERE newer.sync_id = runs.sync_id AND newer.id > runs.id AND newer.preview = runs.preview))
       RETURNING *`,
      [job.runId, job.stage, job.round, token],
    );
    return rows[0];
  } catch (error) {
    if (isUniqueViolation(error)) return undefined;
    throw error;
  }
}

/** Where the run stands now, if it is active and beyond the job's stage. */
export async function successorOf(pool: pg.Pool, job: StageOfRun): Promise<ActiveRun | null> {
  const { rows } = await pool.query<RunRow>(
    `SELECT * FROM runs WHERE id = $1 AND status IN ('queued', 'running') AND NOT (round = $2 AND stage = $3)`,
    [job.runId, job.round, job.stage],
  );
  return rows[0] ? activeRun(rows[0]) : null;
}
