import { RECORD_TYPES, emptyCounts, type RecordCounts, type RecordType } from '@rollbook/core';
import type { RunSettings, Withheld } from '@rollbook/core';
import { RosterMoved, type CountedWarning, type Difference, type SnapshotContents } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { adopt } from './adoptions.ts';
import { validApprovalsSql } from './approved.ts';
import { changesTable } from './changes.ts';
import { columnsOf } from './columns.ts';
import { differsAssignment, effectiveSql } from './effective-values.ts';
import { endAlong } from './end-along.ts';
import { isFreeSql } from './held-elsewhere.ts';
import { settleKept } from './kept-records.ts';
import { relink } from './relink.ts';
import { returnAlong } from './return-along.ts';
import { changedFieldsSql, fieldsSql } from './roster-changes.ts';
import { writeWarnings } from './run-details.ts';
import { verifySnapshot, verifyTables } from './snapshot-verify.ts';
import { snapshotTable } from './snapshot-writer.ts';
import { verifyTouched } from './touched.ts';
import { withholdUpdates } from './withheld-updates.ts';

/** A record type in a school (or in the district, null) whose archives are withheld, unless approved. */
export interface WithheldGroup {
  readonly recordType: RecordType;
  readonly school: string | null;
}

export interface ApplyInput {
  readonly runId: number;
  readonly prefix: string;
  readonly contents: SnapshotContents;
  readonly districtId: string;
  readonly syncId: string;
  readonly settings: RunSettings;
  readonly difference: Difference;
  readonly withheld: readonly WithheldGroup[];
  /** Whose updates are withheld (guard §36); left out: nobody's. */
  readonly withheldUpdates?: Withheld;
}

/**
 * Commits a change set to the roster with its audit, inside the caller's transaction: creates, updates and restores, then
 * the archives that are not withheld and what goes with them.
 *
 * @returns what was done, by record type; `withheld` counts roots, `skipped` the rows that could not be used.
 * @throws RosterMoved if the roster or an approval is not what was compared; SnapshotLost if a table is not whole.
 */
export async function apply(sql: PoolClient, input: ApplyInput): Promise<Record<RecordType, RecordCounts>> {
  await lockRoster(sql, input);
  await verifySnapshot(sql, input.prefix, input.contents);
  await verifyTables(sql, new Map([[changesTable(input.prefix), input.difference.changeCount]]));
  await verifyTouched(sql, input, input.difference.touched);
  await decideArchives(sql, input);
  const notUpdated: Partial<Record<RecordType, number>> = input.withheldUpdates
    ? await withholdUpdates(sql, input.prefix, input.withheldUpdates)
    : {};

  const counts = emptyCounts();
  const adopted = await adopt(sql, input);
  for (const recordType of ['schools', 'classes'] as const) counts[recordType].updated = adopted[recordType];
  for (const recordType of RECORD_TYPES) {
    const count = counts[recordType];
    const difference = input.difference.types[recordType];
    count.skipped = input.contents.types[recordType]?.unusable ?? 0;
    if (!difference) continue;
    count.unchanged = difference.unchanged + difference.keptArchived;
    if (difference.created > 0) count.created = await create(sql, input, recordType, difference.created);
    count.withheldUpdates = notUpdated[recordType] ?? 0;
    const updated = difference.updated - count.withheldUpdates;
    const rewritten = updated + difference.restored + difference.rehashed;
    if (rewritten > 0) await rewrite(sql, input, recordType, rewritten);
    count.updated += updated;
    count.restored = difference.restored;
  }
  for (const recordType of RECORD_TYPES) Object.assign(counts[recordType], await archive(sql, input, recordType));
  const warnings: CountedWarning[] = [];
  for (const recordType of ['enrollments', 'guardianships'] as const) {
    const ended = await endAlong(sql, input, recordType);
    counts[recordType].archived += ended.count;
    warnings.push(...ended.warnings);
  }
  for (const [recordType, restored] of Object.entries(await returnAlong(sql, input)) as [RecordType, number][])
    counts[recordType].restored += restored;
  for (const [recordType, { updated, archived }] of Object.entries(await relink(sql, input)) as [
    RecordType,
    { updated: number; archived: number },
  ][]) {
    counts[recordType].updated += updated;
    counts[recordType].archived += archived;
  }
  await settleKept(sql, input);
  await writeWarnings(sql, input.runId, 'apply', warnings);
  return counts;
}

