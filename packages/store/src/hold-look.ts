import type { LeftBecause, LeftCounts, RecordType } from '@rollbook/core';
import { isSynced } from '@rollbook/pipeline';
import type { ClientBase } from 'pg';
import { changesTable } from './changes.ts';
import type { HoldScope } from './holds.ts';
import { inScopeSql, scopeParameter } from './scope.ts';
import { shown } from './shown.ts';

export interface OpenHold {
  readonly id: number;
}

/** What became of the records of a hold in a run. */
export interface HeldCounts {
  /** Those that left it. */
  readonly left: LeftCounts;
  readonly stay: number;
  /** Those of `stay` that the run found missing itself. */
  readonly missing: number;
  /** Those of `stay` at which it did not look, but for those of which a delta is silent. */
  readonly unseen: number;
}

/** Looks at the records of an open hold after a run was applied, and notes which leave it and why (guard §33). */
export async function lookAtHeld(sql: ClientBase, scope: HoldScope, holdId: number): Promise<HeldCounts> {
  const total = { stay: 0, missing: 0, unseen: 0 };
  for (const type of await heldTypes(sql, holdId)) {
    await note(sql, scope, holdId, type);
    const { stay, missing, unseen } = await countStaying(sql, scope, holdId, type);
    total.stay += stay;
    total.missing += missing;
    total.unseen += unseen;
  }
  const { rows: left } = await sql.query<{ because: LeftBecause; count: number }>(
    `SELECT left_because AS because, count(*)::integer AS count FROM hold_records
     WHERE hold_id = $1 AND left_because IS NOT NULL GROUP BY 1`,
    [holdId],
  );
  return { ...total, left: Object.fromEntries(left.map(({ because, count }) => [because, count])) };
}

async function heldTypes(sql: ClientBase, holdId: number): Promise<RecordType[]> {
  const { rows } = await sql.query<{ type: RecordType }>(
    'SELECT DISTINCT record_type AS type FROM hold_records WHERE hold_id = $1',
    [holdId],
  );
  return rows.map(({ type }) => type);
}

/**
 * A run that only adds settles nothing: which held records it saw in the data is noted, so that an approval passes them
 * over.
 */
export async function noteSeen(sql: ClientBase, scope: HoldScope, holdId: number): Promise<void> {
  for (const type of await heldTypes(sql, holdId)) await note(sql, scope, holdId, type);
}

/** Notes of one type what the run found: in a run that only adds, no more than what is in the data. */
async function note(
  sql: ClientBase,
  { runId, districtId, syncId, prefix, contents, settings }: HoldScope,
  holdId: number,
  recordType: RecordType,
): Promise<void> {
  const isLookedAt = isSynced(recordType, settings);
  const { join, condition } = shown(prefix, recordType, isLookedAt ? contents.types[recordType] : undefined);
  await sql.query(
    `UPDATE hold_records h SET left_because = j.because,
       left_run_id = CASE WHEN j.because IS NOT NULL THEN $4::integer END,
       seen_run_id = CASE WHEN j.is_shown THEN $4::integer ELSE h.seen_run_id END
     FROM (
       SELECT o.sis_id,
         CASE
           WHEN $5 THEN NULL
           WHEN r.sis_id IS NULL OR r.sync_id IS DISTINCT FROM $2 THEN 'gone'
           WHEN r.status = 'archived' THEN 'archived'
           WHEN k.sis_id IS NOT NULL THEN 'kept'
           WHEN ${condition} THEN 'returned'
         END AS because,
         ${condition} AS is_shown
       FROM hold_records o
       LEFT JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = o.sis_id
       LEFT JOIN kept_records k ON k.sync_id = $2 AND k.record_type = '${recordType}' AND k.sis_id = o.sis_id
       ${join}
       WHERE o.hold_id = $3 AND o.record_type = '${recordType}' AND o.left_because IS NULL
     ) j
     WHERE (j.because IS NOT NULL OR j.is_shown) AND h.hold_id = $3 AND h.record_type = '${recordType}' AND h.sis_id = j.sis_id`,
    [districtId, syncId, holdId, runId, settings.additionsOnly],
  );
}

/** A delta that is silent of a record says as much as one that says it is absent: that nothing has changed. */
async function countStaying(
  sql: ClientBase,
  { districtId, syncId, prefix, contents, settings, scope }: HoldScope,
  holdId: number,
  recordType: RecordType,
): Promise<Omit<HeldCounts, 'left'>> {
  const isDelta = isSynced(recordType, settings) && contents.types[recordType]?.delivery === 'delta';
  const { rows } = await sql.query<Omit<HeldCounts, 'left'>>(
    `SELECT count(*)::integer AS stay, count(c.sis_id)::integer AS missing,
       (count(*) FILTER (WHERE c.sis_id IS NULL AND NOT (${isDelta} AND ${inScopeSql(recordType, 'r', '$4')})))::integer AS unseen
     FROM hold_records h
     JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = h.sis_id AND r.sync_id = $2
     LEFT JOIN ${changesTable(prefix)} c ON c.record_type = '${recordType}' AND c.sis_id = h.sis_id
     WHERE h.hold_id = $3 AND h.record_type = '${recordType}' AND h.left_because IS NULL`,
    [districtId, syncId, holdId, scopeParameter(recordType, scope)],
  );
  return rows[0] ?? { stay: 0, missing: 0, unseen: 0 };
}
