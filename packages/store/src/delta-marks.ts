import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import { isSynced } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { changesTable } from './changes.ts';
import { homeSchoolSql } from './columns.ts';
import type { DiffInput } from './diff.ts';
import { lookupSql } from './plans.ts';
import { touchedSql } from './recognised.ts';
import { inScopeSql, scopeParameter } from './scope.ts';
import { shown } from './shown.ts';
import { snapshotTable } from './snapshot-writer.ts';

type MarksInput = Pick<DiffInput, 'prefix' | 'contents' | 'settings' | 'districtId' | 'syncId'>;

const deliveredAs = ({ contents, settings }: MarksInput, delivery: 'full' | 'delta'): RecordType[] =>
  RECORD_TYPES.filter((type) => contents.types[type]?.delivery === delivery && isSynced(type, settings));

/**
 * Puts into the change set of a delta run what earlier deltas marked as deleted and no run has archived: as long as this
 * delta says nothing of them, they are measured again (guard §33). Of who was touched meanwhile that is not known (§40).
 */
export async function carryMarks(sql: PoolClient, input: DiffInput): Promise<void> {
  for (const recordType of deliveredAs(input, 'delta')) {
    const { join, condition } = shown(input.prefix, recordType, input.contents.types[recordType]);
    await sql.query(
      `WITH marked AS MATERIALIZED (
         SELECT r.* FROM delta_marks m CROSS JOIN ${lookupSql(recordType, 'm.sis_id', 'r')}
         WHERE m.sync_id = $2 AND m.record_type = '${recordType}' AND r.sync_id = $2 AND r.status = 'active'
       )
       INSERT INTO ${changesTable(input.prefix)} (record_type, sis_id, action, school_id)
       SELECT '${recordType}', r.sis_id, 'a', ${homeSchoolSql(recordType, 'r')}
       FROM marked r ${join}
       WHERE NOT ${condition} AND ${inScopeSql(recordType, 'r', '$3')}
         AND NOT ${touchedSql(input.prefix, recordType, 'r')}
         AND NOT EXISTS (SELECT 1 FROM ${changesTable(input.prefix)} c
                         WHERE c.record_type = '${recordType}' AND c.sis_id = r.sis_id)`,
      [input.districtId, input.syncId, scopeParameter(recordType, input.scope)],
    );
  }
}

/**
 * After a run was applied: what a delta marked and the run did not archive, whatever withheld it, keeps its mark; a mark
 * ends when the record is archived, is no longer the sync's, or the data shows it or may have shown it (guard §40), and with
 * a full delivery of its type.
 */
export async function settleMarks(sql: PoolClient, input: MarksInput & { readonly runId: number }): Promise<void> {
  await sql.query('DELETE FROM delta_marks WHERE sync_id = $1 AND record_type = ANY ($2)', [
    input.syncId,
    deliveredAs(input, 'full'),
  ]);
  for (const recordType of deliveredAs(input, 'delta')) {
    const { join, condition } = shown(input.prefix, recordType, input.contents.types[recordType]);
    const values = [input.districtId, input.syncId];
    await sql.query(
      `DELETE FROM delta_marks m USING (
         SELECT o.sis_id, coalesce(r.status = 'active' AND r.sync_id = $2 AND NOT ${condition}
           AND NOT ${touchedSql(input.prefix, recordType, 'r')}, false) AS stays
         FROM delta_marks o LEFT JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = o.sis_id
         ${join}
         WHERE o.sync_id = $2 AND o.record_type = '${recordType}'
       ) j
       WHERE m.sync_id = $2 AND m.record_type = '${recordType}' AND m.sis_id = j.sis_id AND NOT j.stays`,
      values,
    );
    await sql.query(
      `INSERT INTO delta_marks (sync_id, record_type, sis_id, run_id)
       SELECT $2, '${recordType}', r.sis_id, $3
       FROM ${changesTable(input.prefix)} c
       JOIN ${snapshotTable(input.prefix, recordType)} s ON s.sis_id = c.sis_id AND s.presence IN ('g', 'o')
       JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = c.sis_id AND r.sync_id = $2 AND r.status = 'active'
       WHERE c.record_type = '${recordType}' AND c.action IN ('a', 'w', 'k', 'g')
       ON CONFLICT DO NOTHING`,
      [...values, input.runId],
    );
  }
}

/**
 * After a run was applied, of whatever kind: marks end with what was archived, also where no delta of its type was
 * delivered, as with an approval's own run; if it is restored later, nothing marks it as deleted any more (guard §33).
 */
export async function endMarksOfArchived(
  sql: PoolClient,
  { districtId, syncId }: Pick<MarksInput, 'districtId' | 'syncId'>,
): Promise<void> {
  const { rows } = await sql.query<{ type: string }>(
    'SELECT DISTINCT record_type AS type FROM delta_marks WHERE sync_id = $1',
    [syncId],
  );
  const marked = new Set(rows.map(({ type }) => type));
  for (const recordType of RECORD_TYPES.filter((type) => marked.has(type)))
    await sql.query(
      `DELETE FROM delta_marks m WHERE m.sync_id = $2 AND m.record_type = '${recordType}' AND NOT EXISTS (
         SELECT 1 FROM ${recordType} r
         WHERE r.district_id = $1 AND r.sis_id = m.sis_id AND r.sync_id = $2 AND r.status = 'active')`,
      [districtId, syncId],
    );
}
