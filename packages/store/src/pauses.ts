import { UsageError, localDate, type PauseScope } from '@rollbook/core';
import type pg from 'pg';
import { inTransaction, type Sql } from './database.ts';
import { recordDecision, refuseUnlessApprover, type Decider } from './decisions.ts';
import { lockSync } from './threshold-raises.ts';

export interface PauseRequest extends Decider {
  readonly syncId: string;
  /** The first day, `YYYY-MM-DD` in the district's time zone, on which it runs again. */
  readonly until: string;
  readonly what: PauseScope;
}

/** A pause as it was entered; it may be over. */
export interface EnteredPause extends Decider {
  readonly until: string;
  readonly only: PauseScope;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
}

/**
 * Pauses a sync until a day, when it runs again by itself (guard §30). A pause that is in force is replaced.
 *
 * @throws UsageError if there is no such sync, the person may not decide, or the day has come already.
 */
export async function pauseSync(pool: pg.Pool, request: PauseRequest, now: Date): Promise<void> {
  const { syncId, until, what, actor, comment } = request;
  await inTransaction(pool, async (sql) => {
    const { districtId, timezone } = await lockSync(sql, syncId);
    await refuseUnlessApprover(sql, districtId, actor);
    const today = localDate(now, timezone);
    if (until <= today)
      throw new UsageError(
        `"${syncId}" cannot be paused until ${until}: that is the first day it runs again, and today is ${today}.`,
      );
    await sql.query(
      `INSERT INTO pauses (sync_id, until_day, what, actor, comment, created_at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (sync_id) DO UPDATE SET until_day = excluded.until_day, what = excluded.what, actor = excluded.actor,
         comment = excluded.comment, created_at = excluded.created_at`,
      [syncId, until, what, actor, comment, now],
    );
    await recordDecision(sql, { kind: 'pause', syncId, actor, comment, details: { until, what } });
  });
}

/**
 * Ends a pause before its time.
 *
 * @throws UsageError if there is no such sync, it is not paused, or the person may not decide.
 */
export async function resumeSync(
  pool: pg.Pool,
  { syncId, actor, comment }: Decider & { readonly syncId: string },
  now: Date,
): Promise<void> {
  await inTransaction(pool, async (sql) => {
    const { districtId, timezone } = await lockSync(sql, syncId);
    await refuseUnlessApprover(sql, districtId, actor);
    const pause = await readPause(sql, syncId);
    if (pause === null || pause.until <= localDate(now, timezone)) throw new UsageError(`"${syncId}" is not paused.`);
    await sql.query('DELETE FROM pauses WHERE sync_id = $1', [syncId]);
    const { until, only } = pause;
    await recordDecision(sql, { kind: 'resume', syncId, actor, comment, details: { until, what: only } });
  });
}

/** The pause last entered, whether or not it is over; null: none. */
export async function readPause(sql: Sql, syncId: string): Promise<EnteredPause | null> {
  const { rows } = await sql.query<Omit<EnteredPause, 'createdAt'> & { createdAt: Date }>(
    `SELECT until_day::text AS until, what AS only, actor, comment, created_at AS "createdAt" FROM pauses WHERE sync_id = $1`,
    [syncId],
  );
  return rows[0] ? { ...rows[0], createdAt: rows[0].createdAt.toISOString() } : null;
}
