import { isSynced } from '@rollbook/pipeline';
import type { RecordType, RunSettings } from '@rollbook/core';
import type { PoolClient } from 'pg';
import { DEPENDENT_TYPES, type DependentType } from './dependents.ts';
import type { DiffInput } from './diff.ts';
import { isFreeSql } from './held-elsewhere.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** Whether a record that a user archived becomes active again when the data has it (guard §10). */
export function restoresUserArchived(recordType: RecordType, settings: RunSettings): boolean {
  if (recordType === 'students') return settings.archivedStudents === 'restore';
  return recordType !== 'classes' || settings.unarchiveClasses;
}

/**
 * Passes over enrollments and guardianships whose class or person is archived and stays so: by a user (guard §10), as a
 * manual record, or because the data does not have it. They count as seen, and none becomes active without its ends.
 */
export async function passOverArchivedEnds(sql: PoolClient, input: DiffInput): Promise<void> {
  for (const [child, columns] of Object.entries(DEPENDENT_TYPES) as [DependentType, Record<string, RecordType[]>][]) {
    if (!input.contents.types[child]) continue;
    for (const [column, types] of Object.entries(columns))
      for (const type of types) {
        const others = types.filter((other) => other !== type);
        const isElsewhere = others.flatMap((other) => livesSql(input, other, `s.${column}`));
        await sql.query(
          `UPDATE ${snapshotTable(input.prefix, child)} s SET presence = 'l'
           FROM ${type} r ${returnsJoin(input, type)}
           WHERE s.presence = 'p' AND r.district_id = $1 AND r.sis_id = s.${column} AND r.status = 'archived'
             AND NOT ${returnsSql(input, type)} AND $2::text IS NOT NULL
             ${isElsewhere.map((exists) => `AND NOT EXISTS (${exists})`).join(' ')}`,
          [input.districtId, input.syncId ?? ''],
        );
      }
  }
}

const isLookedAt = ({ contents, settings }: DiffInput, type: RecordType): boolean =>
  contents.types[type] !== undefined && isSynced(type, settings);

/** Joins the row `t` of the data for the archived record `r`. */
const returnsJoin = (input: DiffInput, type: RecordType): string =>
  isLookedAt(input, type)
    ? `LEFT JOIN ${snapshotTable(input.prefix, type)} t ON t.sis_id = r.sis_id AND t.presence = 'p'`
    : '';

/** True if the run restores the archived record `r`, which the row `t` shows. */
function returnsSql(input: DiffInput, type: RecordType): string {
  if (!isLookedAt(input, type)) return 'false';
  const isOwn = `coalesce(r.sync_id = $2, false)`;
  const isTaken = restoresUserArchived(type, input.settings)
    ? isOwn
    : `(${isOwn} AND r.archived_by IS DISTINCT FROM 'user')`;
  return `(t.sis_id IS NOT NULL AND (${isTaken} OR ${isFreeSql('r')}))`;
}

/** Selects what makes a person of that id active after the run: a record that is so, a new one, one that returns. */
function livesSql(input: DiffInput, type: RecordType, id: string): string[] {
  const active = `SELECT 1 FROM ${type} r WHERE r.district_id = $1 AND r.sis_id = ${id} AND r.status = 'active'`;
  if (!isLookedAt(input, type)) return [active];
  return [
    active,
    `SELECT 1 FROM ${snapshotTable(input.prefix, type)} t LEFT JOIN ${type} r ON r.district_id = $1 AND r.sis_id = t.sis_id
     WHERE t.sis_id = ${id} AND t.presence = 'p' AND (r.sis_id IS NULL OR ${returnsSql(input, type)})`,
  ];
}
