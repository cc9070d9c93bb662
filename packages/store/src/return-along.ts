import { isSynced, type TypeContents } from '@rollbook/pipeline';
import type { RecordType } from '@rollbook/core';
import type { PoolClient } from 'pg';
import type { ApplyInput } from './apply.ts';
import { changesTable } from './changes.ts';
import { DEPENDENT_TYPES, isWholeSql, type DependentType } from './dependents.ts';
import type { DiffInput } from './diff.ts';
import { snapshotTable } from './snapshot-writer.ts';

type Counts = Partial<Record<RecordType, number>>;

const TYPES = Object.keys(DEPENDENT_TYPES) as DependentType[];

const listed = (types: readonly RecordType[]): string => types.map((type) => `'${type}'`).join(', ');

/**
 * Adds to the change set, as `b`, the enrollments and guardianships that were archived with a record which the run restores,
 * and of which the data says nothing (guard §40): in a delta, of a type that was not delivered, or of another sync. Those
 * that stand in the data are restored by their own rows. Of a record that is taken over from another sync, what that sync
 * had hung on it does not follow: whoever moved is no longer in the classes that were left.
 *
 * @returns how many of each type will have all their ends, if nothing of that is withheld.
 */
export async function planReturns(sql: PoolClient, input: DiffInput): Promise<Counts> {
  const changes = changesTable(input.prefix);
  const { rows } = await sql.query(`SELECT 1 FROM ${changes} WHERE action IN ('r', 'o') LIMIT 1`);
  const counts: Counts = {};
  if (rows.length === 0) return counts;
  for (const recordType of TYPES) {
    const columns = Object.entries(DEPENDENT_TYPES[recordType]);
    const along = columns.flatMap(([column, types]) =>
      types.map(
        (type) =>
          `SELECT r.sis_id FROM ${changes} c
           JOIN ${type} p ON p.district_id = $1 AND p.sis_id = coalesce(c.other_id, c.sis_id)
           JOIN ${recordType} r ON r.district_id = $1 AND r.${column} = p.sis_id AND r.archived_by = 'parent'
           WHERE c.action IN ('r', 'o') AND c.record_type = '${type}'
             AND (p.sync_id IS NULL OR p.sync_id = $2 OR r.sync_id IS DISTINCT FROM p.sync_id)`,
      ),
    );
    const ends = columns.map(([column, types]) => endSql(changes, column, types));
    const { join, where } = silentSql(input, recordType);
    const { rowCount } = await sql.query(
      `WITH along AS MATERIALIZED (${along.join(' UNION ')})
       INSERT INTO ${changes} (record_type, sis_id, action, school_id)
       SELECT '${recordType}', r.sis_id, 'b', ${recordType === 'enrollments' ? 'r.school_id' : 'NULL'}
       FROM along JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = along.sis_id AND r.status = 'archived'
       ${ends.map((end) => end.join).join(' ')}
       ${join}
       WHERE ${[...ends.map((end) => end.where), where].join(' AND ')} AND $2::text IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM ${changes} x
                         WHERE x.record_type = '${recordType}' AND x.sis_id = r.sis_id AND x.action = 'r')`,
      [input.districtId, input.syncId ?? ''],
    );
    if (rowCount) counts[recordType] = rowCount;
  }
  return counts;
}

/** Of the row `r` one end: a record of it is active, or comes back in this run. */
function endSql(changes: string, column: string, types: readonly RecordType[]): { join: string; where: string } {
  const joins = types.map(
    (type) => `LEFT JOIN ${type} ${column}_${type} ON ${column}_${type}.district_id = $1
       AND ${column}_${type}.sis_id = r.${column} AND ${column}_${type}.status = 'active'`,
  );
  const back = `LEFT JOIN (SELECT DISTINCT coalesce(other_id, sis_id) AS id FROM ${changes}
       WHERE action IN ('r', 'o') AND record_type IN (${listed(types)})) back_${column} ON back_${column}.id = r.${column}`;
  const isThere = [...types.map((type) => `${column}_${type}.sis_id`), `back_${column}.id`];
  return { join: [...joins, back].join(' '), where: `coalesce(${isThere.join(', ')}) IS NOT NULL` };
}

