import { UsageError, type RecordType } from '@rollbook/core';
import type pg from 'pg';
import { changesTable } from './diff.ts';
import { inTransaction, type Sql } from './database.ts';

/** How long an approval stands (guard §27). */
const APPROVAL_HOURS = 72;

export interface HoldScope {
  readonly runId: number;
  readonly districtId: string;
  readonly syncId: string;
  readonly prefix: string;
}

/**
 * Brings the sync's hold in line with what a run withheld (guard §23), in the transaction that applies the run. The same
 * records: the hold stays as it is, open or rejected. Other records: a new hold replaces it. Nothing: it is resolved.
 */
export async function settleHold(sql: Sql, { runId, districtId, syncId, prefix }: HoldScope): Promise<void> {
  const { rows } = await sql.query<{ fingerprint: string | null; count: number }>(
    `SELECT encode(sha256(convert_to(string_agg(record_type || E'\\t' || sis_id, E'\\n' ORDER BY record_type, sis_id), 'UTF8')), 'hex')
       AS fingerprint, count(*)::integer AS count
     FROM ${changesTable(prefix)} WHERE action = 'w'`,
  );
  const { fingerprint, count } = rows[0] as { fingerprint: string | null; count: number };
  if (fingerprint === null) {
    await sql.query(`UPDATE holds SET status = 'resolved', closed_at = now() WHERE sync_id = $1 AND status = 'open'`, [
      syncId,
    ]);
    return;
  }
  const { rowCount: known } = await sql.query(
    `UPDATE holds SET last_run_id = $3 WHERE id = (SELECT id FROM holds WHERE sync_id = $1 ORDER BY id DESC LIMIT 1)
       AND fingerprint = $2 AND status IN ('open', 'rejected')`,
    [syncId, fingerprint, runId],
  );
  if (known === 1) return;
  await sql.query(`UPDATE holds SET status = 'replaced', closed_at = now() WHERE sync_id = $1 AND status = 'open'`, [
    syncId,
  ]);
  const { rows: opened } = await sql.query<{ id: number }>(
    `INSERT INTO holds (district_id, sync_id, run_id, last_run_id, fingerprint, record_count)
     VALUES ($1, $2, $3, $3, $4, $5) RETURNING id`,
    [districtId, syncId, runId, fingerprint, count],
  );
  await sql.query(
    `INSERT INTO hold_records (hold_id, record_type, sis_id, school_id)
     SELECT $1, record_type, sis_id, school_id FROM ${changesTable(prefix)} WHERE action = 'w'`,
    [opened[0]?.id],
  );
}

export interface Decision {
  readonly holdId: number;
  /** Who decides, for the record. */
  readonly actor: string;
  readonly comment: string | null;
}

export interface Approval extends Decision {
  /** Null: every school, every record type of the hold. */
  readonly schools: readonly string[] | null;
  readonly recordTypes: readonly RecordType[] | null;
}

interface HoldRow {
  readonly id: number;
  readonly sync_id: string;
  readonly status: string;
  readonly fingerprint: string;
  readonly source_fingerprint: string;
  readonly settings: { threshold: unknown };
}

const CLOSED: Readonly<Record<string, string>> = {
  approved: 'was approved already',
  rejected: 'was rejected already',
  replaced: 'was replaced by a newer one',
  resolved: 'was resolved by a later run',
};

async function lockOpenHold(sql: Sql, holdId: number): Promise<HoldRow> {
  const { rows } = await sql.query<HoldRow>(
    `SELECT h.id, h.sync_id, h.status, h.fingerprint, s.source_fingerprint, s.settings
     FROM holds h JOIN syncs s ON s.id = h.sync_id WHERE h.id = $1 FOR UPDATE OF h`,
    [holdId],
  );
  const hold = rows[0];
  if (!hold) throw new UsageError(`There is no hold ${holdId}. "rollbook holds" lists those that wait.`);
  if (hold.status !== 'open') throw new UsageError(`Hold ${holdId} ${CLOSED[hold.status]}.`);
  return hold;
}

