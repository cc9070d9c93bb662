import type { RecordType } from '@rollbook/core';
import { isSynced } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { changesTable } from './changes.ts';
import type { DiffInput } from './diff.ts';
import { isRecognisableSql } from './effective-values.ts';
import { planForRun } from './plans.ts';
import { missedTable, touchedTable } from './recognised.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** Records that cannot outlive those they join (guard §6): by column, the record types it points to. */
export const DEPENDENT_TYPES: Readonly<
  Record<'enrollments' | 'guardianships', Readonly<Record<string, readonly RecordType[]>>>
> = {
  enrollments: { class_id: ['classes'], person_id: ['students', 'staff', 'guardians'] },
  guardianships: { student_id: ['students'], guardian_id: ['guardians'] },
};

export type DependentCounts = Partial<Record<RecordType, number>>;

export type DependentType = keyof typeof DEPENDENT_TYPES;

/** True if whatever the record of an alias joins is active; of a person one record of that id is enough. */
export const isWholeSql = (recordType: DependentType, alias: string): string =>
  Object.entries(DEPENDENT_TYPES[recordType])
    .map(([column, types]: [string, readonly RecordType[]]) => isActiveSql(alias, column, types))
    .join(' AND ');

/** True if the column of an alias names an active record of one of the types. */
export const isActiveSql = (alias: string, column: string, types: readonly RecordType[]): string =>
  `(${types
    .map(
      (type) =>
        `EXISTS (SELECT 1 FROM ${type} p WHERE p.district_id = ${alias}.district_id AND p.sis_id = ${alias}.${column} AND p.status = 'active')`,
    )
    .join(' OR ')})`;

/**
 * The common table expression `gone_<column>`: the ids under which whoever a record joins goes (`ends`) or takes another id.
 * One id may be that of several people's records, such as a teacher who is a parent too: it is gone with the last of them.
 */
function goneSql(input: DiffInput, column: string, types: readonly RecordType[]): string {
  const changes = changesTable(input.prefix);
  const going = `SELECT sis_id AS id, bool_or(action = 'a') AS ends FROM ${changes}
       WHERE action IN ('a', 'l') AND record_type IN (${types.map((type) => `'${type}'`).join(', ')}) GROUP BY 1`;
  if (types.length === 1) return `gone_${column} AS MATERIALIZED (${going})`;
  const staying = types.map(
    (type) => `SELECT o.sis_id FROM going_${column} g JOIN ${type} o ON o.district_id = $1 AND o.sis_id = g.id
       WHERE o.status = 'active' AND NOT EXISTS (
         SELECT 1 FROM ${changes} q WHERE q.record_type = '${type}' AND q.sis_id = o.sis_id AND q.action IN ('a', 'l'))`,
  );
  return `going_${column} AS MATERIALIZED (${going}),
     staying_${column} AS MATERIALIZED (${staying.join(' UNION ALL ')}),
     ${comingSql(input, column, types)},
     gone_${column} AS MATERIALIZED (
       SELECT g.id, g.ends AND c.sis_id IS NULL AS ends FROM going_${column} g LEFT JOIN coming_${column} c ON c.sis_id = g.id
       WHERE NOT EXISTS (SELECT 1 FROM staying_${column} s WHERE s.sis_id = g.id))`;
}

/**
 * Who becomes a student or a member of the staff in this run has the id from now on (guard §9): what the data does not list
 * any more ends with the former record, and nothing else.
 */
function comingSql({ prefix, contents, settings }: DiffInput, column: string, types: readonly RecordType[]): string {
  const coming = types
    .filter((type) => contents.types[type] !== undefined && isSynced(type, settings))
    .map(
      (type) =>
        `SELECT s.sis_id FROM going_${column} g JOIN ${snapshotTable(prefix, type)} s ON s.sis_id = g.id AND s.presence = 'p'`,
    );
  return `coming_${column} AS MATERIALIZED (${coming.length === 0 ? 'SELECT NULL::text AS sis_id WHERE false' : coming.join(' UNION ')})`;
}

/**
 * The common table expression `hanging`: active records that join whoever goes, whosever they are (guard §39), each once.
 * `hash` is that by which the row of the data could be recognised, null if it could not.
 */
