import type { RecordType } from '@rollbook/core';
import type { SnapshotContents, TypeContents } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { restoresUserArchived } from './archived-ends.ts';
import { changesTable } from './changes.ts';
import { homeSchoolSql } from './columns.ts';
import type { DiffInput } from './diff.ts';
import { isPersonType, isRecognisableSql, isSameSql } from './effective-values.ts';
import { isFreeSql } from './held-elsewhere.ts';
import { FEW_ROWS } from './plans.ts';
import { isMissedSql, missedTable, touchedSql } from './recognised.ts';
import { inScopeSql, scopeParameter } from './scope.ts';
import { snapshotTable } from './snapshot-writer.ts';

/**
 * `c` create, `u` update, `r` restore, `a` archive, `h` hash only, `f` foreign, `k` kept archived, `n` nothing, `-` a row
 * that is no present record.
 */
type Action = 'c' | 'u' | 'r' | 'a' | 'h' | 'f' | 'k' | 'n' | '-';
export type ActionCounts = Record<Action, number>;

export interface Comparison {
  readonly counts: ActionCounts;
  /** Active managed records in scope, by school, in the order of the schools (guard §1). */
  readonly active: readonly { readonly school: string | null; readonly count: number }[];
}

export const NO_ACTIONS: ActionCounts = { c: 0, u: 0, r: 0, a: 0, h: 0, f: 0, k: 0, n: 0, '-': 0 };

