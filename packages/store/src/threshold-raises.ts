import {
  UsageError,
  basisPointsFor,
  localDate,
  startOfDay,
  RECORD_TYPES,
  RunSettings,
  type RecordType,
  type ThresholdRaise,
} from '@rollbook/core';
import { isSynced, type Difference, type SnapshotContents } from '@rollbook/pipeline';
import type pg from 'pg';
import { inTransaction, type Sql } from './database.ts';
import { recordDecision, refuseUnlessApprover, type Decider } from './decisions.ts';

/** A raise for the next run that no run came to use does not lie in wait for ever. */
export const UNUSED_DAYS = 7;

export interface RaiseRequest extends Decider {
  readonly syncId: string;
  readonly basisPoints: number;
  /** Null: every record type. */
  readonly recordTypes: readonly RecordType[] | null;
  /** The first day, `YYYY-MM-DD` in the district's time zone, on which it no longer holds; null: for the next run. */
  readonly until: string | null;
}

/** What a run that was applied had looked at. */
interface AppliedRun {
  readonly runId: number;
  readonly settings: RunSettings;
  readonly contents: SnapshotContents;
  readonly difference: Difference;
}

/** A raise that is in force, with who entered it. */
export interface ActiveRaise extends ThresholdRaise, Decider {
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  readonly endsAt: string;
}

/**
 * Raises the deletion threshold of a sync for its next run, or until a day; then it is again what is configured (guard
 * §26). A raise that is in force is replaced.
 *
 * @throws UsageError if there is no such sync, the person may not decide, the day has come already, or nothing is raised.
 */
export async function raiseThreshold(pool: pg.Pool, request: RaiseRequest, now: Date): Promise<ActiveRaise> {
  return inTransaction(pool, async (sql) => {
    const sync = await lockSync(sql, request.syncId);
    await refuseUnlessApprover(sql, sync.districtId, request.actor);
    refuseLowering(request, sync.settings);
    const today = localDate(now, sync.timezone);
    if (request.until !== null && request.until <= today)
      throw new UsageError(
        `The threshold cannot be raised until ${request.until}: that is the first day on which it no longer holds, and today is ${today}.`,
      );
    await endActive(sql, request.syncId, 'replaced');
    const endsAt =
      request.until === null
        ? new Date(now.getTime() + UNUSED_DAYS * 86_400_000)
        : startOfDay(request.until, sync.timezone);
    await sql.query(
      `INSERT INTO threshold_raises (sync_id, basis_points, record_types, until_day, ends_at, actor, comment, created_at, held_types)
       SELECT $1, $2, $3, $4, $5, $6, $7, $8,
         (SELECT array_agg(DISTINCT r.record_type) FROM holds h JOIN hold_records r ON r.hold_id = h.id AND r.left_because IS NULL
          WHERE h.sync_id = $1 AND h.status = 'open')`,
      [
        request.syncId,
        request.basisPoints,
        request.recordTypes,
        request.until,
        endsAt,
        request.actor,
        request.comment,
        now,
      ],
    );
    const { actor, comment, basisPoints, recordTypes, until } = request;
    await recordDecision(sql, {
      kind: 'raise',
      syncId: request.syncId,
      actor,
      comment,
      recordTypes,
      details: { basisPoints, until },
    });
    return (await activeRaise(sql, request.syncId, now)) as ActiveRaise;
  });
}

/**
 * Ends a raise before its time.
 *
 * @throws UsageError if there is no such sync or no raise is in force, or the person may not decide.
 */
export async function withdrawRaise(
  pool: pg.Pool,
  { syncId, ...decider }: Decider & { readonly syncId: string },
  now: Date,
): Promise<void> {
  await inTransaction(pool, async (sql) => {
    const sync = await lockSync(sql, syncId);
    await refuseUnlessApprover(sql, sync.districtId, decider.actor);
    const raise = await activeRaise(sql, syncId, now);
    if (raise === null) throw new UsageError(`The threshold of "${syncId}" is not raised.`);
    await endActive(sql, syncId, 'withdrawn');
    await recordDecision(sql, {
      kind: 'withdraw-raise',
      syncId,
      recordTypes: raise.recordTypes,
      details: { basisPoints: raise.basisPoints, until: raise.until },
      actor: decider.actor,
      comment: decider.comment,
    });
  });
}

