import { SyncClosed, type RequestedRun, type Trigger } from '@rollbook/pipeline';
import type pg from 'pg';
import { inTransaction } from './database.ts';
import { insertSyncRun, nextRun, refuseClosed, type SyncRunRequest } from './run-request.ts';

interface WantedRun {
  readonly trigger: Trigger;
  readonly anyway: boolean;
  readonly requestedBy: string | null;
}

/** Keeps that a run was due or asked for while an approval or an undo was carried out. Of several the first one counts. */
export async function wantRun(pool: pg.Pool, syncId: string, request: SyncRunRequest): Promise<void> {
  await pool.query(
    `INSERT INTO wanted_runs (sync_id, trigger, anyway, requested_by) VALUES ($1, $2, $3, $4)
     ON CONFLICT (sync_id) DO UPDATE SET anyway = wanted_runs.anyway OR excluded.anyway`,
    [syncId, request.trigger, request.anyway ?? false, request.requestedBy],
  );
}

/** See RunLedger. */
export async function wantedSyncs(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ syncId: string }>(
    `SELECT w.sync_id AS "syncId" FROM wanted_runs w
     WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.sync_id = w.sync_id AND r.status IN ('queued', 'running') AND NOT r.preview)
     ORDER BY w.wanted_at, w.sync_id`,
  );
  return rows.map(({ syncId }) => syncId);
}

/** See RunLedger. */
export async function startWanted(pool: pg.Pool, syncId: string, now: Date): Promise<RequestedRun | null> {
  const started = await inTransaction(pool, async (sql) => {
    const { rows } = await sql.query<WantedRun>(
      `SELECT trigger, anyway, requested_by AS "requestedBy" FROM wanted_runs WHERE sync_id = $1 FOR UPDATE`,
      [syncId],
    );
    const wanted = rows[0];
    if (!wanted) return null;
    const next = await nextRun(sql, syncId, now);
    try {
      if (!wanted.anyway) refuseClosed(syncId, next.calendar);
    } catch (error) {
      if (!(error instanceof SyncClosed)) throw error;
      await sql.query('DELETE FROM wanted_runs WHERE sync_id = $1', [syncId]);
      return error;
    }
    return (await insertSyncRun(sql, syncId, { ...wanted, preview: false }, next)) ?? null;
  });
  if (started instanceof SyncClosed) throw started;
  return started;
}
