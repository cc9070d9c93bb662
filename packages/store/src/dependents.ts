import type { RecordType } from '@rollbook/core';
import type { PoolClient } from 'pg';
import type { DiffInput } from './diff.ts';
import { recognisedSql } from './recognised.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** Records that cannot outlive those they join (guard §6): by column, the record types it points to. */
export const DEPENDENT_TYPES: Readonly<
  Record<'enrollments' | 'guardianships', Readonly<Record<string, readonly RecordType[]>>>
> = {
  enrollments: { class_id: ['classes'], person_id: ['students', 'staff', 'guardians'] },
  guardianships: { student_id: ['students'], guardian_id: ['guardians'] },
};

export type DependentCounts = Partial<Record<RecordType, number>>;

/**
 * The record is left by whom it joins. One id may be that of several people's records, such as a teacher who is a parent
 * too: it is left when the last of them goes.
 */
function parentWith(actions: string, changes: string, column: string, types: readonly RecordType[]): string {
  const others = types.length === 1 ? [] : types.map((type) => `NOT EXISTS (${staysSql(type, changes)})`);
  const conditions = [
    actions,
    `p.sis_id = r.${column}`,
    `p.record_type IN (${types.map((type) => `'${type}'`).join(', ')})`,
    ...others,
  ];
  return `EXISTS (SELECT 1 FROM ${changes} p WHERE ${conditions.join(' AND ')})`;
}

const staysSql = (type: RecordType, changes: string): string =>
  `SELECT 1 FROM ${type} o WHERE o.district_id = $1 AND o.sis_id = p.sis_id AND o.status = 'active' AND NOT EXISTS (
     SELECT 1 FROM ${changes} q WHERE q.record_type = '${type}' AND q.sis_id = o.sis_id AND q.action IN ('a', 'l'))`;

/** Their enrollments and guardianships move with a relinked record, and count as little as those that end. */
const ARCHIVED = `p.action = 'a'`;
const RELINKED_OR_ARCHIVED = `p.action IN ('a', 'l')`;

/**
 * Marks the archives that follow from another archive as dependents, and adds those that the data did not list: in a
 * delta, of a type not delivered, or on a row that could not be used because its student or class is gone.
 */
export async function addDependents(sql: PoolClient, input: DiffInput, changes: string): Promise<DependentCounts> {
  const counts: DependentCounts = {};
  const { rows } = await sql.query(`SELECT 1 FROM ${changes} WHERE action IN ('a', 'l') LIMIT 1`);
  if (rows.length === 0) return counts;
  for (const [recordType, columns] of Object.entries(DEPENDENT_TYPES) as [
    'enrollments' | 'guardianships',
    Record<string, RecordType[]>,
  ][]) {
    const hasParent = (actions: string): string =>
      Object.entries(columns)
        .map(([column, types]) => parentWith(actions, changes, column, types))
        .join(' OR ');
    await sql.query(
      `UPDATE ${changes} c SET is_dependent = true FROM ${recordType} r
       WHERE c.record_type = '${recordType}' AND c.action = 'a' AND r.district_id = $1 AND r.sis_id = c.sis_id
         AND (${hasParent(RELINKED_OR_ARCHIVED)})`,
      [input.districtId],
    );
    const isDelivered = input.contents.types[recordType] !== undefined;
    await sql.query(
      `INSERT INTO ${changes} (record_type, sis_id, action, school_id, is_dependent)
       SELECT '${recordType}', r.sis_id, 'a', ${recordType === 'enrollments' ? 'r.school_id' : 'NULL'}, true
       FROM ${recordType} r
       WHERE r.district_id = $1 AND r.sync_id = $2 AND r.status = 'active' AND (${hasParent(ARCHIVED)})
         AND NOT EXISTS (SELECT 1 FROM ${changes} c
                         WHERE c.record_type = '${recordType}' AND c.sis_id = r.sis_id AND c.action = 'a')
         ${
           isDelivered
             ? `AND NOT EXISTS (SELECT 1 FROM ${snapshotTable(input.prefix, recordType)} s WHERE s.sis_id = r.sis_id AND s.presence = 'p')
         AND NOT ${recognisedSql(input.prefix, recordType, input.contents.types[recordType], 'r', '$2')}`
             : ''
         }`,
      [input.districtId, input.syncId],
    );
    const { rows: counted } = await sql.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM ${changes} WHERE record_type = $1 AND is_dependent`,
      [recordType],
    );
    const count = counted[0]?.count ?? 0;
    if (count > 0) counts[recordType] = count;
  }
  return counts;
}