/** Fills the change set with one record type's updates, restores and archives, and counts every action. */
export async function compare(
  sql: PoolClient,
  input: DiffInput,
  recordType: RecordType,
  delivered: TypeContents,
): Promise<Comparison> {
  const table = snapshotTable(input.prefix, recordType);
  const scope = scopeParameter(recordType, input.scope);
  const inScope = inScopeSql(recordType, 'r', '$3');
  const school = homeSchoolSql(recordType, 'r');
  // What people keep for themselves may have become the sync's again, or may not be what it was.
  const isUnchanged = `r.source_hash = s.source_hash${isPersonType(recordType) ? ' AND NOT r.differs_from_source' : ''}`;
  const { rows } = await sql.query<{ action: Action; count: number }>(
    `WITH compared AS (
       SELECT s.sis_id, ${school} AS school_id,
         CASE
           WHEN s.presence = 'p' THEN
             CASE
               WHEN r.sis_id IS NULL THEN 'c'
               WHEN r.sync_id IS DISTINCT FROM $2 AND NOT ${isFreeSql('r')} THEN 'f'
               WHEN r.status = 'active' THEN CASE WHEN ${isUnchanged} THEN 'n' ELSE 'u' END
               WHEN r.archived_by = 'user' AND NOT $4::boolean THEN 'k'
               ELSE 'r'
             END
           WHEN ${endsSql(delivered)} AND r.sync_id = $2 AND r.status = 'active' AND ${inScope} THEN 'a'
           ELSE '-'
         END AS action
       FROM ${table} s LEFT JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = s.sis_id
       UNION ALL
       SELECT r.sis_id, ${school}, 'a'
       FROM ${recordType} r ${joinMissed(input, recordType, delivered)}
       WHERE ${delivered.delivery === 'full'} AND r.district_id = $1 AND r.sync_id = $2 AND r.status = 'active' AND ${inScope}
         AND ${wasMissedSql(input, recordType, delivered)}
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
    [input.districtId, input.syncId, scope, restoresUserArchived(recordType, input.settings)],
  );
  const counts = { ...NO_ACTIONS };
  for (const { action, count } of rows) counts[action] = count;
  if (counts.u > 0) await settleSame(sql, input, recordType, counts);
  const active = await countActive(sql, input, recordType);
  return { counts, active };
}

/** Updates that would change nothing: of some only the hash has to be noted, so that the row is recognised from now on. */
async function settleSame(
  sql: PoolClient,
  input: DiffInput,
  recordType: RecordType,
  counts: ActionCounts,
): Promise<void> {
  const same = `${changesTable(input.prefix)} c JOIN ${snapshotTable(input.prefix, recordType)} s ON s.sis_id = c.sis_id
     JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = c.sis_id
     WHERE c.record_type = '${recordType}' AND c.action = 'u' AND ${isSameSql(recordType, input.settings)}`;
  const { rows } = await sql.query<{ noted: number; dropped: number }>(
    `WITH same AS (SELECT c.ctid AS row, r.source_hash IS NOT DISTINCT FROM s.source_hash AS is_noted FROM ${same}),
     noted AS (UPDATE ${changesTable(input.prefix)} c SET action = 'h' FROM same WHERE c.ctid = same.row AND NOT is_noted),
     dropped AS (DELETE FROM ${changesTable(input.prefix)} c USING same WHERE c.ctid = same.row AND is_noted)
     SELECT (count(*) FILTER (WHERE NOT is_noted))::integer AS noted, (count(*) FILTER (WHERE is_noted))::integer AS dropped
     FROM same`,
    [input.districtId],
  );
  const { noted = 0, dropped = 0 } = rows[0] ?? {};
  counts.u -= noted + dropped;
  counts.h += noted;
  counts.n += dropped;
}

/** Active managed records in scope, by school. */
export async function countActive(
  sql: PoolClient,
  { districtId, syncId, scope }: Pick<DiffInput, 'districtId' | 'syncId' | 'scope'>,
  recordType: RecordType,
): Promise<Comparison['active']> {
  const { rows } = await sql.query<Comparison['active'][number]>(
    `SELECT ${homeSchoolSql(recordType, 'r')} AS school, count(*)::integer AS count FROM ${recordType} r
     WHERE r.district_id = $1 AND r.sync_id = $2 AND r.status = 'active' AND ${inScopeSql(recordType, 'r', '$3')} GROUP BY 1`,
    [districtId, syncId, scopeParameter(recordType, scope)],
  );
  return rows.sort((a, b) => ((a.school ?? '') < (b.school ?? '') ? -1 : 1));
}

/**
 * Rows that end a record: in a full delivery all but those that could not be used and those whose place cannot be told
 * (guard §37), in a delta those that say so.
 */
function endsSql({ delivery }: TypeContents): string {
  return delivery === 'full' ? `s.presence NOT IN ('s', 'l', 'u')` : `s.presence IN ('g', 'o')`;
}

/** Of the records that stand in no row of the snapshot only those that were not recognised are gone. */
function joinMissed({ prefix, contents }: DiffInput, recordType: RecordType, { recognised }: TypeContents): string {
  if (recognised === 0 || contents.recognition.missed <= FEW_ROWS) return '';
  return `LEFT JOIN ${missedTable(prefix)} m ON m.record_type = '${recordType}' AND m.source_hash = r.source_hash`;
}

/**
 * Who cannot be recognised now may have been, if somebody has touched the record since (guard §40). Few hashes are looked
 * up in memory whatever the planner thinks of the roster; many might not fit, and are joined.
 */
function wasMissedSql({ prefix, contents }: DiffInput, recordType: RecordType, { recognised }: TypeContents): string {
  if (recognised === 0) return 'true';
  const isMissed =
    contents.recognition.missed <= FEW_ROWS ? isMissedSql(prefix, recordType, 'r') : 'm.source_hash IS NOT NULL';
  return `(${isMissed} OR NOT ${isRecognisableSql(recordType, 'r')} AND NOT ${touchedSql(prefix, recordType, 'r')})`;
}

/** How many rows of the snapshot say that a record is there. */
export async function countPresent(
  sql: PoolClient,
  prefix: string,
  recordType: RecordType,
  contents: SnapshotContents,
): Promise<number> {
  if (!contents.types[recordType]) return 0;
  const { rows } = await sql.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM ${snapshotTable(prefix, recordType)} WHERE presence = 'p'`,
  );
  return rows[0]?.count ?? 0;
}
