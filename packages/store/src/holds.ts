import { holdNote, type RunSettings } from '@rollbook/core';
import type { Scope, SnapshotContents } from '@rollbook/pipeline';
import type { ClientBase } from 'pg';
import { changesTable } from './changes.ts';
import type { Sql } from './database.ts';
import { PERSON_TYPES } from './effective-values.ts';
import { firstWithholdingRun } from './hold-evidence.ts';
import { lookAtHeld, noteSeen, type HeldCounts, type OpenHold } from './hold-look.ts';
import { pairsSql } from './rekeyed-pairs.ts';

export interface HoldScope {
  readonly runId: number;
  readonly districtId: string;
  readonly syncId: string;
  readonly prefix: string;
  readonly contents: SnapshotContents;
  readonly scope: Scope;
  readonly settings: Pick<RunSettings, 'additionsOnly' | 'recordTypes'>;
}

/**
 * Brings the sync's hold in line with what a run withheld and saw (guard §23, §33), in the transaction that applies the
 * run. Held records that are back, decided or gone leave it; those still absent stay, and so do those that the run did not
 * look at. Nothing left: it is resolved. The same records: it is confirmed. Others: a new hold replaces it, and somebody is
 * to be told.
 */
export async function settleHold(sql: ClientBase, scope: HoldScope): Promise<void> {
  const open = await readOpenHold(sql, scope.syncId);
  if (scope.settings.additionsOnly) {
    if (open !== null) await noteSeen(sql, scope, open.id);
    return;
  }
  if (open !== null) await forgetSeen(sql, open, scope);
  const looked = open === null ? NOTHING_HELD : await lookAtHeld(sql, scope, open.id);
  const joined = await countJoined(sql, scope, open);
  if (looked.stay === 0 && joined === 0) {
    if (open === null) return;
    await close(sql, open.id, 'resolved');
    return noteOn(sql, scope, open, looked);
  }
  const hasLeft = Object.keys(looked.left).length > 0;
  if (open === null || hasLeft || joined > 0) {
    await openHold(sql, scope, open, looked.unseen === 0);
    if (open !== null) await noteOn(sql, scope, open, looked);
    return;
  }
  if (looked.unseen === 0) await confirm(sql, open, scope);
  // The run of an approval looks at no data, and has nothing to say of the rest.
  const hasLooked = Object.keys(scope.contents.types).length > 0;
  if (hasLooked && looked.stay > looked.missing) await noteOn(sql, scope, open, looked);
}

const NOTHING_HELD: HeldCounts = { left: {}, stay: 0, missing: 0, unseen: 0 };

/** Tells in the notes of the run what became of the hold, and why. */
async function noteOn(sql: Sql, { runId }: HoldScope, open: OpenHold, looked: HeldCounts): Promise<void> {
  const { rows } = await sql.query<{ outcome: 'open' | 'resolved' | 'replaced'; isThresholdChanged: boolean }>(
    `SELECT h.status AS outcome, (l.settings -> 'threshold') <> (r.settings -> 'threshold') AS "isThresholdChanged"
     FROM holds h JOIN runs l ON l.id = h.last_run_id JOIN runs r ON r.id = $2 WHERE h.id = $1`,
    [open.id, runId],
  );
  if (!rows[0]) return;
  const note = holdNote({ hold: String(open.id), left: looked.left, stay: looked.stay, ...rows[0] });
  await sql.query('UPDATE runs SET notes = notes || $2::text WHERE id = $1', [runId, note]);
}

async function readOpenHold(sql: Sql, syncId: string): Promise<OpenHold | null> {
  const { rows } = await sql.query<OpenHold>(`SELECT id FROM holds WHERE sync_id = $1 AND status = 'open' FOR UPDATE`, [
    syncId,
  ]);
  return rows[0] ?? null;
}