/**
 * Permits archiving exactly the records of an open hold, or those of some of its schools and types (guard §26, §27). The
 * sync's next run archives those of them that are still absent. One approval closes the hold: of two, one wins.
 *
 * @returns the sync to run, and how many records are covered.
 * @throws UsageError if there is no such hold, it is not open, or no record of it is in those schools and types.
 */
export async function approveHold(pool: pg.Pool, approval: Approval): Promise<{ syncId: string; recordCount: number }> {
  return inTransaction(pool, async (sql) => {
    const hold = await lockOpenHold(sql, approval.holdId);
    await refuseUnknownParts(sql, approval);
    const { rows } = await sql.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM hold_records
       WHERE hold_id = $1 AND ($2::text[] IS NULL OR school_id = ANY ($2)) AND ($3::text[] IS NULL OR record_type = ANY ($3))`,
      [hold.id, approval.schools, approval.recordTypes],
    );
    const recordCount = rows[0]?.count ?? 0;
    if (recordCount === 0) throw new UsageError(`Hold ${hold.id} has no such record type in these schools.`);
    await sql.query(
      `INSERT INTO approvals (hold_id, sync_id, schools, record_types, source_fingerprint, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + interval '${APPROVAL_HOURS} hours')`,
      [hold.id, hold.sync_id, approval.schools, approval.recordTypes, hold.source_fingerprint],
    );
    await record(sql, hold, 'approve', approval, recordCount);
    await close(sql, hold.id, 'approved');
    return { syncId: hold.sync_id, recordCount };
  });
}

/**
 * Keeps the records of a hold: later runs that would archive exactly these again do not ask again (guard §26).
 *
 * @throws UsageError if there is no such hold or it is not open.
 */
export async function rejectHold(pool: pg.Pool, decision: Decision & { readonly comment: string }): Promise<void> {
  await inTransaction(pool, async (sql) => {
    const hold = await lockOpenHold(sql, decision.holdId);
    const { rows } = await sql.query<{ count: number }>('SELECT record_count AS count FROM holds WHERE id = $1', [
      hold.id,
    ]);
    const whole = { ...decision, schools: null, recordTypes: null };
    await record(sql, hold, 'reject', whole, rows[0]?.count ?? 0);
    await close(sql, hold.id, 'rejected');
  });
}

async function refuseUnknownParts(sql: Sql, { holdId, schools, recordTypes }: Approval): Promise<void> {
  const { rows } = await sql.query<{ school: string | null; type: string }>(
    'SELECT DISTINCT school_id AS school, record_type AS type FROM hold_records WHERE hold_id = $1',
    [holdId],
  );
  const known = { schools: new Set(rows.map((row) => row.school)), types: new Set(rows.map((row) => row.type)) };
  const school = schools?.find((id) => !known.schools.has(id));
  const listed = (ids: Iterable<string | null>): string => [...ids].filter((id) => id !== null).join(', ') || 'none';
  if (school !== undefined)
    throw new UsageError(`Hold ${holdId} has no record in school "${school}". Its schools: ${listed(known.schools)}.`);
  const type = recordTypes?.find((name) => !known.types.has(name));
  if (type !== undefined)
    throw new UsageError(`Hold ${holdId} has no ${type}. Its record types: ${listed(known.types)}.`);
}

async function record(
  sql: Sql,
  hold: HoldRow,
  decision: 'approve' | 'reject',
  { actor, comment, schools, recordTypes }: Approval,
  recordCount: number,
): Promise<void> {
  await sql.query(
    `INSERT INTO decisions (hold_id, decision, actor, comment, schools, record_types, record_count, fingerprint, threshold)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      hold.id,
      decision,
      actor,
      comment,
      schools,
      recordTypes,
      recordCount,
      hold.fingerprint,
      JSON.stringify(hold.settings.threshold),
    ],
  );
}

async function close(sql: Sql, holdId: number, status: 'approved' | 'rejected'): Promise<void> {
  await sql.query('UPDATE holds SET status = $2, closed_at = now() WHERE id = $1', [holdId, status]);
}