/** Nobody else changes this roster until the transaction ends, and nobody has since it was compared. */
async function lockRoster(sql: PoolClient, { districtId, syncId, difference }: ApplyInput): Promise<void> {
  // NO KEY: requests for runs of the district, which refer to its row, go on meanwhile.
  const { rows } = await sql.query<{ version: string }>(
    'SELECT roster_version::text AS version FROM districts WHERE id = $1 FOR NO KEY UPDATE',
    [districtId],
  );
  if (rows[0]?.version !== difference.rosterVersion) throw new RosterMoved('another run changed the roster');
  // Whoever decides on the open hold meanwhile waits, and finds it as this run leaves it.
  await sql.query(`SELECT 1 FROM holds WHERE sync_id = $1 AND status = 'open' FOR UPDATE`, [syncId]);
  const approvalIds = await lockValidApprovals(sql, syncId);
  if (approvalIds.join() !== difference.approvalIds.join())
    throw new RosterMoved('an approval was given, used or withdrawn');
  await sql.query('UPDATE districts SET roster_version = roster_version + 1 WHERE id = $1', [districtId]);
}

async function lockValidApprovals(sql: PoolClient, syncId: string): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>(`${validApprovalsSql} FOR UPDATE OF a`, [syncId]);
  return rows.map((row) => row.id);
}

/** From here on, action 'w' marks the archives withheld. */
async function decideArchives(sql: PoolClient, { prefix, withheld }: ApplyInput): Promise<void> {
  if (withheld.length === 0) return;
  await sql.query(
    `UPDATE ${changesTable(prefix)} c SET action = 'w'
     FROM unnest($1::text[], $2::text[]) AS w (record_type, school_id)
     WHERE c.action = 'a' AND NOT c.is_dependent AND NOT c.is_approved
       AND c.record_type = w.record_type AND c.school_id IS NOT DISTINCT FROM w.school_id`,
    [withheld.map((group) => group.recordType), withheld.map((group) => group.school)],
  );
}

async function create(sql: PoolClient, input: ApplyInput, recordType: RecordType, expected: number): Promise<number> {
  const columns = columnsOf(recordType).map((column) => column.name);
  const { rowCount } = await sql.query(
    `INSERT INTO ${recordType} (district_id, sis_id, ${columns.join(', ')}, sync_id, created_run_id, source_hash)
     SELECT $1, s.sis_id, ${columns.map((name) => `s.${name}`).join(', ')}, $2, $3, s.source_hash
     FROM ${snapshotTable(input.prefix, recordType)} s
     WHERE s.presence = 'p'
       AND NOT EXISTS (SELECT 1 FROM ${recordType} r WHERE r.district_id = $1 AND r.sis_id = s.sis_id)`,
    [input.districtId, input.syncId, input.runId],
  );
  if (rowCount !== expected) throw new RosterMoved(`${rowCount} ${recordType} to create, not ${expected}`);
  return expected;
}

/**
 * Updates and restores: both give the record what the data says; before and after go to the audit. A restored record may be
 * one of another sync that archived it: it is this sync's from now on (guard §39).
 */
