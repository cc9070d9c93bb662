import type { RecordType } from '@rollbook/core';
import type { PoolClient } from 'pg';
import type { ApplyInput } from './apply.ts';
import { changesTable } from './changes.ts';
import { shown } from './shown.ts';

/**
 * After a run was applied: notes what became of the approved records, and ends the approvals of which nothing is left to
 * do (guard §34). A run of the approvals' own is the last one: what it could not carry out is over.
 */
export async function settleApprovals(sql: PoolClient, input: ApplyInput, isLast: boolean): Promise<void> {
  const { approvalIds } = input.difference;
  if (approvalIds.length === 0) return;
  const { rows } = await sql.query<{ type: RecordType }>(
    'SELECT DISTINCT record_type AS type FROM approval_records WHERE approval_id = ANY ($1) AND outcome IS NULL',
    [approvalIds],
  );
  for (const { type } of rows) await noteOutcomes(sql, input, type);
  if (isLast)
    await sql.query(
      `UPDATE approval_records SET outcome = 'gone', done_run_id = $2 WHERE approval_id = ANY ($1) AND outcome IS NULL`,
      [approvalIds, input.runId],
    );
  await sql.query(
    `UPDATE approvals a SET status = 'used', used_run_id = $2 WHERE a.id = ANY ($1) AND NOT EXISTS (
       SELECT 1 FROM approval_records r WHERE r.approval_id = a.id AND r.outcome IS NULL)`,
    [approvalIds, input.runId],
  );
}

async function noteOutcomes(sql: PoolClient, input: ApplyInput, recordType: RecordType): Promise<void> {
  const { join, condition } = shown(input.prefix, recordType, input.contents.types[recordType]);
  await sql.query(
    `UPDATE approval_records a SET outcome = j.outcome, done_run_id = $4
     FROM (
       SELECT o.approval_id, o.sis_id,
         CASE
           WHEN l.sis_id IS NOT NULL THEN 'relinked'
           WHEN r.sis_id IS NULL OR r.sync_id IS DISTINCT FROM $2 THEN 'gone'
           WHEN r.status = 'archived' THEN 'archived'
           WHEN ${condition} THEN 'present'
         END AS outcome
       FROM approval_records o
       LEFT JOIN ${changesTable(input.prefix)} l ON l.record_type = '${recordType}' AND l.sis_id = o.sis_id AND l.action = 'l'
       LEFT JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = o.sis_id
       ${join}
       WHERE o.approval_id = ANY ($3) AND o.record_type = '${recordType}' AND o.outcome IS NULL
     ) j
     WHERE j.outcome IS NOT NULL AND a.approval_id = j.approval_id AND a.record_type = '${recordType}' AND a.sis_id = j.sis_id`,
    [input.districtId, input.syncId, input.difference.approvalIds, input.runId],
  );
}