/** What the run withheld that the hold did not keep before. */
async function countJoined(sql: Sql, { prefix }: HoldScope, open: OpenHold | null): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM (
       SELECT record_type, sis_id FROM ${changesTable(prefix)} WHERE action = 'w'
       EXCEPT SELECT record_type, sis_id FROM hold_records WHERE hold_id = $1 AND left_because IS NULL) j`,
    [open?.id ?? 0],
  );
  return rows[0]?.count ?? 0;
}

/** What an additions-only run saw in between, and this run withholds, is missing again. */
async function forgetSeen(sql: Sql, { id }: OpenHold, { prefix }: HoldScope): Promise<void> {
  await sql.query(
    `UPDATE hold_records h SET seen_run_id = NULL FROM ${changesTable(prefix)} c
     WHERE h.hold_id = $1 AND h.seen_run_id IS NOT NULL AND c.record_type = h.record_type AND c.sis_id = h.sis_id AND c.action = 'w'`,
    [id],
  );
}

/** The same records, and every one was looked at. */
async function confirm(sql: Sql, { id }: OpenHold, { runId }: HoldScope): Promise<void> {
  await sql.query(
    `UPDATE holds h SET last_run_id = $2, confirmed_at = now(), source_fingerprint = r.source_fingerprint
     FROM runs r WHERE r.id = $2 AND h.id = $1`,
    [id, runId],
  );
}

/** Of a set of records: types and ids in order, digested. */
export const fingerprintSql = (type: string, id: string): string =>
  `encode(sha256(convert_to(string_agg(${type} || E'\\t' || ${id}, E'\\n' ORDER BY ${type}, ${id}), 'UTF8')), 'hex')`;

/**
 * A hold in place of the former one, with its baseline. While some of its records were not looked at, it is as old, and of
 * the same source, as the former one was.
 */
async function openHold(
  sql: ClientBase,
  scope: HoldScope,
  former: OpenHold | null,
  isLookedAt: boolean,
): Promise<void> {
  const { runId, districtId, syncId, prefix } = scope;
  if (former !== null) await close(sql, former.id, 'replaced');
  const { rows } = await sql.query<{ id: number }>(
    `INSERT INTO holds (district_id, sync_id, run_id, last_run_id, fingerprint, record_count, since_run_id,
       source_fingerprint, confirmed_at)
     SELECT $1, $2, r.id, r.id, '', 0, coalesce(f.since_run_id, r.id),
       CASE WHEN $5 OR f.id IS NULL THEN r.source_fingerprint ELSE f.source_fingerprint END,
       CASE WHEN $5 OR f.id IS NULL THEN now() ELSE f.confirmed_at END
     FROM runs r LEFT JOIN holds f ON f.id = $4 WHERE r.id = $3 RETURNING id`,
    [districtId, syncId, runId, former?.id ?? null, isLookedAt],
  );
  const { id } = rows[0] as { id: number };
  if (former !== null) await sql.query('UPDATE holds SET replaced_by = $2 WHERE id = $1', [former.id, id]);
  await sql.query(
    `INSERT INTO hold_records (hold_id, record_type, sis_id, school_id)
     SELECT $1, record_type, sis_id, school_id FROM ${changesTable(prefix)} WHERE action = 'w'`,
    [id],
  );
  if (former !== null)
    await sql.query(
      `INSERT INTO hold_records (hold_id, record_type, sis_id, school_id, seen_run_id)
       SELECT $1, record_type, sis_id, school_id, seen_run_id FROM hold_records WHERE hold_id = $2 AND left_because IS NULL
       ON CONFLICT DO NOTHING`,
      [id, former.id],
    );
  await sql.query(
    `UPDATE holds SET (fingerprint, record_count) = (
       SELECT ${fingerprintSql('h.record_type', 'h.sis_id')}, count(*) FROM hold_records h WHERE h.hold_id = $1)
     WHERE id = $1`,
    [id],
  );
  await findPairs(sql, scope, id, former);
  await sql.query('INSERT INTO alerts (hold_id) VALUES ($1)', [id]);
}

/** Which held people are in the data under another id; of those not looked at, what was found before. */
async function findPairs(sql: ClientBase, scope: HoldScope, id: number, former: OpenHold | null): Promise<void> {
  const { runId, districtId, syncId, prefix, contents } = scope;
  const since = await firstWithholdingRun(sql, { syncId, prefix, runId });
  for (const recordType of PERSON_TYPES)
    await sql.query(
      `INSERT INTO hold_pairs (hold_id, record_type, sis_id, new_id)
       SELECT ${id}, '${recordType}', p.old_id, p.new_id FROM (${pairsSql({ prefix, contents }, recordType)}) p
       JOIN hold_records h ON h.hold_id = ${id} AND h.record_type = '${recordType}' AND h.sis_id = p.old_id`,
      [districtId, syncId, since],
    );
  if (former === null) return;
  await sql.query(
    `INSERT INTO hold_pairs (hold_id, record_type, sis_id, new_id)
     SELECT $1, p.record_type, p.sis_id, p.new_id
     FROM hold_pairs p JOIN hold_records h ON h.hold_id = $1 AND h.record_type = p.record_type AND h.sis_id = p.sis_id
     WHERE p.hold_id = $2
       AND NOT EXISTS (SELECT 1 FROM ${changesTable(prefix)} c WHERE c.record_type = p.record_type AND c.sis_id = p.sis_id)
     ON CONFLICT DO NOTHING`,
    [id, former.id],
  );
}

async function close(sql: Sql, holdId: number, status: 'resolved' | 'replaced'): Promise<void> {
  await sql.query('UPDATE holds SET status = $2, closed_at = now() WHERE id = $1', [holdId, status]);
}
