import type { CountedWarning } from '@rollbook/pipeline';
import { countedRecords, quoted } from '@rollbook/core';
import type { PoolClient } from 'pg';
import type { ApplyInput } from './apply.ts';
import { changesTable } from './changes.ts';
import { DEPENDENT_TYPES, isWholeSql, type DependentType } from './dependents.ts';

/** What ended along, and for whom. */
export interface EndedAlong {
  readonly count: number;
  readonly warnings: readonly CountedWarning[];
}

/**
 * Archives the active enrollments, or guardianships, that have lost an end by the archives of this run: those of all syncs,
 * and manual ones, for none stands without both (guard §6, §39). One id may be that of several people's records: what hangs
 * on it ends with the last of them, unless the data does not list it any more. What hangs on a record that was withheld
 * stays.
 *
 * @returns how many, and a warning for each other sync of which some ended.
 */
export async function endAlong(sql: PoolClient, input: ApplyInput, recordType: DependentType): Promise<EndedAlong> {
  const { districtId, runId, syncId, prefix } = input;
  const hanging = Object.entries(DEPENDENT_TYPES[recordType]).map(
    ([column, types]) =>
      `SELECT r.sis_id FROM ${changesTable(prefix)} c
       JOIN ${recordType} r ON r.district_id = $1 AND r.${column} = c.sis_id AND r.status = 'active'
       WHERE c.action = 'a' AND NOT c.is_dependent AND c.record_type IN (${types.map((type) => `'${type}'`).join(', ')})`,
  );
  const { rows } = await sql.query<{ syncId: string | null; count: number }>(
    `WITH hanging AS MATERIALIZED (${hanging.join(' UNION ')}),
     listed AS MATERIALIZED (
       SELECT sis_id FROM ${changesTable(prefix)} WHERE record_type = '${recordType}' AND action = 'a' AND is_dependent
     ), ended AS (
       UPDATE ${recordType} r SET status = 'archived', archived_run_id = $2,
         archived_by = CASE WHEN ${isWholeSql(recordType, 'r')} THEN 'sync' ELSE 'parent' END
       FROM hanging h LEFT JOIN listed l ON l.sis_id = h.sis_id
       WHERE r.district_id = $1 AND r.sis_id = h.sis_id AND (l.sis_id IS NOT NULL OR NOT (${isWholeSql(recordType, 'r')}))
       RETURNING r.sis_id, r.sync_id
     ), audited AS (
       INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after, is_along)
       SELECT $2, '${recordType}', sis_id, $1, 'archive', '{"status": "active"}', '{"status": "archived"}', true FROM ended
       -- The same run may have changed it before its end was gone.
       ON CONFLICT (run_id, record_type, sis_id) DO UPDATE SET action = 'archive', is_along = true,
         before = roster_changes.before || excluded.before, after = roster_changes.after || excluded.after
     )
     SELECT sync_id AS "syncId", count(*)::integer AS count FROM ended GROUP BY 1 ORDER BY 1`,
    [districtId, runId],
  );
  return {
    count: rows.reduce((sum, { count }) => sum + count, 0),
    warnings: rows
      .filter((row) => row.syncId !== syncId)
      .map((row) => ({
        code: 'ended_along',
        file: null,
        line: null,
        message: `${countedRecords(row.count, recordType)} ${row.syncId === null ? 'made by hand' : `of the sync ${quoted(row.syncId)}`} ended too: this run archived what ${row.count === 1 ? 'it belongs' : 'they belong'} to`,
        count: row.count,
      })),
  };
}
