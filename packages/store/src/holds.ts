import type { RunSettings } from '@rollbook/core';
import type { SnapshotContents } from '@rollbook/pipeline';
import type { ClientBase } from 'pg';
import { changesTable } from './changes.ts';
import type { Sql } from './database.ts';
import { PERSON_TYPES } from './effective-values.ts';
import { firstWithholdingRun } from './hold-evidence.ts';
import { pairsSql } from './rekeyed-pairs.ts';

export interface HoldScope {
  readonly runId: number;
  readonly districtId: string;
  readonly syncId: string;
  readonly prefix: string;
  readonly contents: SnapshotContents;
  readonly settings: Pick<RunSettings, 'additionsOnly' | 'recordTypes'>;
}

/**
 * Brings the sync's hold in line with what a run withheld (guard §23), in the transaction that applies the run. The same
 * records: the hold is confirmed. Other records: a new hold replaces it, and somebody is to be told. Nothing: it is
 * resolved, unless the run did not look at everything.
 */
export async function settleHold(sql: ClientBase, scope: HoldScope): Promise<void> {
  if (scope.settings.additionsOnly) return;
  const { runId, syncId, prefix } = scope;
  const { rows } = await sql.query<{ fingerprint: string | null; count: number }>(
    `SELECT ${fingerprintSql('c.record_type', 'c.sis_id')} AS fingerprint, count(*)::integer AS count
     FROM ${changesTable(prefix)} c WHERE c.action = 'w'`,
  );
  const { fingerprint, count } = rows[0] as { fingerprint: string | null; count: number };
  if (fingerprint === null) {
    if (scope.settings.recordTypes === 'all') await closeOpen(sql, syncId, 'resolved');
    return;
  }
  const { rowCount: known } = await sql.query(
    `UPDATE holds h SET last_run_id = $3, confirmed_at = now(), source_fingerprint = r.source_fingerprint
     FROM runs r WHERE r.id = $3 AND h.sync_id = $1 AND h.status = 'open' AND h.fingerprint = $2`,
    [syncId, fingerprint, runId],
  );
  if (known !== 1) await openHold(sql, scope, fingerprint, count);
}

/** Of a set of records: types and ids in order, digested. */
export const fingerprintSql = (type: string, id: string): string =>
  `encode(sha256(convert_to(string_agg(${type} || E'\\t' || ${id}, E'\\n' ORDER BY ${type}, ${id}), 'UTF8')), 'hex')`;

async function openHold(sql: ClientBase, scope: HoldScope, fingerprint: string, count: number): Promise<void> {
  const { runId, districtId, syncId, prefix, contents } = scope;
  const replaced = await closeOpen(sql, syncId, 'replaced');
  const { rows } = await sql.query<{ id: number }>(
    `INSERT INTO holds (district_id, sync_id, run_id, last_run_id, fingerprint, record_count, source_fingerprint, since_run_id)
     SELECT $1, $2, id, id, $4, $5, source_fingerprint, id FROM runs WHERE id = $3 RETURNING id`,
    [districtId, syncId, runId, fingerprint, count],
  );
  const { id } = rows[0] as { id: number };
  if (replaced !== null) await sql.query('UPDATE holds SET replaced_by = $2 WHERE id = $1', [replaced, id]);
  await sql.query(
    `INSERT INTO hold_records (hold_id, record_type, sis_id, school_id)
     SELECT $1, record_type, sis_id, school_id FROM ${changesTable(prefix)} WHERE action = 'w'`,
    [id],
  );
  const since = await firstWithholdingRun(sql, { syncId, prefix, runId });
  for (const recordType of PERSON_TYPES)
    await sql.query(
      `INSERT INTO hold_pairs (hold_id, record_type, sis_id, new_id)
       SELECT ${id}, '${recordType}', p.old_id, p.new_id FROM (${pairsSql({ prefix, contents }, recordType)}) p
       JOIN hold_records h ON h.hold_id = ${id} AND h.record_type = '${recordType}' AND h.sis_id = p.old_id`,
      [districtId, syncId, since],
    );
  await sql.query('INSERT INTO alerts (hold_id) VALUES ($1)', [id]);
}

async function closeOpen(sql: Sql, syncId: string, status: 'resolved' | 'replaced'): Promise<number | null> {
  const { rows } = await sql.query<{ id: number }>(
    `UPDATE holds SET status = $2, closed_at = now() WHERE sync_id = $1 AND status = 'open' RETURNING id`,
    [syncId, status],
  );
  return rows[0]?.id ?? null;
}
