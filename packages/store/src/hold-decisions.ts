import { UsageError, nearest, type RecordType } from '@rollbook/core';
import type pg from 'pg';
import { inTransaction, type Sql } from './database.ts';
import { recordDecision, refuseUnlessApprover, type Decider } from './decisions.ts';
import { APPROVAL_HOURS, lockOpenHold, type LockedHold } from './hold-lock.ts';
import { fingerprintSql } from './holds.ts';
import { planFor } from './plans.ts';
import { stopKeeping } from './kept-by-undo.ts';

export interface Decision extends Decider {
  readonly holdId: number;
}

/** A record by its type and SIS id. */
export interface RecordName {
  readonly recordType: RecordType;
  readonly sisId: string;
}

export interface Approval extends Decision {
  /** Null: every school, every record type of the hold. */
  readonly schools: readonly string[] | null;
  readonly recordTypes: readonly RecordType[] | null;
  /** Records that are kept although their school and type are approved. */
  readonly except?: readonly RecordName[];
  /** Let records take the ids that they have in the data, instead of archiving them; those without such an id stay. */
  readonly relink?: boolean;
}

export interface Approved {
  readonly approvalId: number;
  readonly syncId: string;
  /** How many records the approval covers. */
  readonly recordCount: number;
  /** The hold in which the rest goes on waiting. */
  readonly rest: { readonly holdId: number; readonly recordCount: number } | null;
}

/**
 * Permits archiving, or relinking, exactly the records of an open hold, or those of some of its schools and types, or all
 * but some (guard §26, §27). Records named as exceptions are kept. What was not decided on goes into a hold of its own.
 * Of two decisions on a hold, one wins.
 *
 * @throws UsageError if there is no such hold, it is not open any more, it was not confirmed for too long, the sync has
 *   another source or other schools since, the person may not decide, or nothing of the hold is meant.
 */
export async function approveHold(pool: pg.Pool, approval: Approval): Promise<Approved> {
  return inTransaction(pool, async (sql) => {
    const hold = await lockOpenHold(sql, approval.holdId);
    await refuseUnlessApprover(sql, hold.districtId, approval.actor);
    await planFor(sql, hold.recordCount);
    await refuseUnknownParts(sql, approval);
    const { rows } = await sql.query<{ id: number }>(
      `INSERT INTO approvals (hold_id, sync_id, source_fingerprint, expires_at)
       VALUES ($1, $2, $3, now() + interval '${APPROVAL_HOURS} hours') RETURNING id`,
      [hold.id, hold.syncId, hold.sourceFingerprint],
    );
    const approvalId = rows[0]?.id as number;
    const recordCount = await addRecords(sql, approvalId, approval);
    if (recordCount === 0) throw nothingMeant(hold, approval);
    await keep(sql, hold, approval.except ?? []);
    await recordDecision(sql, {
      kind: approval.relink === true ? 'relink' : 'approve',
      syncId: hold.syncId,
      holdId: hold.id,
      actor: approval.actor,
      comment: approval.comment,
      schools: approval.schools,
      recordTypes: approval.recordTypes,
      exceptRecords: (approval.except ?? []).map(({ recordType, sisId }) => `${recordType} ${sisId}`),
      recordCount,
      fingerprint: hold.fingerprint,
    });
    const rest = await partRest(sql, hold, approvalId);
    await close(sql, hold.id, 'approved', rest?.holdId ?? null);
    return { approvalId, syncId: hold.syncId, recordCount, rest };
  });
}

/**
 * Keeps the records of a hold: no run archives them until they were back in the data, and nobody is asked about them
 * again (guard §26). {@link reopenHold} takes that back.
 *
 * @throws UsageError as {@link approveHold} does; a hold that was not confirmed for long may be rejected all the same.
 */
export async function rejectHold(pool: pg.Pool, decision: Decision & { readonly comment: string }): Promise<void> {
  await inTransaction(pool, async (sql) => {
    await moveRosterOn(sql, decision.holdId);
    const hold = await lockOpenHold(sql, decision.holdId, { mayBeStale: true });
    await refuseUnlessApprover(sql, hold.districtId, decision.actor);
    await sql.query(
      `INSERT INTO kept_records (sync_id, record_type, sis_id, hold_id)
       SELECT $2, record_type, sis_id, hold_id FROM hold_records WHERE hold_id = $1
       ON CONFLICT (sync_id, record_type, sis_id) DO UPDATE SET hold_id = excluded.hold_id`,
      [hold.id, hold.syncId],
    );
    const { id: holdId, syncId, recordCount, fingerprint } = hold;
    await recordDecision(sql, { kind: 'reject', syncId, holdId, recordCount, fingerprint, ...whoOf(decision) });
    await close(sql, hold.id, 'rejected', null);
  });
}

