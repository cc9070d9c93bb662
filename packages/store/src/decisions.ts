import { UsageError, type RecordType } from '@rollbook/core';
import type { Sql } from './database.ts';

/** What a person did that changes what a sync may do. */
export type DecisionKind =
  | 'approve'
  | 'relink'
  | 'reject'
  | 'reopen'
  | 'raise'
  | 'withdraw-raise'
  | 'pause'
  | 'resume'
  | 'undo';

/** Who decides, and why, for the record. */
export interface Decider {
  readonly actor: string;
  readonly comment: string | null;
}

export interface DecisionRecord extends Decider {
  readonly kind: DecisionKind;
  readonly syncId: string;
  readonly holdId?: number;
  readonly runId?: number;
  readonly schools?: readonly string[] | null;
  readonly recordTypes?: readonly RecordType[] | null;
  /** As `type id`. */
  readonly exceptRecords?: readonly string[];
  readonly recordCount?: number;
  readonly fingerprint?: string;
  readonly details?: object;
}

/** Keeps a decision for good, with the threshold that is in force for the sync (guard §28). */
export async function recordDecision(sql: Sql, decision: DecisionRecord): Promise<void> {
  await sql.query(
    `INSERT INTO decisions (decision, sync_id, hold_id, run_id, actor, comment, schools, record_types, except_records,
       record_count, fingerprint, details, threshold)
     SELECT $1, s.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, s.settings -> 'threshold' FROM syncs s WHERE s.id = $2`,
    [
      decision.kind,
      decision.syncId,
      decision.holdId ?? null,
      decision.runId ?? null,
      decision.actor,
      decision.comment,
      decision.schools ?? null,
      decision.recordTypes ?? null,
      decision.exceptRecords ?? null,
      decision.recordCount ?? null,
      decision.fingerprint ?? null,
      JSON.stringify(decision.details ?? {}),
    ],
  );
}

/**
 * Whether somebody may decide in a district (guard §28): approvers and administrators may. In a district that names
 * nobody, whoever can run commands may.
 *
 * @throws UsageError if not, with those who may.
 */
export async function refuseUnlessApprover(sql: Sql, districtId: string, actor: string): Promise<void> {
  await refuseUnless(sql, { districtId, actor, roles: ['approver', 'administrator'], act: 'decide for' });
}

/** The same for changing records by hand, which administrators may. @throws UsageError if not, with those who may. */
export async function refuseUnlessAdministrator(sql: Sql, districtId: string, actor: string): Promise<void> {
  await refuseUnless(sql, { districtId, actor, roles: ['administrator'], act: 'change records of' });
}

interface Permission {
  readonly districtId: string;
  readonly actor: string;
  readonly roles: readonly string[];
  readonly act: string;
}

async function refuseUnless(sql: Sql, { districtId, actor, roles, act }: Permission): Promise<void> {
  const { rows } = await sql.query<{ actor: string; role: string }>(
    'SELECT actor, role FROM district_roles WHERE district_id = $1 ORDER BY actor',
    [districtId],
  );
  if (rows.length === 0) return;
  const own = rows.find((row) => row.actor === actor)?.role;
  if (own !== undefined && roles.includes(own)) return;
  const able = rows.filter(({ role }) => roles.includes(role)).map((row) => `"${row.actor}"`);
  const who = able.length === 0 ? 'nobody may' : `these may: ${able.join(', ')}`;
  throw new UsageError(
    `"${actor}" may not ${act} the district "${districtId}"${own === undefined ? '' : ` (role ${own})`}; ${who}.`,
  );
}
