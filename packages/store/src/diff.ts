import { RECORD_TYPES, type ArchiveCount, type RecordType } from '@rollbook/core';
import {
  SnapshotLost,
  type CompareOptions,
  type Difference,
  type SnapshotContents,
  type TypeContents,
  type TypeDifference,
} from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { homeSchoolSql } from './columns.ts';
import { addDependents, type DependentCounts } from './dependents.ts';
import { missedTable } from './recognised.ts';
import { inScopeSql, scopeParameter } from './scope.ts';
import { verifySnapshot } from './snapshot-verify.ts';
import { snapshotTable } from './snapshot-writer.ts';

export interface DiffInput extends CompareOptions {
  /** Names the snapshot's tables; the change set is written beside them. */
  readonly prefix: string;
  readonly contents: SnapshotContents;
}

/** `c` create, `u` update, `r` restore, `a` archive, `f` foreign, `k` kept archived, `n` nothing. */
type Action = 'c' | 'u' | 'r' | 'a' | 'f' | 'k' | 'n';
type ActionCounts = Record<Action, number>;

interface Comparison {
  readonly counts: ActionCounts;
  /** Active managed records in scope, by school, in the order of the schools (guard §1). */
  readonly active: readonly { readonly school: string | null; readonly count: number }[];
}

/** The change set's table. Creates are not in it: they are the snapshot's rows that the roster lacks. */
export const changesTable = (prefix: string): string => `snapshot."${prefix}_changes"`;

/**
 * Compares a snapshot with the roster, record type by record type, in the caller's transaction, which must be REPEATABLE
 * READ: what is counted is then what was compared (guard §1).
 *
 * @throws SnapshotLost if the snapshot's tables do not hold what its contents say, or the roster is no longer the one
 *   whose records were recognised while it was written.
 */
