import type pg from 'pg';
import { inTransaction } from './database.ts';
import { dropSnapshotTables } from './snapshots.ts';

/** How long a drop waits for whoever still uses the tables. */
const DROP_PATIENCE_MS = 1_000;

/**
 * Drops the snapshots of runs that are over. A failed run keeps its own for a day, because its job may be retried from
 * the dashboard; so does a preview, whose changes people may want to list.
 */
export async function dropFinishedSnapshots(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ run_id: number; table_prefix: string }>(
    `SELECT s.run_id, s.table_prefix FROM snapshots s JOIN runs r ON r.id = s.run_id
       WHERE r.status IN ('succeeded', 'held') AND NOT r.preview OR r.finished_at < now() - interval '1 day'`,
  );
  for (const { run_id, table_prefix } of rows) {
    if (!(await dropUnlessUsed(pool, table_prefix))) continue;
    await pool.query('DELETE FROM snapshots WHERE run_id = $1 AND table_prefix = $2', [run_id, table_prefix]);
  }
  await dropOrphans(pool);
}

/**
 * Drafts of workers that were killed: their prefix names the run, and that run has left fetch or was taken over. Those of
 * previews name the second they began in, and no preview takes six hours.
 */
async function dropOrphans(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ prefix: string }>(
    `SELECT DISTINCT substring(t.tablename from '^((?:r|preview)[0-9]+_[0-9a-f]+)_') AS prefix
       FROM pg_tables t
       WHERE t.schemaname = 'snapshot' AND t.tablename ~ '^(r|preview)[0-9]+_[0-9a-f]+_'
         AND (t.tablename !~ '^preview' OR substring(t.tablename from '^preview([0-9]+)')::bigint
              < extract(epoch FROM now() - interval '6 hours'))
         AND NOT EXISTS (SELECT 1 FROM snapshots s WHERE starts_with(t.tablename, s.table_prefix || '_'))
         AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.status IN ('queued', 'running') AND r.stage = 'fetch'
                         AND starts_with(t.tablename, 'r' || r.id || '_'))`,
  );
  for (const { prefix } of rows) await dropUnlessUsed(pool, prefix);
}

/** Leaves tables that somebody still uses, such as a worker that is cut off, to the next sweep: this one must go on. */
async function dropUnlessUsed(pool: pg.Pool, prefix: string): Promise<boolean> {
  try {
    await inTransaction(pool, async (sql) => {
      await sql.query(`SET LOCAL lock_timeout = ${DROP_PATIENCE_MS}`);
      await dropSnapshotTables(sql, prefix);
    });
    return true;
  } catch (error) {
    if (isLockTimeout(error)) return false;
    throw error;
  }
}

const isLockTimeout = (error: unknown): boolean => (error as { code?: string } | null)?.code === '55P03';