async function rewrite(sql: PoolClient, input: ApplyInput, recordType: RecordType, expected: number): Promise<void> {
  const { settings } = input;
  const columns = columnsOf(recordType).map((column) => column.name);
  const effective = (name: string): string => effectiveSql(recordType, name, settings);
  const joined = `${changesTable(input.prefix)} c
     JOIN ${snapshotTable(input.prefix, recordType)} s ON s.sis_id = c.sis_id
     JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = c.sis_id`;
  await sql.query(
    `INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after)
     SELECT $2, '${recordType}', c.sis_id, $1, CASE c.action WHEN 'u' THEN 'update' ELSE 'restore' END,
       ${changedFieldsSql('n', 'o')}, ${changedFieldsSql('o', 'n')}
     FROM ${joined}
     CROSS JOIN LATERAL (SELECT ${fieldsSql(recordType, 'r')} || jsonb_build_object('status', r.status, 'sync_id', r.sync_id) AS fields) o
     CROSS JOIN LATERAL (SELECT jsonb_build_object(${columns.map((name) => `'${name}', ${effective(name)}`).join(', ')}, 'status', 'active', 'sync_id', $3::text) AS fields) n
     WHERE c.record_type = '${recordType}' AND c.action IN ('u', 'r')`,
    [input.districtId, input.runId, input.syncId],
  );
  // By hand a record may have been archived, or taken from the sync, since it was compared.
  const { rowCount } = await sql.query(
    `UPDATE ${recordType} r SET ${columns.map((name) => `${name} = ${effective(name)}`).join(', ')},
       ${differsAssignment(recordType, settings)} source_hash = s.source_hash,
       status = 'active', archived_by = NULL, archived_run_id = NULL, sync_id = $3,
       changed_run_id = CASE c.action WHEN 'h' THEN r.changed_run_id ELSE $2 END
     FROM ${changesTable(input.prefix)} c JOIN ${snapshotTable(input.prefix, recordType)} s ON s.sis_id = c.sis_id
     WHERE c.record_type = '${recordType}' AND c.action IN ('u', 'r', 'h') AND r.district_id = $1 AND r.sis_id = c.sis_id
       AND (r.sync_id = $3 OR c.action = 'r' AND ${isFreeSql('r')})
       AND r.status = CASE c.action WHEN 'r' THEN 'archived' ELSE 'active' END`,
    [input.districtId, input.runId, input.syncId],
  );
  if (rowCount !== expected) throw new RosterMoved(`${rowCount} ${recordType} to change, not ${expected}`);
}

async function archive(
  sql: PoolClient,
  input: ApplyInput,
  recordType: RecordType,
): Promise<Pick<RecordCounts, 'archived' | 'withheld' | 'kept' | 'inGrace'>> {
  const { rows } = await sql.query<Record<'archived' | 'withheld' | 'kept' | 'inGrace', number>>(
    `SELECT (count(*) FILTER (WHERE action = 'a' AND NOT is_dependent))::integer AS archived,
       (count(*) FILTER (WHERE action = 'w'))::integer AS withheld,
       (count(*) FILTER (WHERE action = 'k'))::integer AS kept,
       (count(*) FILTER (WHERE action = 'g'))::integer AS "inGrace"
     FROM ${changesTable(input.prefix)} WHERE record_type = $1`,
    [recordType],
  );
  const counts = rows[0] ?? { archived: 0, withheld: 0, kept: 0, inGrace: 0 };
  const { archived } = counts;
  if (archived > 0) {
    const rowCount = await archiveRoots(sql, input, recordType);
    if (rowCount !== archived) throw new RosterMoved(`${rowCount} ${recordType} to archive, not ${archived}`);
  }
  return counts;
}

async function archiveRoots(sql: PoolClient, input: ApplyInput, recordType: RecordType): Promise<number> {
  const { rowCount } = await sql.query(
    `WITH archived AS (
       UPDATE ${recordType} r SET status = 'archived', archived_by = 'sync', archived_run_id = $2
       FROM ${changesTable(input.prefix)} c
       WHERE c.record_type = '${recordType}' AND c.action = 'a' AND NOT c.is_dependent
         AND r.district_id = $1 AND r.sis_id = c.sis_id AND r.sync_id = $3 AND r.status = 'active'
       RETURNING r.sis_id, c.is_approved
     )
     INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after, is_approved)
     SELECT $2, '${recordType}', sis_id, $1, 'archive', '{"status": "active"}', '{"status": "archived"}', is_approved
     FROM archived`,
    [input.districtId, input.runId, input.syncId],
  );
  return rowCount ?? 0;
}
