import type { RecordType } from '@rollbook/core';
import type { PoolClient } from 'pg';
import type { DiffInput } from './diff.ts';
import { isRecognisableSql } from './effective-values.ts';
import { planForRun } from './plans.ts';
import { missedTable } from './recognised.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** Records that cannot outlive those they join (guard §6): by column, the record types it points to. */
export const DEPENDENT_TYPES: Readonly<
  Record<'enrollments' | 'guardianships', Readonly<Record<string, readonly RecordType[]>>>
> = {
  enrollments: { class_id: ['classes'], person_id: ['students', 'staff', 'guardians'] },
  guardianships: { student_id: ['students'], guardian_id: ['guardians'] },
};

export type DependentCounts = Partial<Record<RecordType, number>>;

type DependentType = keyof typeof DEPENDENT_TYPES;

/**
 * The common table expression `gone_<column>`: the ids under which whoever a record joins goes (`ends`) or takes another id.
 * One id may be that of several people's records, such as a teacher who is a parent too: it is gone with the last of them.
 */
function goneSql(changes: string, column: string, types: readonly RecordType[]): string {
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
     gone_${column} AS MATERIALIZED (
       SELECT g.id, g.ends FROM going_${column} g WHERE NOT EXISTS (SELECT 1 FROM staying_${column} s WHERE s.sis_id = g.id))`;
}

/**
 * The common table expression `hanging`: active records that join whoever goes, each once. `hash` is that by which the row
 * of the data could be recognised, null if it could not.
 */
function hangingSql(recordType: DependentType, columns: readonly string[]): string {
  const school = recordType === 'enrollments' ? 'r.school_id' : 'NULL::text';
  const hash = `CASE WHEN r.sync_id = $2 AND ${isRecognisableSql(recordType, 'r')} THEN r.source_hash END`;
  const joined = columns.map(
    (column) => `SELECT r.sis_id, ${school} AS school_id, ${hash} AS hash, g.ends
       FROM gone_${column} g JOIN ${recordType} r ON r.district_id = $1 AND r.${column} = g.id
       WHERE r.sync_id = $2 AND r.status = 'active'`,
  );
  return `hanging AS MATERIALIZED (
       SELECT sis_id, school_id, hash, bool_or(ends) AS ends FROM (${joined.join(' UNION ALL ')}) j GROUP BY 1, 2, 3)`;
}

/** What the data lists stays the data's to say: rows of `hanging` (`h`) that stand in the snapshot, or were recognised. */
function unlisted({ prefix, contents }: DiffInput, recordType: DependentType): { join: string; where: string } {
  const delivered = contents.types[recordType];
  if (!delivered) return { join: '', where: '' };
  const isAbsent = `AND NOT EXISTS (SELECT 1 FROM ${snapshotTable(prefix, recordType)} s WHERE s.sis_id = h.sis_id AND s.presence = 'p')`;
  if (delivered.recognised === 0) return { join: '', where: isAbsent };
  return {
    join: `LEFT JOIN (SELECT DISTINCT source_hash FROM ${missedTable(prefix)} WHERE record_type = '${recordType}') m
           ON m.source_hash = h.hash`,
    where: `${isAbsent} AND (h.hash IS NULL OR m.source_hash IS NOT NULL)`,
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
        .map(([column, types]) => goneSql(changes, column, types))
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
