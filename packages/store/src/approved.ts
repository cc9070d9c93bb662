import type { PoolClient } from 'pg';
import { isPersonType } from './effective-values.ts';
import type { RecordType } from '@rollbook/core';

/** True for an approval `a` of sync `s` that stands: not used, not expired, given for the source that the sync has (guard §27). */
export const APPROVAL_STANDS = `(a.status = 'active' AND a.expires_at > now() AND a.source_fingerprint = s.source_fingerprint)`;

/** The approvals of sync `$1` that stand, in order. */
export const validApprovalsSql = `
  SELECT a.id FROM approvals a JOIN syncs s ON s.id = a.sync_id WHERE a.sync_id = $1 AND ${APPROVAL_STANDS} ORDER BY a.id`;

/**
 * Marks the archives that valid approvals cover, and makes relinks of those that are to take another id, if the record of
 * that id is there.
 *
 * @returns the approvals that were counted (guard §27).
 */
export async function markApproved(sql: PoolClient, syncId: string, changes: string): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>(validApprovalsSql, [syncId]);
  const approvalIds = rows.map((row) => row.id);
  if (approvalIds.length === 0) return [];
  await sql.query(
    `UPDATE ${changes} c SET is_approved = true FROM approval_records a
     WHERE a.approval_id = ANY ($1) AND a.new_id IS NULL AND a.outcome IS NULL AND c.action = 'a'
       AND c.record_type = a.record_type AND c.sis_id = a.sis_id`,
    [approvalIds],
  );
  const { rows: types } = await sql.query<{ type: RecordType }>(
    'SELECT DISTINCT record_type AS type FROM approval_records WHERE approval_id = ANY ($1) AND new_id IS NOT NULL',
    [approvalIds],
  );
  for (const { type } of types) if (isPersonType(type)) await markRelinks(sql, syncId, changes, type, approvalIds);
  return approvalIds;
}

async function markRelinks(
  sql: PoolClient,
  syncId: string,
  changes: string,
  recordType: RecordType,
  approvalIds: readonly number[],
): Promise<void> {
  await sql.query(
    `UPDATE ${changes} c SET action = 'l', other_id = a.new_id, is_approved = true
     FROM approval_records a JOIN syncs y ON y.id = $1
       JOIN ${recordType} n ON n.district_id = y.district_id AND n.sis_id = a.new_id AND n.sync_id = y.id AND n.status = 'active'
     WHERE a.approval_id = ANY ($2) AND a.record_type = '${recordType}' AND a.new_id IS NOT NULL AND a.outcome IS NULL
       AND c.record_type = a.record_type AND c.sis_id = a.sis_id AND c.action = 'a'
       AND NOT EXISTS (SELECT 1 FROM ${changes} g WHERE g.record_type = a.record_type AND g.sis_id = a.new_id AND g.action IN ('a', 'l'))`,
    [syncId, approvalIds],
  );
}