/**
 * Takes back that records of a hold are kept: the next run measures them again.
 *
 * @returns the sync, and how many records that were still kept.
 * @throws UsageError if there is no such hold, or none of its records is kept.
 */
export async function reopenHold(
  pool: pg.Pool,
  decision: Decision,
): Promise<{ readonly syncId: string; readonly recordCount: number }> {
  return inTransaction(pool, async (sql) => {
    await moveRosterOn(sql, decision.holdId);
    const { rows } = await sql.query<{ syncId: string; districtId: string }>(
      'SELECT sync_id AS "syncId", district_id AS "districtId" FROM holds WHERE id = $1 FOR UPDATE',
      [decision.holdId],
    );
    const hold = rows[0];
    if (!hold) throw new UsageError(`There is no hold ${decision.holdId}. "rollbook holds --all" lists all.`);
    await refuseUnlessApprover(sql, hold.districtId, decision.actor);
    const recordCount = await stopKeeping(sql, 'hold_id', [decision.holdId]);
    if (recordCount === 0)
      throw new UsageError(
        `No record of hold ${decision.holdId} is kept by a decision: there is nothing to take back.`,
      );
    const { syncId } = hold;
    await recordDecision(sql, { kind: 'reopen', syncId, holdId: decision.holdId, recordCount, ...whoOf(decision) });
    return { syncId, recordCount };
  });
}

/**
 * A run that has compared already compares again, and no delivery passes for known: which records are kept counts in the
 * comparison. Before anything else is locked, as a run locks the district first.
 */
async function moveRosterOn(sql: Sql, holdId: number): Promise<void> {
  await sql.query(
    `UPDATE districts d SET roster_version = roster_version + 1 FROM holds h WHERE h.id = $1 AND d.id = h.district_id`,
    [holdId],
  );
}

const whoOf = ({ actor, comment }: Decider): Decider => ({ actor, comment });

async function addRecords(sql: Sql, approvalId: number, approval: Approval): Promise<number> {
  const { holdId, schools, recordTypes, except = [], relink = false } = approval;
  const { rowCount } = await sql.query(
    `INSERT INTO approval_records (approval_id, record_type, sis_id, new_id, outcome, done_run_id)
     SELECT $1, h.record_type, h.sis_id, ${relink ? 'p.new_id' : 'NULL'},
       CASE WHEN h.seen_run_id IS NOT NULL THEN 'present' END, h.seen_run_id
     FROM hold_records h
     ${relink ? 'JOIN hold_pairs p ON p.hold_id = h.hold_id AND p.record_type = h.record_type AND p.sis_id = h.sis_id' : ''}
     WHERE h.hold_id = $2 AND ($3::text[] IS NULL OR h.school_id = ANY ($3)) AND ($4::text[] IS NULL OR h.record_type = ANY ($4))
       AND NOT EXISTS (SELECT 1 FROM unnest($5::text[], $6::text[]) AS x (record_type, sis_id)
                       WHERE x.record_type = h.record_type AND x.sis_id = h.sis_id)`,
    [
      approvalId,
      holdId,
      schools,
      recordTypes,
      except.map(({ recordType }) => recordType),
      except.map(({ sisId }) => sisId),
    ],
  );
  return rowCount ?? 0;
}

function nothingMeant(hold: LockedHold, { relink = false, except = [] }: Approval): UsageError {
  if (relink)
    return new UsageError(
      `Hold ${hold.id} has no record there that has another id in the data: there is nothing to relink. Without --relink they are archived.`,
    );
  return new UsageError(
    except.length > 0
      ? `Nothing of hold ${hold.id} would be approved: every record is an exception. To keep them all, reject the hold.`
      : `Hold ${hold.id} has no such record type in these schools.`,
  );
}

async function keep(sql: Sql, hold: LockedHold, records: readonly RecordName[]): Promise<void> {
  await sql.query(
    `INSERT INTO kept_records (sync_id, record_type, sis_id, hold_id)
     SELECT $1, record_type, sis_id, $2 FROM unnest($3::text[], $4::text[]) AS x (record_type, sis_id)
     ON CONFLICT (sync_id, record_type, sis_id) DO UPDATE SET hold_id = excluded.hold_id`,
    [hold.syncId, hold.id, records.map(({ recordType }) => recordType), records.map(({ sisId }) => sisId)],
  );
}