export async function diff(sql: PoolClient, input: DiffInput): Promise<Difference> {
  await verifySnapshot(sql, input.prefix, input.contents);
  const { rows: districts } = await sql.query<{ version: string }>(
    'SELECT roster_version::text AS version FROM districts WHERE id = $1',
    [input.districtId],
  );
  const rosterVersion = districts[0]?.version ?? '0';
  if (rosterVersion !== input.contents.recognition.rosterVersion)
    throw new SnapshotLost('the roster changed since its records were recognised');
  const changes = changesTable(input.prefix);
  await sql.query(`DROP TABLE IF EXISTS ${changes}`);
  await sql.query(
    `CREATE UNLOGGED TABLE ${changes} (record_type text NOT NULL, sis_id text COLLATE "C" NOT NULL, action "char" NOT NULL,
       school_id text COLLATE "C", is_dependent boolean NOT NULL DEFAULT false, is_approved boolean NOT NULL DEFAULT false)
     WITH (autovacuum_enabled = false)`,
  );
  const comparisons = await compareAll(sql, input);
  // What follows, apply included, joins it: the planner must know whether it is small or large.
  await sql.query(`ANALYZE ${changes}`);
  const dependents = await addDependents(sql, input, changes);
  const approvalIds = await markApproved(sql, input.syncId, changes);
  const { rows: total } = await sql.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${changes}`);
  return {
    rosterVersion,
    types: summarise(input.contents, comparisons, dependents),
    groups: await measureGroups(sql, comparisons, changes),
    changeCount: total[0]?.count ?? 0,
    approvalIds,
  };
}

type Comparisons = Partial<Readonly<Record<RecordType, Comparison>>>;

const NO_ACTIONS: ActionCounts = { c: 0, u: 0, r: 0, a: 0, f: 0, k: 0, n: 0 };

async function compareAll(sql: PoolClient, input: DiffInput): Promise<Comparisons> {
  const comparisons: { -readonly [T in keyof Comparisons]: Comparisons[T] } = {};
  const { rows: filled } = await sql.query<{ type: RecordType }>(
    RECORD_TYPES.map(
      (type) => `SELECT '${type}' AS type WHERE EXISTS (SELECT 1 FROM ${type} WHERE district_id = $1)`,
    ).join(' UNION ALL '),
    [input.districtId],
  );
  const held = new Set(filled.map(({ type }) => type));
  // The planner cannot know that the groups are few, and would sort all rows.
  await sql.query('SET LOCAL enable_sort = off');
  for (const recordType of RECORD_TYPES) {
    const delivered = input.contents.types[recordType];
    if (!delivered) continue;
    comparisons[recordType] = held.has(recordType)
      ? await compare(sql, input, recordType, delivered)
      : { counts: { ...NO_ACTIONS, c: delivered.present }, active: [] };
  }
  await sql.query('RESET enable_sort');
  return comparisons;
}

/** Fills the change set with one record type's updates, restores and archives, and counts every action. */
async function compare(
  sql: PoolClient,
  input: DiffInput,
  recordType: RecordType,
  delivered: TypeContents,
): Promise<Comparison> {
  const table = snapshotTable(input.prefix, recordType);
  const scope = scopeParameter(recordType, input.scope);
  const inScope = inScopeSql(recordType, 'r', '$3');
  const school = homeSchoolSql(recordType, 'r');
  const { rows } = await sql.query<{ action: Action; count: number }>(
    `WITH compared AS (
       SELECT s.sis_id, ${school} AS school_id,
         CASE
           WHEN s.presence = 'p' THEN
             CASE
               WHEN r.sis_id IS NULL THEN 'c'
               WHEN r.sync_id IS DISTINCT FROM $2 THEN 'f'
               WHEN r.status = 'active' THEN CASE WHEN r.source_hash = s.source_hash THEN 'n' ELSE 'u' END
               WHEN r.archived_by = 'user' AND NOT $4::boolean THEN 'k'
               ELSE 'r'
             END
           WHEN ${endsSql(delivered)} AND r.sync_id = $2 AND r.status = 'active' AND ${inScope} THEN 'a'
           ELSE 'n'
         END AS action
       FROM ${table} s LEFT JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = s.sis_id
       UNION ALL
       SELECT r.sis_id, ${school}, 'a'
       FROM ${recordType} r ${joinMissed(input, recordType, delivered)}
       WHERE ${delivered.delivery === 'full'} AND r.district_id = $1 AND r.sync_id = $2 AND r.status = 'active' AND ${inScope}
         AND NOT EXISTS (SELECT 1 FROM ${table} s WHERE s.sis_id = r.sis_id)
     ), grouped AS (
       SELECT action, school_id, count(*)::integer AS count,
         array_agg(sis_id) FILTER (WHERE action IN ('u', 'r', 'a')) AS ids
       FROM compared GROUP BY 1, 2
     ), written AS (
       INSERT INTO ${changesTable(input.prefix)} (record_type, sis_id, action, school_id)
       SELECT '${recordType}', unnest(ids), action::"char", school_id FROM grouped WHERE ids IS NOT NULL
     )
     SELECT action, sum(count)::integer AS count FROM grouped GROUP BY action`,
    [input.districtId, input.syncId, scope, input.restoreUserArchived],
  );
  const counts = { ...NO_ACTIONS };
  for (const { action, count } of rows) counts[action] = count;
  const { rows: active } = await sql.query<Comparison['active'][number]>(
    `SELECT ${school} AS school, count(*)::integer AS count FROM ${recordType} r
     WHERE r.district_id = $1 AND r.sync_id = $2 AND r.status = 'active' AND ${inScope} GROUP BY 1`,
    [input.districtId, input.syncId, scope],
  );
  return { counts, active: active.sort((a, b) => ((a.school ?? '') < (b.school ?? '') ? -1 : 1)) };
}

/** Rows that end a record: in a full delivery all but those that could not be used, in a delta those that say so. */
function endsSql({ delivery }: TypeContents): string {
  return delivery === 'full' ? `s.presence <> 's'` : `s.presence IN ('g', 'o')`;
}

/** Of the records that stand in no row of the snapshot only those that were not recognised are gone. */
function joinMissed({ prefix }: DiffInput, recordType: RecordType, { recognised }: TypeContents): string {
  if (recognised === 0) return '';
  return `JOIN ${missedTable(prefix)} m ON m.record_type = '${recordType}' AND m.source_hash = r.source_hash`;
}

/** The approvals of sync `$1` that stand (guard §27), in order. */
export const validApprovalsSql = `
  SELECT a.id FROM approvals a JOIN syncs s ON s.id = a.sync_id
  WHERE a.sync_id = $1 AND a.status = 'active' AND a.expires_at > now() AND a.source_fingerprint = s.source_fingerprint
  ORDER BY a.id`;

/** Marks the archives that valid approvals cover, and returns those approvals (guard §27). */
async function markApproved(sql: PoolClient, syncId: string, changes: string): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>(validApprovalsSql, [syncId]);
  const approvalIds = rows.map((row) => row.id);
  if (approvalIds.length === 0) return [];
  await sql.query(
    `UPDATE ${changes} c SET is_approved = true
     FROM hold_records h JOIN approvals a ON a.hold_id = h.hold_id
     WHERE a.id = ANY ($1) AND c.action = 'a' AND NOT c.is_dependent
       AND c.record_type = h.record_type AND c.sis_id = h.sis_id
       AND (a.schools IS NULL OR h.school_id = ANY (a.schools))
       AND (a.record_types IS NULL OR h.record_type = ANY (a.record_types))`,
    [approvalIds],
  );
  return approvalIds;
}

/** Active managed records by type and school, and what of them would be archived, roots only (guard §1, §6). */
async function measureGroups(sql: PoolClient, comparisons: Comparisons, changes: string): Promise<ArchiveCount[]> {
  const { rows } = await sql.query<{ type: RecordType; school: string | null; count: number; approved: number }>(
    `SELECT record_type AS type, school_id AS school, count(*)::integer AS count,
       (count(*) FILTER (WHERE is_approved))::integer AS approved
     FROM ${changes} WHERE action = 'a' AND NOT is_dependent GROUP BY 1, 2`,
  );
  const archives = new Map(rows.map((row) => [`${row.type}/${row.school ?? ''}`, row]));
  return RECORD_TYPES.flatMap((recordType) =>
    (comparisons[recordType]?.active ?? []).map(({ school, count }) => {
      const archive = archives.get(`${recordType}/${school ?? ''}`);
      return { recordType, school, active: count, toArchive: archive?.count ?? 0, approved: archive?.approved ?? 0 };
    }),
  );
}

function summarise(
  contents: SnapshotContents,
  comparisons: Comparisons,
  dependents: DependentCounts,
): Partial<Record<RecordType, TypeDifference>> {
  const types: Partial<Record<RecordType, TypeDifference>> = {};
  for (const recordType of RECORD_TYPES) {
    const count = comparisons[recordType]?.counts ?? NO_ACTIONS;
    const present = contents.types[recordType]?.present ?? 0;
    if (!comparisons[recordType] && !dependents[recordType]) continue;
    types[recordType] = {
      created: count.c,
      updated: count.u,
      restored: count.r,
      unchanged: present - count.c - count.u - count.r - count.f - count.k,
      foreign: count.f,
      keptArchived: count.k,
      dependents: dependents[recordType] ?? 0,
    };
  }
  return types;
}
