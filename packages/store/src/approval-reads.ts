import { UsageError } from '@rollbook/core';
import type pg from 'pg';

/** What became of an approval: `usedRun` carried it out; without it `status` tells why none did, or that none did yet. */
export interface ApprovalState {
  readonly status: 'active' | 'used' | 'void' | 'expired';
  readonly usedRun: number | null;
}

/** @throws UsageError if there is no such approval. */
export async function readApproval(pool: pg.Pool, approvalId: number): Promise<ApprovalState> {
  const { rows } = await pool.query<ApprovalState>(
    `SELECT CASE WHEN status = 'active' AND expires_at <= now() THEN 'expired' ELSE status END AS status,
       used_run_id AS "usedRun" FROM approvals WHERE id = $1`,
    [approvalId],
  );
  if (!rows[0]) throw new UsageError(`There is no approval ${approvalId}.`);
  return rows[0];
}
