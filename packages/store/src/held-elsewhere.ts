import { RECORD_TYPES, countedRecords, quoted, type RecordType } from '@rollbook/core';
import type { CountedWarning } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import type { Comparisons, DiffInput } from './diff.ts';
import { snapshotTable } from './snapshot-writer.ts';

const EXAMPLES = 3;

/**
 * True for the record of another sync that this one may take over when the data has it: one that its own sync archived,
 * by itself or with what it hangs on, belongs to nobody (guard §39). What a user archived, a user restores.
 */
export const isFreeSql = (alias: string): string =>
  `(${alias}.sync_id IS NOT NULL AND ${alias}.status = 'archived' AND ${alias}.archived_by IN ('sync', 'parent'))`;

/** Warns of records that are in the data and that other syncs of the district hold active: they are left alone (guard §39). */
export async function noteHeldElsewhere(
  sql: PoolClient,
  input: DiffInput,
  comparisons: Comparisons,
  warnings: CountedWarning[],
): Promise<void> {
  for (const recordType of RECORD_TYPES) {
    if ((comparisons[recordType]?.counts.f ?? 0) === 0) continue;
    const { rows } = await sql.query<{ syncId: string; count: number; ids: string[] }>(
      `SELECT r.sync_id AS "syncId", count(*)::integer AS count, (array_agg(r.sis_id ORDER BY r.sis_id))[1:${EXAMPLES}] AS ids
       FROM ${snapshotTable(input.prefix, recordType)} s JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = s.sis_id
       WHERE s.presence = 'p' AND r.sync_id IS NOT NULL AND r.sync_id IS DISTINCT FROM $2 AND r.status = 'active'
       GROUP BY 1 ORDER BY 1`,
      [input.districtId, input.syncId],
    );
    warnings.push(...rows.map((row) => warningOf(recordType, row)));
  }
}

function warningOf(
  recordType: RecordType,
  { syncId, count, ids }: { readonly syncId: string; readonly count: number; readonly ids: readonly string[] },
): CountedWarning {
  const rest = count > ids.length ? ', …' : '';
  const [are, were] = count === 1 ? ['is', 'was'] : ['are', 'were'];
  return {
    code: 'held_by_another_sync',
    file: null,
    line: null,
    message:
      `${countedRecords(count, recordType)} of the data ${are} active in the sync ${quoted(syncId)}, and ${were} left alone ` +
      `(${ids.map((id) => quoted(id)).join(', ')}${rest}): this sync takes over what that one archives`,
    count,
  };
}
