import type { RecordType } from '@rollbook/core';
import { DEPENDENT_TYPES } from '../dependents.ts';
import type { Act, Edit } from './act-by-hand.ts';

/** The record types that cannot stand without others. */
export type HangingType = keyof typeof DEPENDENT_TYPES;

/** How many of each type. */
export type HangingCounts = Readonly<Record<HangingType, number>>;

const HANGING_TYPES = Object.keys(DEPENDENT_TYPES) as HangingType[];

/** By which columns a record of one type hangs on another's; none: it stands by itself. */
const columnsTo = (child: HangingType, parent: RecordType): string[] =>
  Object.entries(DEPENDENT_TYPES[child]).flatMap(([column, types]) => (types.includes(parent) ? [column] : []));

/** What a record hangs on, by its columns; nothing for types that stand by themselves. */
export const standsOn = (recordType: RecordType): Readonly<Record<string, readonly RecordType[]>> =>
  (DEPENDENT_TYPES as Readonly<Partial<Record<RecordType, Readonly<Record<string, readonly RecordType[]>>>>>)[
    recordType
  ] ?? {};

/** True if the record that the column of the row `r` names is active; `$1` is the district. */
export const isActiveSql = (column: string, types: readonly RecordType[]): string =>
  `(${types
    .map(
      (type) =>
        `EXISTS (SELECT 1 FROM ${type} p WHERE p.district_id = $1 AND p.sis_id = r.${column} AND p.status = 'active')`,
    )
    .join(' OR ')})`;

export const ARCHIVED: Pick<Edit, 'before' | 'after'> = { before: { status: 'active' }, after: { status: 'archived' } };
export const RESTORED: Pick<Edit, 'before' | 'after'> = { before: ARCHIVED.after, after: ARCHIVED.before };

/**
 * Archives the active enrollments and guardianships of a record that is archived by now, whosever they are. What another
 * record of the same person still holds stays.
 */
export async function archiveHanging({ sql, districtId, recordType }: Act, sisId: string): Promise<Edit[]> {
  const edits: Edit[] = [];
  for (const child of HANGING_TYPES)
    for (const column of columnsTo(child, recordType)) {
      const { rows } = await sql.query<{ sisId: string }>(
        `UPDATE ${child} r SET status = 'archived', archived_by = 'parent', archived_run_id = NULL
         WHERE district_id = $1 AND ${column} = $2 AND status = 'active' AND NOT ${isActiveSql(column, DEPENDENT_TYPES[child][column] ?? [])}
         RETURNING sis_id AS "sisId"`,
        [districtId, sisId],
      );
      edits.push(...rows.map((row) => ({ recordType: child, ...row, ...ARCHIVED })));
    }
  return edits;
}

/**
 * Restores the enrollments and guardianships that went along with this record, active by now, or with their other end, and
 * have both ends again.
 *
 * @returns what was restored, and how many went along when the record was archived by hand and have lost their other end.
 */
export async function restoreHanging(
  { sql, districtId, recordType }: Act,
  sisId: string,
): Promise<{ readonly edits: Edit[]; readonly lost: number }> {
  const edits: Edit[] = [];
  let lost = 0;
  for (const child of HANGING_TYPES)
    for (const column of columnsTo(child, recordType)) {
      const isWhole = Object.entries(DEPENDENT_TYPES[child]).map(([name, types]) => isActiveSql(name, types));
      const { rows } = await sql.query<{ sisId: string; isRestored: boolean }>(
        `WITH act AS (
           SELECT edited_at, actor FROM record_edits
           WHERE district_id = $1 AND record_type = '${recordType}' AND sis_id = $2 AND action = 'archive'
           ORDER BY id DESC LIMIT 1
         ), gone AS (
           SELECT r.sis_id, ${isWhole.join(' AND ')} AS is_whole, EXISTS (
             SELECT 1 FROM act JOIN record_edits e ON e.edited_at = act.edited_at AND e.actor = act.actor
             WHERE r.archived_run_id IS NULL AND e.district_id = $1 AND e.record_type = '${child}' AND e.sis_id = r.sis_id
               AND e.action = 'archive') AS went_along
           FROM ${child} r
           WHERE r.district_id = $1 AND r.${column} = $2 AND r.status = 'archived' AND r.archived_by = 'parent'
         ), restored AS (
           UPDATE ${child} r SET status = 'active', archived_by = NULL, archived_run_id = NULL
           FROM gone WHERE gone.is_whole AND r.district_id = $1 AND r.sis_id = gone.sis_id
         )
         SELECT sis_id AS "sisId", is_whole AS "isRestored" FROM gone WHERE is_whole OR went_along ORDER BY sis_id`,
        [districtId, sisId],
      );
      const restored = rows.filter(({ isRestored }) => isRestored);
      edits.push(...restored.map((row) => ({ recordType: child, sisId: row.sisId, ...RESTORED })));
      lost += rows.length - restored.length;
    }
  return { edits, lost };
}

export const countHanging = (edits: readonly Edit[]): HangingCounts => ({
  enrollments: edits.filter(({ recordType }) => recordType === 'enrollments').length,
  guardianships: edits.filter(({ recordType }) => recordType === 'guardianships').length,
});
