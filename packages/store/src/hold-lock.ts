import { UsageError } from '@rollbook/core';
import type { Sql } from './database.ts';

/** How long an approval stands, and how old the latest look at a hold's records may be (guard §27). */
export const APPROVAL_HOURS = 72;

export interface LockedHold {
  readonly id: number;
  readonly districtId: string;
  readonly syncId: string;
  readonly fingerprint: string;
  readonly recordCount: number;
  readonly sourceFingerprint: string;
}

interface HoldRow extends LockedHold {
  readonly status: 'open' | 'approved' | 'rejected' | 'replaced' | 'resolved';
  readonly replacedBy: number | null;
  readonly lastRunId: number;
  readonly confirmedAt: Date;
  readonly closedAt: Date | null;
  readonly isStale: boolean;
  readonly isOfSource: boolean;
}

/**
 * Locks a hold that can be decided on: whoever else would decide on it, or replace it, waits.
 *
 * @throws UsageError that tells what became of the hold, when, and by whom, if it cannot be decided on any more.
 */
export async function lockOpenHold(
  sql: Sql,
  holdId: number,
  { mayBeStale = false }: { readonly mayBeStale?: boolean } = {},
): Promise<LockedHold> {
  const { rows } = await sql.query<HoldRow>(
    `SELECT h.id, h.district_id AS "districtId", h.sync_id AS "syncId", h.status, h.fingerprint, h.record_count AS "recordCount",
       h.replaced_by AS "replacedBy", h.last_run_id AS "lastRunId", h.confirmed_at AS "confirmedAt", h.closed_at AS "closedAt",
       h.confirmed_at < now() - interval '${APPROVAL_HOURS} hours' AS "isStale",
       h.source_fingerprint = s.source_fingerprint AS "isOfSource", s.source_fingerprint AS "sourceFingerprint"
     FROM holds h JOIN syncs s ON s.id = h.sync_id WHERE h.id = $1 FOR UPDATE OF h`,
    [holdId],
  );
  const hold = rows[0];
  if (!hold) throw new UsageError(`There is no hold ${holdId}. "rollbook holds" lists those that wait.`);
  if (hold.status !== 'open') throw new UsageError(await whatBecameOf(sql, hold));
  if (hold.isStale && !mayBeStale)
    throw new UsageError(
      `Hold ${holdId} has expired: run ${hold.lastRunId} looked at its records last, at ${time(hold.confirmedAt)}, more than ` +
        `${APPROVAL_HOURS} hours ago. Run "rollbook sync ${hold.syncId}": if they are still missing, it can be approved.`,
    );
  if (!hold.isOfSource && !mayBeStale)
    throw new UsageError(
      `Hold ${holdId} is void: the source or the schools of "${hold.syncId}" were changed since run ${hold.lastRunId} ` +
        `looked at its records. Run "rollbook sync ${hold.syncId}" to have them looked at again.`,
    );
  return hold;
}

/** `2026-11-25 02:03 UTC`. */
const time = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

async function whatBecameOf(sql: Sql, hold: HoldRow): Promise<string> {
  const at = hold.closedAt === null ? '' : ` at ${time(hold.closedAt)}`;
  if (hold.status === 'resolved')
    return `Hold ${hold.id} was resolved${at}: a later run of "${hold.syncId}" had nothing to withhold any more.`;
  if (hold.status === 'replaced')
    return (
      `Hold ${hold.id} was replaced${at}, because a later run of "${hold.syncId}" withheld other records.` +
      (hold.replacedBy === null ? '' : ` Look at hold ${hold.replacedBy}.`)
    );
  const { rows } = await sql.query<{ actor: string }>(
    `SELECT actor FROM decisions WHERE hold_id = $1 AND decision <> 'reopen' ORDER BY id DESC LIMIT 1`,
    [hold.id],
  );
  const rest = hold.replacedBy === null ? '' : ` What was left open waits in hold ${hold.replacedBy}.`;
  return `Hold ${hold.id} was ${hold.status} already${at}${rows[0] ? ` by ${rows[0].actor}` : ''}.${rest}`;
}
