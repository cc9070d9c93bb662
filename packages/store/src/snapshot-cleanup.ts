import type pg from 'pg';
import { dropSnapshotTables } from './snapshots.ts';

/**
 * Drops the snapshots of runs that are over. A failed run keeps its own for a day: its job may be retried from the
 * dashboard.
 */
export async function dropFinishedSnapshots(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ run_id: number; table_prefix: string }>(
    `SELECT s.run_id, s.table_prefix FROM snapshots s JOIN runs r ON r.id = s.run_id
       WHERE r.status IN ('succeeded', 'held') OR r.status = 'failed' AND r.finished_at < now() - interval '1 day'`,
  );
  for (const { run_id, table_prefix } of rows) {
    await dropSnapshotTables(pool, table_prefix);
    await pool.query('DELETE FROM snapshots WHERE run_id = $1 AND table_prefix = $2', [run_id, table_prefix]);
  }
  await dropOrphans(pool);
}

/** Drafts of workers that were killed: their prefix names the run, and that run has left fetch or was taken over. */
async function dropOrphans(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ prefix: string }>(
    `SELECT DISTINCT substring(t.tablename from '^(r[0-9]+_[0-9a-f]+)_') AS prefix
       FROM pg_tables t
       WHERE t.schemaname = 'snapshot' AND t.tablename ~ '^r[0-9]+_[0-9a-f]+_'
         AND NOT EXISTS (SELECT 1 FROM snapshots s WHERE starts_with(t.tablename, s.table_prefix || '_'))
         AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.status IN ('queued', 'running') AND r.stage = 'fetch'
                         AND starts_with(t.tablename, 'r' || r.id || '_'))`,
  );
  for (const { prefix } of rows) await dropSnapshotTables(pool, prefix);
}
