import {
  KeptCalendar,
  NO_CALENDAR,
  RunSettings,
  UsageError,
  calendarState,
  effectiveSettings,
  type CalendarState,
  type EffectiveSettings,
  type SourceType,
} from '@rollbook/core';
import { SyncClosed, type ActiveRun, type RequestedRun, type RunRequest, type Trigger } from '@rollbook/pipeline';
import type pg from 'pg';
import { APPROVAL_STANDS } from './approved.ts';
import { inTransaction, type Sql } from './database.ts';
import { readPause } from './pauses.ts';
import { activeRun, type RunRow } from './run-lease.ts';
import { activeRaise } from './threshold-raises.ts';
import { activeUpdateRaise } from './update-raises.ts';
import { decideUndo, type UndoRequest } from './undo.ts';
import { wantRun } from './wanted-runs.ts';

/** Nothing but a run of the same sync that writes as well, or another preview of it, keeps a run from being inserted. */
const UNLESS_ACTIVE = (preview: boolean): string =>
  `ON CONFLICT (sync_id) WHERE status IN ('queued', 'running') AND ${preview ? '' : 'NOT '}preview DO NOTHING RETURNING *`;

/** What the next run of a sync would take with it, if it were requested now. */
export interface NextRun extends EffectiveSettings {
  readonly calendar: CalendarState;
}

/** @throws UsageError if there is no such sync. */
export async function nextRun(sql: Sql, syncId: string, now: Date): Promise<NextRun> {
  const { rows } = await sql.query<{ settings: unknown; calendar: object; timezone: string; sourceType: SourceType }>(
    `SELECT s.settings, s.calendar, d.timezone, s.source_type AS "sourceType"
     FROM syncs s JOIN districts d ON d.id = s.district_id WHERE s.id = $1`,
    [syncId],
  );
  const sync = rows[0];
  if (!sync) throw new UsageError(`There is no sync "${syncId}".`);
  const state = calendarState({
    calendar: KeptCalendar.parse({ ...NO_CALENDAR, ...sync.calendar }),
    pause: await readPause(sql, syncId),
    now,
    timezone: sync.timezone,
  });
  const raise = await activeRaise(sql, syncId, now);
  const updateRaise = await activeUpdateRaise(sql, syncId, now);
  const { sourceType } = sync;
  return {
    calendar: state,
    ...effectiveSettings(RunSettings.parse(sync.settings), { calendar: state, raise, updateRaise, sourceType }),
  };
}

/** @throws SyncClosed on a day on which the sync does not run. */
export function refuseClosed(syncId: string, { runs, resumesOn, notes }: CalendarState): void {
  if (runs === 'yes') return;
  throw new SyncClosed(
    `"${syncId}" does not run today: ${notes.join(' ')} It runs again on ${resumesOn}. ` +
      'A preview can be made at any time, and --anyway runs it all the same.',
  );
}

export interface SyncRunRequest {
  readonly trigger: Trigger;
  readonly preview: boolean;
  readonly requestedBy: string | null;
  readonly anyway?: boolean;
}

/** See RunLedger. */
export async function requestSyncRun(
  pool: pg.Pool,
  syncId: string,
  request: RunRequest,
  now: Date,
): Promise<RequestedRun> {
  const { preview, anyway } = request;
  const next = await nextRun(pool, syncId, now);
  // A preview writes nothing, and may be wanted just because the sync is paused.
  if (!preview && !anyway) refuseClosed(syncId, next.calendar);
  for (;;) {
    const created = await inTransaction(pool, (sql) => insertSyncRun(sql, syncId, request, next));
    if (created) return created;
    const active = await activeOf(pool, syncId, preview);
    // The active run may have ended between the two statements: then there is room for a new one.
    if (!active) continue;
    const willFollow = active.kind !== 'sync';
    if (willFollow) await wantRun(pool, syncId, request);
    return { ...activeRun(active), created: false, willFollow };
  }
}