/** What the decision leaves open goes on waiting, as it was measured; nobody is told of it anew. */
async function partRest(sql: Sql, hold: LockedHold, approvalId: number): Promise<Approved['rest']> {
  const undecided = `hold_records h WHERE h.hold_id = $1
     AND NOT EXISTS (SELECT 1 FROM approval_records a
                     WHERE a.approval_id = $2 AND a.record_type = h.record_type AND a.sis_id = h.sis_id)
     AND NOT EXISTS (SELECT 1 FROM kept_records k
                     WHERE k.sync_id = $3 AND k.record_type = h.record_type AND k.sis_id = h.sis_id)`;
  const { rows: counted } = await sql.query<{ count: number; fingerprint: string | null }>(
    `SELECT count(*)::integer AS count, ${fingerprintSql('h.record_type', 'h.sis_id')} AS fingerprint FROM ${undecided}`,
    [hold.id, approvalId, hold.syncId],
  );
  const { count, fingerprint } = counted[0] as { count: number; fingerprint: string | null };
  if (fingerprint === null) return null;
  // At most one hold of a sync is open, and the one decided on is that until now.
  await close(sql, hold.id, 'approved', null);
  const { rows } = await sql.query<{ id: number }>(
    `INSERT INTO holds (district_id, sync_id, run_id, last_run_id, fingerprint, record_count, source_fingerprint, confirmed_at,
       since_run_id)
     SELECT district_id, sync_id, run_id, last_run_id, $2, $3, source_fingerprint, confirmed_at, since_run_id FROM holds WHERE id = $1
     RETURNING id`,
    [hold.id, fingerprint, count],
  );
  const holdId = rows[0]?.id as number;
  await sql.query(
    `INSERT INTO hold_records (hold_id, record_type, sis_id, school_id, seen_run_id)
     SELECT $4, h.record_type, h.sis_id, h.school_id, h.seen_run_id FROM ${undecided}`,
    [hold.id, approvalId, hold.syncId, holdId],
  );
  await sql.query(
    `INSERT INTO hold_pairs (hold_id, record_type, sis_id, new_id)
     SELECT h.hold_id, h.record_type, h.sis_id, p.new_id FROM hold_records h
     JOIN hold_pairs p ON p.hold_id = $1 AND p.record_type = h.record_type AND p.sis_id = h.sis_id WHERE h.hold_id = $2`,
    [hold.id, holdId],
  );
  return { holdId, recordCount: count };
}

async function close(
  sql: Sql,
  holdId: number,
  status: 'approved' | 'rejected',
  replacedBy: number | null,
): Promise<void> {
  await sql.query('UPDATE holds SET status = $2, closed_at = now(), replaced_by = $3 WHERE id = $1', [
    holdId,
    status,
    replacedBy,
  ]);
}

async function refuseUnknownParts(sql: Sql, { holdId, schools, recordTypes, except = [] }: Approval): Promise<void> {
  const { rows } = await sql.query<{ school: string | null; type: RecordType; ids: string[] }>(
    `SELECT school_id AS school, record_type AS type,
       ${except.length === 0 ? `'{}'::text[]` : 'array_agg(sis_id)'} AS ids
     FROM hold_records WHERE hold_id = $1 GROUP BY 1, 2`,
    [holdId],
  );
  const known = { schools: new Set(rows.map((row) => row.school)), types: new Set(rows.map((row) => row.type)) };
  const listed = (ids: Iterable<string | null>): string => [...ids].filter((id) => id !== null).join(', ') || 'none';
  const school = schools?.find((id) => !known.schools.has(id));
  if (school !== undefined)
    throw new UsageError(`Hold ${holdId} has no record in school "${school}". Its schools: ${listed(known.schools)}.`);
  const type = recordTypes?.find((name) => !known.types.has(name));
  if (type !== undefined)
    throw new UsageError(`Hold ${holdId} has no ${type}. Its record types: ${listed(known.types)}.`);
  for (const { recordType, sisId } of except) {
    const ids = rows.filter((row) => row.type === recordType).flatMap((row) => row.ids);
    if (ids.includes(sisId)) continue;
    const [meant] = nearest(sisId, ids);
    throw new UsageError(
      `Hold ${holdId} has no ${recordType} "${sisId}" that could be kept.${meant === undefined ? '' : ` Is "${meant}" meant?`}`,
    );
  }
}