/** The data of the run says nothing of the row `r`, or has it on a row that could not be used; it speaks for its own only. */
function silentSql(
  { prefix, contents, settings }: DiffInput,
  recordType: DependentType,
): { join: string; where: string } {
  const delivered: TypeContents | undefined = contents.types[recordType];
  if (!delivered || !isSynced(recordType, settings)) return { join: '', where: 'true' };
  const isSilent = delivered.delivery === 'delta' ? `(s.sis_id IS NULL OR s.presence = 's')` : `s.presence = 's'`;
  return {
    join: `LEFT JOIN ${snapshotTable(prefix, recordType)} s ON s.sis_id = r.sis_id`,
    where: `(r.sync_id IS DISTINCT FROM $2 OR ${isSilent})`,
  };
}

/**
 * Restores what {@link planReturns} found, as far as all ends are active now that the run has archived what it archives.
 * What hangs on a restored record, has its ends again and is not in the data, is archived for itself from now on.
 *
 * @returns how many of each type were restored.
 */
export async function returnAlong(sql: PoolClient, input: ApplyInput): Promise<Counts> {
  const { prefix, districtId, runId } = input;
  const changes = changesTable(prefix);
  const counts: Counts = {};
  for (const recordType of TYPES) {
    if (!input.difference.types[recordType]?.returning) continue;
    counts[recordType] = await restoreWhole(
      sql,
      { districtId, runId },
      recordType,
      `
      SELECT sis_id FROM ${changes} WHERE record_type = '${recordType}' AND action = 'b'`,
    );
  }
  await settleParted(sql, input);
  return counts;
}

/** Restores those of the given ids that were archived with their parents and whose ends are all active. */
export async function restoreWhole(
  sql: PoolClient,
  { districtId, runId }: Pick<ApplyInput, 'districtId' | 'runId'>,
  recordType: DependentType,
  idsSql: string,
): Promise<number> {
  const { rowCount } = await sql.query(
    `WITH along AS MATERIALIZED (${idsSql}),
     restored AS (
       UPDATE ${recordType} r SET status = 'active', archived_by = NULL, archived_run_id = NULL, changed_run_id = $2
       FROM along WHERE r.district_id = $1 AND r.sis_id = along.sis_id AND r.status = 'archived' AND r.archived_by = 'parent'
         AND (${isWholeSql(recordType, 'r')})
       RETURNING r.sis_id
     )
     INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after)
     SELECT $2, '${recordType}', sis_id, $1, 'restore', '{"status": "archived"}', '{"status": "active"}' FROM restored`,
    [districtId, runId],
  );
  return rowCount ?? 0;
}

/** What the data does not have is archived for itself from now on; an undo of the run that archived it restores it still. */
async function settleParted(sql: PoolClient, { prefix, districtId, runId, difference }: ApplyInput): Promise<void> {
  const changes = changesTable(prefix);
  const isBack = Object.values(difference.types).some(({ restored, adopted }) => restored + adopted > 0);
  for (const recordType of TYPES) {
    const parted = Object.entries(DEPENDENT_TYPES[recordType]).flatMap(([column, types]) => {
      const back = `SELECT r.sis_id FROM ${changes} c
        JOIN ${recordType} r ON r.district_id = $1 AND r.${column} = c.sis_id AND r.archived_by = 'parent'
        WHERE c.action IN ('r', 'o') AND c.record_type IN (${listed(types)})`;
      // Someone new may have the id of somebody else's record, as a student who becomes a member of the staff.
      const came = types
        .filter((type) => types.length > 1 && (difference.types[type]?.created ?? 0) > 0)
        .map(
          (type) => `SELECT r.sis_id FROM ${snapshotTable(prefix, type)} s
            JOIN ${recordType} r ON r.district_id = $1 AND r.${column} = s.sis_id AND r.archived_by = 'parent'
            WHERE s.presence = 'p'`,
        );
      return [...(isBack ? [back] : []), ...came];
    });
    if (parted.length === 0) continue;
    await sql.query(
      `WITH parted AS MATERIALIZED (${parted.join(' UNION ')})
       UPDATE ${recordType} r SET archived_by = 'sync', archived_run_id = coalesce(r.archived_run_id, $2)
       FROM parted WHERE r.district_id = $1 AND r.sis_id = parted.sis_id AND r.status = 'archived' AND r.archived_by = 'parent'
         AND (${isWholeSql(recordType, 'r')})`,
      [districtId, runId],
    );
  }
}