/** Inserts a run that pulls the source, and with it takes back what was wanted; undefined if there is an active one. */
export async function insertSyncRun(
  sql: pg.PoolClient,
  syncId: string,
  { trigger, preview, requestedBy }: SyncRunRequest,
  { settings, notes }: NextRun,
): Promise<RequestedRun | undefined> {
  const { rows } = await sql.query<RunRow>(
    `INSERT INTO runs (district_id, sync_id, source_type, trigger, preview, settings, notes, requested_by, source_fingerprint)
     SELECT district_id, id, source_type, $2, $3, $4, $5, $6, source_fingerprint FROM syncs WHERE id = $1
     ${UNLESS_ACTIVE(preview)}`,
    [syncId, trigger, preview, JSON.stringify(settings), notes, requestedBy],
  );
  if (!rows[0]) return undefined;
  if (!preview) await sql.query('DELETE FROM wanted_runs WHERE sync_id = $1', [syncId]);
  return { ...activeRun(rows[0]), created: true, willFollow: false };
}

/** See RunLedger. */
export async function requestApprovalRun(
  pool: pg.Pool,
  approvalId: number,
  requestedBy: string | null,
): Promise<RequestedRun | null> {
  const { rows } = await pool.query<{ syncId: string }>(
    `SELECT a.sync_id AS "syncId" FROM approvals a JOIN syncs s ON s.id = a.sync_id WHERE a.id = $1 AND ${APPROVAL_STANDS}`,
    [approvalId],
  );
  if (!rows[0]) return null;
  const { syncId } = rows[0];
  for (;;) {
    const { rows: created } = await pool.query<RunRow>(
      `INSERT INTO runs (district_id, sync_id, source_type, trigger, settings, requested_by, kind, stage, approval_id)
       SELECT district_id, id, source_type, 'approval', settings, $2, 'approval', 'diff', $3 FROM syncs WHERE id = $1
       ${UNLESS_ACTIVE(false)}`,
      [syncId, requestedBy, approvalId],
    );
    if (created[0]) return { ...activeRun(created[0]), created: true, willFollow: false };
    const active = await activeOf(pool, syncId, false);
    if (active) return { ...activeRun(active), created: false, willFollow: false };
  }
}

/** See RunLedger. */
export async function waitingApprovals(pool: pg.Pool): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>(
    `SELECT a.id FROM approvals a JOIN syncs s ON s.id = a.sync_id
     WHERE ${APPROVAL_STANDS}
       AND NOT EXISTS (SELECT 1 FROM runs r
                       WHERE r.sync_id = a.sync_id AND r.status IN ('queued', 'running') AND NOT r.preview)
     ORDER BY a.id`,
  );
  return rows.map(({ id }) => id);
}

/**
 * A run that undoes another.
 *
 * @throws UsageError as {@link decideUndo} does, and if the sync has an active run.
 */
export async function requestUndoRun(pool: pg.Pool, request: UndoRequest): Promise<ActiveRun> {
  return inTransaction(pool, async (sql) => {
    const undone = await decideUndo(sql, request);
    const { rows } = await sql.query<RunRow>(
      `INSERT INTO runs (district_id, sync_id, source_type, trigger, settings, requested_by, kind, stage, undoes_run_id, keeps_restored)
       SELECT district_id, id, source_type, 'cli', settings, $2, 'undo', 'apply', $3, $4 FROM syncs WHERE id = $1
       ${UNLESS_ACTIVE(false)}`,
      [undone.syncId, request.actor, request.runId, request.keep ?? true],
    );
    if (rows[0]) return activeRun(rows[0]);
    throw new UsageError(`"${undone.syncId}" has an active run: undo run ${request.runId} when that has ended.`);
  });
}

async function activeOf(pool: pg.Pool, syncId: string, preview: boolean): Promise<RunRow | undefined> {
  const { rows } = await pool.query<RunRow>(
    `SELECT * FROM runs WHERE sync_id = $1 AND status IN ('queued', 'running') AND preview = $2`,
    [syncId, preview],
  );
  return rows[0];
}
