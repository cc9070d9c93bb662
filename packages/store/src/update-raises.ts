import {
  PEOPLE,
  UsageError,
  isPeople,
  localDate,
  startOfDay,
  type PeopleType,
  type RecordType,
  type RunSettings,
} from '@rollbook/core';
import type { Difference } from '@rollbook/pipeline';
import type pg from 'pg';
import { inTransaction, type Sql } from './database.ts';
import { recordDecision, refuseUnlessApprover, type Decider } from './decisions.ts';
import { UNUSED_DAYS, lockSync, type ActiveRaise, type RaiseRequest } from './threshold-raises.ts';

/**
 * Raises the update threshold of a sync for its next run, or until a day; then it is again what is configured (guard §36).
 * A raise that is in force is replaced. The raises of the deletion threshold are others.
 *
 * @throws UsageError if there is no such sync, the person may not decide, the day has come already, or nothing is raised.
 */
export async function raiseUpdateThreshold(pool: pg.Pool, request: RaiseRequest, now: Date): Promise<ActiveRaise> {
  return inTransaction(pool, async (sql) => {
    const sync = await lockSync(sql, request.syncId);
    await refuseUnlessApprover(sql, sync.districtId, request.actor);
    refuseNoRaise(request, sync.settings);
    const { syncId, basisPoints, recordTypes, until, actor, comment } = request;
    const today = localDate(now, sync.timezone);
    if (until !== null && until <= today)
      throw new UsageError(
        `The update threshold cannot be raised until ${until}: that is the first day on which it no longer holds, and today is ${today}.`,
      );
    await endActive(sql, syncId, 'replaced');
    const endsAt =
      until === null ? new Date(now.getTime() + UNUSED_DAYS * 86_400_000) : startOfDay(until, sync.timezone);
    await sql.query(
      `INSERT INTO threshold_raises
         (sync_id, measure, basis_points, record_types, held_types, until_day, ends_at, actor, comment, created_at)
       VALUES ($1, 'updates', $2, $3, $4, $5, $6, $7, $8, $9)`,
      [syncId, basisPoints, recordTypes, await heldTypes(sql, syncId), until, endsAt, actor, comment, now],
    );
    await recordDecision(sql, {
      kind: 'raise',
      syncId,
      actor,
      comment,
      recordTypes,
      details: { measure: 'updates', basisPoints, until },
    });
    return (await activeUpdateRaise(sql, syncId, now)) as ActiveRaise;
  });
}

/**
 * Ends a raise of the update threshold before its time.
 *
 * @throws UsageError if there is no such sync or no raise is in force, or the person may not decide.
 */
export async function withdrawUpdateRaise(
  pool: pg.Pool,
  { syncId, ...decider }: Decider & { readonly syncId: string },
  now: Date,
): Promise<void> {
  await inTransaction(pool, async (sql) => {
    const sync = await lockSync(sql, syncId);
    await refuseUnlessApprover(sql, sync.districtId, decider.actor);
    const raise = await activeUpdateRaise(sql, syncId, now);
    if (raise === null) throw new UsageError(`The update threshold of "${syncId}" is not raised.`);
    await endActive(sql, syncId, 'withdrawn');
    await recordDecision(sql, {
      kind: 'withdraw-raise',
      syncId,
      recordTypes: raise.recordTypes,
      details: { measure: 'updates', basisPoints: raise.basisPoints, until: raise.until },
      ...decider,
    });
  });
}

/** The raise of the update threshold of a sync that is in force; null: none. */
export async function activeUpdateRaise(sql: Sql, syncId: string, now: Date): Promise<ActiveRaise | null> {
  const { rows } = await sql.query<ActiveRaise & { createdAt: Date | string; endsAt: Date | string }>(
    `SELECT id, basis_points AS "basisPoints", record_types AS "recordTypes", until_day::text AS until, actor, comment,
       created_at AS "createdAt", ends_at AS "endsAt"
     FROM threshold_raises WHERE sync_id = $1 AND measure = 'updates' AND status = 'active' AND ends_at > $2`,
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
 * A raise for one run is used up by the first run that was applied and measured everything it was raised for: the types
 * named, else those over the threshold when it was raised, else students or staff.
 */
export async function useUpdateRaise(
  sql: Sql,
  { updateLimitsNote: note }: RunSettings,
  runId: number,
  { types }: Pick<Difference, 'types'>,
): Promise<void> {
  if (note?.kind !== 'raised' || note.until !== null) return;
  const { rows } = await sql.query<{ held: PeopleType[] | null }>(
    'SELECT held_types AS held FROM threshold_raises WHERE id = $1',
    [note.raiseId],
  );
  const wanted = note.recordTypes ?? rows[0]?.held ?? [];
  const isMeasured = (type: RecordType): boolean => types[type] !== undefined;
  const isUsed = wanted.length > 0 ? wanted.every(isMeasured) : isMeasured('students') || isMeasured('staff');
  if (!isUsed) return;
  await sql.query(`UPDATE threshold_raises SET status = 'used', used_run_id = $2 WHERE id = $1 AND status = 'active'`, [
    note.raiseId,
    runId,
  ]);
}

/** The types that the sync's latest applied run found over the update threshold; null: none. */
async function heldTypes(sql: Sql, syncId: string): Promise<string[] | null> {
  const { rows } = await sql.query<{ types: string[] | null }>(
    `SELECT array_agg(DISTINCT f.record_type) AS types FROM update_findings f WHERE f.verdict = 'hold' AND f.run_id = (
       SELECT r.id FROM runs r
       WHERE r.sync_id = $1 AND r.kind = 'sync' AND NOT r.preview AND r.status IN ('succeeded', 'held')
       ORDER BY r.id DESC LIMIT 1)`,
    [syncId],
  );
  return rows[0]?.types ?? null;
}

async function endActive(sql: Sql, syncId: string, status: 'replaced' | 'withdrawn'): Promise<void> {
  await sql.query(
    `UPDATE threshold_raises SET status = $2 WHERE sync_id = $1 AND measure = 'updates' AND status = 'active'`,
    [syncId, status],
  );
}

function refuseNoRaise({ syncId, basisPoints, recordTypes }: RaiseRequest, { updateThreshold }: RunSettings): void {
  const stray = recordTypes?.find((type) => !isPeople(type));
  if (stray !== undefined)
    throw new UsageError(
      `The update threshold counts students, staff and guardians, and ${stray} have none: name one of these types.`,
    );
  const meant = (recordTypes ?? PEOPLE).filter(isPeople);
  const percents = meant.flatMap((type) => updateThreshold[type] ?? []);
  const of = recordTypes === null ? '' : ` for ${meant.join(', ')}`;
  if (percents.length === 0)
    throw new UsageError(
      `The update threshold of "${syncId}" is off${of}, so that there is nothing to raise. To switch it on, set updateThreshold in the configuration.`,
    );
  const lowest = Math.min(...percents);
  if (basisPoints <= lowest)
    throw new UsageError(
      `The update threshold of "${syncId}" is ${lowest / 100} %${of} already, so that ${basisPoints / 100} % is no raise. ` +
        'To lower it, change updateThreshold in the configuration.',
    );
}