function hangingSql(recordType: DependentType, columns: readonly string[]): string {
  const school = recordType === 'enrollments' ? 'r.school_id' : 'NULL::text';
  const hash = `CASE WHEN r.sync_id = $2 AND ${isRecognisableSql(recordType, 'r')} THEN r.source_hash END`;
  const joined = columns.map(
    (column) => `SELECT r.sis_id, ${school} AS school_id, ${hash} AS hash, r.sync_id = $2 AS is_own, g.ends
       FROM gone_${column} g JOIN ${recordType} r ON r.district_id = $1 AND r.${column} = g.id
       WHERE r.status = 'active'`,
  );
  return `hanging AS MATERIALIZED (
       SELECT sis_id, school_id, hash, is_own, bool_or(ends) AS ends FROM (${joined.join(' UNION ALL ')}) j GROUP BY 1, 2, 3, 4)`;
}

/**
 * What the data lists of the sync's own stays the data's to say: rows of `hanging` (`h`) that stand in the snapshot, or were
 * recognised and not touched since.
 */
function unlisted({ prefix, contents }: DiffInput, recordType: DependentType): { join: string; where: string } {
  const delivered = contents.types[recordType];
  if (!delivered) return { join: '', where: '' };
  const isAbsent = `AND NOT EXISTS (SELECT 1 FROM ${snapshotTable(prefix, recordType)} s WHERE s.sis_id = h.sis_id AND s.presence = 'p' AND h.is_own)`;
  if (delivered.recognised === 0) return { join: '', where: isAbsent };
  return {
    join: `LEFT JOIN (SELECT DISTINCT source_hash FROM ${missedTable(prefix)} WHERE record_type = '${recordType}') m
           ON m.source_hash = h.hash
           LEFT JOIN ${touchedTable(prefix)} t ON t.record_type = '${recordType}' AND t.sis_id = h.sis_id`,
    where: `${isAbsent} AND (h.hash IS NULL OR m.source_hash IS NOT NULL OR t.sis_id IS NOT NULL)`,
  };
}

/**
 * Marks the archives that follow from another archive as dependents, and adds those that the data did not list: in a
 * delta, of a type not delivered, or on a row that could not be used because its student or class is gone. Enrollments and
 * guardianships move with a relinked record, and count as little as those that end.
 */
export async function addDependents(sql: PoolClient, input: DiffInput, changes: string): Promise<DependentCounts> {
  const counts: DependentCounts = {};
  const { rows: going } = await sql.query(`SELECT 1 FROM ${changes} WHERE action IN ('a', 'l') LIMIT 1`);
  if (going.length === 0) return counts;
  for (const [recordType, columns] of Object.entries(DEPENDENT_TYPES) as [
    DependentType,
    Record<string, RecordType[]>,
  ][]) {
    // What the type before added counts too.
    await planForRun(sql, input);
    const { join, where } = unlisted(input, recordType);
    const { rows } = await sql.query<{ count: number }>(
      `WITH ${Object.entries(columns)
        .map(([column, types]) => goneSql(input, column, types))
        .join(', ')},
       ${hangingSql(recordType, Object.keys(columns))},
       marked AS (
         UPDATE ${changes} c SET is_dependent = true FROM hanging h
         WHERE c.record_type = '${recordType}' AND c.action = 'a' AND c.sis_id = h.sis_id
         RETURNING c.sis_id
       ), added AS (
         INSERT INTO ${changes} (record_type, sis_id, action, school_id, is_dependent)
         SELECT '${recordType}', h.sis_id, 'a', h.school_id, true
         FROM hanging h ${join}
         WHERE h.ends ${where}
           AND NOT EXISTS (SELECT 1 FROM ${changes} c
                           WHERE c.record_type = '${recordType}' AND c.sis_id = h.sis_id AND c.action = 'a')
         RETURNING sis_id
       )
       SELECT ((SELECT count(*) FROM marked) + (SELECT count(*) FROM added))::integer AS count`,
      [input.districtId, input.syncId],
    );
    const count = rows[0]?.count ?? 0;
    if (count > 0) counts[recordType] = count;
  }
  return counts;
}