/** The raise of a sync that is in force; null: none. */
export async function activeRaise(sql: Sql, syncId: string, now: Date): Promise<ActiveRaise | null> {
  const { rows } = await sql.query<ActiveRaise & { createdAt: Date | string; endsAt: Date | string }>(
    `SELECT id, basis_points AS "basisPoints", record_types AS "recordTypes", until_day::text AS until, actor, comment,
       created_at AS "createdAt", ends_at AS "endsAt"
     FROM threshold_raises WHERE sync_id = $1 AND measure = 'archives' AND status = 'active' AND ends_at > $2`,
    [syncId, now],
  );
  const raise = rows[0];
  if (!raise) return null;
  return {
    ...raise,
    createdAt: new Date(raise.createdAt).toISOString(),
    endsAt: new Date(raise.endsAt).toISOString(),
  };
}

/**
 * A raise for one run is used up by the first run that is applied and measured what it was raised for (guard §34): the
 * record types named, else those of the hold that was open then, else all.
 */
export async function useRaise(sql: Sql, { runId, settings, contents, difference }: AppliedRun): Promise<void> {
  const { limitsNote, additionsOnly, recordTypes } = settings;
  if (limitsNote?.kind !== 'raised' || limitsNote.until !== null || additionsOnly) return;
  const types = limitsNote.recordTypes ?? (await heldTypesOf(sql, limitsNote.raiseId));
  const isMeasured = (type: RecordType): boolean =>
    contents.types[type] !== undefined &&
    isSynced(type, settings) &&
    difference.groups.every(({ recordType, waiting = 0 }) => recordType !== type || waiting === 0);
  if (types === null ? recordTypes !== 'all' : !types.every(isMeasured)) return;
  await sql.query(`UPDATE threshold_raises SET status = 'used', used_run_id = $2 WHERE id = $1 AND status = 'active'`, [
    limitsNote.raiseId,
    runId,
  ]);
}

/** Null: nothing was held when it was raised. */
async function heldTypesOf(sql: Sql, raiseId: number): Promise<readonly RecordType[] | null> {
  const { rows } = await sql.query<{ types: RecordType[] | null }>(
    'SELECT held_types AS types FROM threshold_raises WHERE id = $1',
    [raiseId],
  );
  return rows[0]?.types ?? null;
}

async function endActive(sql: Sql, syncId: string, status: 'replaced' | 'withdrawn'): Promise<void> {
  await sql.query(
    `UPDATE threshold_raises SET status = $2 WHERE sync_id = $1 AND measure = 'archives' AND status = 'active'`,
    [syncId, status],
  );
}

function refuseLowering({ syncId, basisPoints, recordTypes }: RaiseRequest, { threshold }: RunSettings): void {
  const lowest = Math.min(...(recordTypes ?? RECORD_TYPES).map((type) => basisPointsFor(threshold, type)));
  if (basisPoints > lowest) return;
  throw new UsageError(
    `The threshold of "${syncId}" is ${lowest / 100} % already, so that ${basisPoints / 100} % is no raise. ` +
      'To lower it, change deletionThreshold in the configuration.',
  );
}

interface LockedSync {
  readonly districtId: string;
  readonly timezone: string;
  readonly settings: RunSettings;
}

/** @throws UsageError if there is no such sync. */
export async function lockSync(sql: Sql, syncId: string): Promise<LockedSync> {
  const { rows } = await sql.query<{ districtId: string; timezone: string; settings: unknown }>(
    `SELECT s.district_id AS "districtId", d.timezone, s.settings FROM syncs s JOIN districts d ON d.id = s.district_id
     WHERE s.id = $1 FOR UPDATE OF s`,
    [syncId],
  );
  if (!rows[0]) throw new UsageError(`There is no sync "${syncId}".`);
  return { ...rows[0], settings: RunSettings.parse(rows[0].settings) };
}
