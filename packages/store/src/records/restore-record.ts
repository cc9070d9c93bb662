import { UsageError, quoted } from '@rollbook/core';
import type pg from 'pg';
import { actByHand, keepEdits, keyIn, type Act, type RecordRequest } from './act-by-hand.ts';
import type { MovedRecord } from './archive-record.ts';
import { RESTORED, countHanging, isActiveSql, restoreHanging, standsOn } from './hanging-on.ts';
import { howArchived } from './how-archived.ts';
import { detailsOf } from './read-record.ts';
import { findRecord, named, type RecordKey, type RecordRow } from './record-row.ts';

/**
 * Restores what was archived by hand, with the enrollments and guardianships that went along then, as far as their other
 * end is active.
 *
 * @throws UsageError if the record is active, a sync archived it, what it hangs on is not active, there is no such record,
 *   or the person may not change records of the district.
 */
export async function restoreRecord(pool: pg.Pool, request: RecordRequest): Promise<MovedRecord> {
  return actByHand(pool, request, async (act) => {
    const { sql, recordType } = act;
    const { districtId, sisId } = request;
    const key = keyIn(act, sisId);
    const record = await findRecord(sql, key);
    if (record.status === 'active') throw new UsageError(`${named(key)} is active: there is nothing to restore.`);
    await refuseArchivedBySync(act, key, record);
    await refuseWithoutEnds(act, key, record);
    await sql.query(
      `UPDATE ${recordType} SET status = 'active', archived_by = NULL WHERE district_id = $1 AND sis_id = $2`,
      [districtId, sisId],
    );
    const { edits, lost } = await restoreHanging(act, sisId);
    await keepEdits(act, 'restore', [{ recordType, sisId, ...RESTORED }, ...edits]);
    return { record: await detailsOf(sql, key), along: countHanging(edits), notes: notesOn(lost) };
  });
}

const notesOn = (lost: number): string[] =>
  lost === 0 ? [] : [`${lost} that went along ${lost === 1 ? 'stays' : 'stay'} archived: the other end is not active.`];

async function refuseArchivedBySync({ sql }: Act, key: RecordKey, record: RecordRow): Promise<void> {
  if (record.archivedBy !== 'sync' && record.archivedRunId === null) return;
  const how = await howArchived(sql, key, record);
  const undo =
    record.archivedRunId === null
      ? ''
      : ` "rollbook undo ${record.archivedRunId}" restores all that this run archived, for 30 days.`;
  throw new UsageError(
    `${named(key)} was archived ${how}, and cannot be restored by hand.${undo} It returns by itself when it is in the data again.`,
  );
}

/** An enrollment or guardianship that went along stands only with both its ends. */
async function refuseWithoutEnds({ sql, recordType }: Act, key: RecordKey, { fields }: RecordRow): Promise<void> {
  for (const [column, types] of Object.entries(standsOn(recordType))) {
    const { rows } = await sql.query<{ isActive: boolean }>(
      `SELECT ${isActiveSql(column, types)} AS "isActive" FROM ${recordType} r WHERE r.district_id = $1 AND r.sis_id = $2`,
      [key.districtId, key.sisId],
    );
    if (rows[0]?.isActive === true) continue;
    const end = column.replace('_id', '');
    throw new UsageError(
      `${named(key)} cannot be restored: its ${end} ${quoted(String(fields[end]))} is not active. Restore that first.`,
    );
  }
}
