import { UsageError } from '@rollbook/core';
import type pg from 'pg';
import { actByHand, keepEdits, keyIn, settingsOf, type Act, type RecordRequest } from './act-by-hand.ts';
import { howArchived } from './how-archived.ts';
import { ARCHIVED, archiveHanging, countHanging, type HangingCounts } from './hanging-on.ts';
import { detailsOf, type RecordDetails } from './read-record.ts';
import { findRecord, named, type RecordKey } from './record-row.ts';

/** A record that was archived or restored, with what hangs on it. */
export interface MovedRecord {
  readonly record: RecordDetails;
  /** Enrollments and guardianships that went along. */
  readonly along: HangingCounts;
  /** What the person should know, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Archives a record by hand, with the enrollments and guardianships that hang on it. Manual records of any type may be,
 * and of managed ones classes, and students where the sync keeps archived students archived (guard §10).
 *
 * @throws UsageError if the record is archived already or its source owns it, there is no such record, or the person may
 *   not change records of the district.
 */
export async function archiveRecord(pool: pg.Pool, request: RecordRequest): Promise<MovedRecord> {
  return actByHand(pool, request, async (act) => {
    const { sql, recordType } = act;
    const { districtId, sisId } = request;
    const key = keyIn(act, sisId);
    const record = await findRecord(sql, key);
    if (record.status === 'archived')
      throw new UsageError(`${named(key)} is archived already, ${await howArchived(sql, key, record)}.`);
    const notes = record.syncId === null ? [] : await notesOnManaged(act, key, record.syncId);
    await sql.query(
      `UPDATE ${recordType} SET status = 'archived', archived_by = 'user', archived_run_id = NULL
       WHERE district_id = $1 AND sis_id = $2`,
      [districtId, sisId],
    );
    const along = await archiveHanging(act, sisId);
    await keepEdits(act, 'archive', [{ recordType, sisId, ...ARCHIVED }, ...along]);
    return { record: await detailsOf(sql, key), along: countHanging(along), notes };
  });
}

/** @throws UsageError if the sync would not leave the record archived. */
async function notesOnManaged({ sql, recordType }: Act, key: RecordKey, syncId: string): Promise<string[]> {
  const settings = await settingsOf(sql, syncId);
  const refused = `${named(key)} cannot be archived by hand`;
  if (recordType === 'students') {
    if (settings.archivedStudents === 'keep-archived') return [];
    throw new UsageError(
      `${refused}: the next run of "${syncId}" would restore it, as archivedStudents is "${settings.archivedStudents}". ` +
        'Remove it in the SIS, or set archivedStudents to "keep-archived" first.',
    );
  }
  if (recordType !== 'classes')
    throw new UsageError(
      `${refused}: the source owns it (sync "${syncId}"). Remove it in the SIS. Of managed records only classes, and ` +
        'students where archivedStudents is "keep-archived", are archived by hand.',
    );
  if (!settings.unarchiveClasses) return [];
  return [
    `The next run of "${syncId}" restores this class if it is in the data still, as unarchiveClasses is on. Switch that off to keep it archived.`,
  ];
}
