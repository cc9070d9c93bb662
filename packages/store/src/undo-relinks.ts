import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import type { CountedWarning } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { DEPENDENT_TYPES } from './dependents.ts';
import { PERSON_TYPES, isPersonType } from './effective-values.ts';
import { referencesTo } from './references.ts';
import { examples } from './snapshot-check.ts';
import type { UndoInput } from './undo.ts';

/**
 * Gives relinked records their former ids back, and puts the records whose ids they had taken back beside them. Spared is
 * what was changed by hand since, or stands under the new id no longer.
 *
 * @returns how many of each type.
 */
export async function undoRelinks(
  sql: PoolClient,
  input: UndoInput,
  warnings: CountedWarning[],
): Promise<Partial<Record<RecordType, number>>> {
  const counts: Partial<Record<RecordType, number>> = {};
  for (const recordType of RECORD_TYPES) {
    const { rows } = await sql.query<{ sis_id: string; line: number; isRelinked: boolean; why: string | null }>(
      `SELECT l.old_id AS sis_id, 0 AS line, l.old_id <> l.new_id AS "isRelinked", ${whyNotSql(recordType)} AS why
       FROM relinks l LEFT JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = l.new_id
       WHERE l.run_id = $2 AND l.record_type = '${recordType}' ORDER BY l.old_id`,
      [input.districtId, input.undoesRunId],
    );
    const sound = rows.filter(({ why }) => why === null);
    if (sound.length > 0)
      await giveBack(
        sql,
        input,
        recordType,
        sound.map(({ sis_id }) => sis_id),
      );
    counts[recordType] = sound.filter(({ isRelinked }) => isRelinked).length;
    for (const reason of new Set(rows.flatMap(({ why }) => (why === null ? [] : [why]))))
      warnings.push(
        ...examples(
          rows.filter(({ why }) => why === reason),
          'not_restored',
          recordType,
          ({ sis_id }) => `${recordType} "${sis_id}" did not get its former id back: ${reason}`,
        ),
      );
  }
  return counts;
}

/** Enrollments and guardianships that only went along have the same id before and after. */
const whyNotSql = (recordType: RecordType): string => `CASE
  WHEN r.sis_id IS NULL THEN 'there is no record under the id it had taken'
  WHEN l.old_id <> l.new_id AND EXISTS (SELECT 1 FROM ${recordType} x WHERE x.district_id = $1 AND x.sis_id = l.old_id)
    THEN 'there is another record under that id'
  WHEN EXISTS (SELECT 1 FROM record_edits e JOIN runs u ON u.id = $2
               WHERE e.district_id = $1 AND e.record_type = '${recordType}' AND e.sis_id = l.new_id AND e.edited_at > u.finished_at)
    THEN 'it was changed by hand since'
  ${Object.entries(parentsOf(recordType)).map(withoutParentSql).join(' ')}
  END`;

const parentsOf = (recordType: RecordType): Readonly<Record<string, readonly RecordType[]>> =>
  (DEPENDENT_TYPES as Partial<Record<RecordType, Readonly<Record<string, readonly RecordType[]>>>>)[recordType] ?? {};

/** People were given back before what hangs on them; what only went along waits for its end to be undone. */
const withoutParentSql = ([column, types]: readonly [string, readonly RecordType[]]): string => {
  const parents = types.map(
    (type) =>
      `SELECT 1 FROM ${type} p WHERE p.district_id = $1 AND p.sis_id = l.former ->> '${column}'
         AND (p.status = 'active' OR l.old_id = l.new_id)`,
  );
  return `WHEN NOT EXISTS (${parents.join(' UNION ALL ')}) THEN 'its ${column.replace('_id', '')} is not active'`;
};

/**
 * The former record as it was, beside the one whose id it had taken as that is now: the data speaks of it under that id.
 * What only went along is moved back.
 */
async function giveBack(
  sql: PoolClient,
  { districtId, undoesRunId, runId }: UndoInput,
  recordType: RecordType,
  ids: readonly string[],
): Promise<void> {
  const values = [districtId, undoesRunId, runId, ids];
  const chosen = `l.run_id = $2 AND l.record_type = '${recordType}' AND l.old_id = ANY ($4)`;
  // Nobody has joined under the new id, and it is not known whether it holds what its data said.
  const joined = isPersonType(recordType) ? 'claimed_at = NULL, differs_from_source = true,' : '';
  await sql.query(
    `UPDATE ${recordType} r SET ${joined} created_run_id = (l.taken_over ->> 'created_run_id')::integer, changed_run_id = $3
     FROM relinks l WHERE ${chosen} AND l.old_id <> l.new_id AND r.district_id = $1 AND r.sis_id = l.new_id`,
    values,
  );
  await sql.query(
    `INSERT INTO ${recordType}
     SELECT (jsonb_populate_record(NULL::${recordType}, l.former || jsonb_build_object('changed_run_id', $3::integer))).*
     FROM relinks l WHERE ${chosen} AND l.old_id <> l.new_id AND $1::text IS NOT NULL`,
    values,
  );
  const references = new Set(
    PERSON_TYPES.flatMap((type) =>
      referencesTo(type).flatMap(({ from, column }) => (from === recordType ? [column] : [])),
    ),
  );
  if (references.size > 0)
    await sql.query(
      `UPDATE ${recordType} r SET ${[...references].map((name) => `${name} = l.former ->> '${name}'`).join(', ')}
       FROM relinks l WHERE ${chosen} AND l.old_id = l.new_id AND r.district_id = $1 AND r.sis_id = l.old_id AND $3::integer IS NOT NULL`,
      values,
    );
  await sql.query(
    `INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after)
     SELECT $3, '${recordType}', l.old_id, $1, 'relink', jsonb_build_object('sis_id', l.new_id), jsonb_build_object('sis_id', l.old_id)
     FROM relinks l WHERE ${chosen} AND l.old_id <> l.new_id`,
    values,
  );
}
