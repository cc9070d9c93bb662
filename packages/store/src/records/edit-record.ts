import { UsageError } from '@rollbook/core';
import type pg from 'pg';
import { columnsOf } from '../columns.ts';
import { isPersonType } from '../effective-values.ts';
import { actByHand, keepEdits, keyIn, settingsOf, type Act, type RecordRequest } from './act-by-hand.ts';
import { changedValues, fieldValuesFrom, valuesOf, type FieldValues } from './field-values.ts';
import { refuseSourceOwned } from './owned-by-source.ts';
import { withSchoolOfClass } from './create-record.ts';
import { detailsOf, type RecordDetails } from './read-record.ts';
import { findRecord, named, refuseArchived, type RecordKey, type RecordRow } from './record-row.ts';
import { refuseLostReferences } from './record-references.ts';

export interface RecordChange extends RecordRequest {
  /** By their names in the roster model, as for a new record; what is left out stays as it is, null takes a value away. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface EditedRecord {
  readonly record: RecordDetails;
  /** The fields that were changed; none: they had these values already, and nothing was written. */
  readonly changed: readonly string[];
}

/**
 * Changes fields of a record by hand: of a manual record all, of a managed one only what the sync leaves to people. Those
 * are the contacts of people who have joined, languages (one that is taken away comes from the source again), and the role
 * of a member of the staff, which is the sync's again when it is set to null.
 *
 * @throws UsageError if the source owns one of the fields, a field or what it refers to cannot be taken, the record is
 *   archived, there is no such record, or the person may not change records of the district.
 */
export async function editRecord(pool: pg.Pool, request: RecordChange): Promise<EditedRecord> {
  return actByHand(pool, request, async (act) => {
    const key = keyIn(act, request.sisId);
    const given = fieldValuesFrom(act.recordType, request.fields, { isWhole: false });
    const record = await findRecord(act.sql, key);
    refuseArchived(key, record, 'edited');
    const wanted = wantedValues(act, record, given);
    const names = Object.keys(wanted);
    if (names.length === 0) return { record: await detailsOf(act.sql, key), changed: [] };
    if (record.syncId === null) refuseNewKey(key, names);
    else refuseSourceOwned(key, record, await settingsOf(act.sql, record.syncId), names);
    await refuseLostReferences(act, wanted);
    const after = changedValues(record.fields, await withSchoolOfClass(act, wanted));
    const changed = Object.keys(after);
    await update(act, request.sisId, record, after);
    await keepEdits(act, 'edit', [{ ...key, before: valuesOf(record.fields, changed), after }]);
    return { record: await detailsOf(act.sql, key), changed };
  });
}

/** A role that is the sync's cannot be given back to it. */
function wantedValues({ recordType }: Act, record: RecordRow, given: FieldValues): FieldValues {
  const wanted = changedValues(record.fields, given);
  const isTheSyncs = recordType === 'staff' && record.syncId !== null && !record.hasOwnRole;
  if (!isTheSyncs || wanted['role'] !== null) return wanted;
  const { role: _, ...others } = wanted;
  return others;
}

/** Student and guardian are the id of a guardianship. */
function refuseNewKey(key: RecordKey, changed: readonly string[]): void {
  if (key.recordType !== 'guardianships' || !(changed.includes('student') || changed.includes('guardian'))) return;
  throw new UsageError(
    `${named(key)} is of these two for good: its id is made of them. Archive it, and create another.`,
  );
}

async function update(
  { sql, districtId, recordType }: Act,
  sisId: string,
  { syncId }: RecordRow,
  values: FieldValues,
): Promise<void> {
  const givesRoleBack = recordType === 'staff' && syncId !== null && values['role'] === null;
  // What is given back stays as it is until the next run, which looks at whoever differs from the source.
  const columns = columnsOf(recordType).filter(
    ({ field }) => values[field] !== undefined && !(givesRoleBack && field === 'role'),
  );
  const assignments = columns.map(({ name }, index) => `${name} = $${index + 3}`);
  if (syncId !== null && isPersonType(recordType)) assignments.push('differs_from_source = true');
  if (syncId !== null && recordType === 'staff' && values['role'] !== undefined)
    assignments.push(`role_is_own = ${!givesRoleBack}`);
  await sql.query(`UPDATE ${recordType} SET ${assignments.join(', ')} WHERE district_id = $1 AND sis_id = $2`, [
    districtId,
    sisId,
    ...columns.map(({ field }) => values[field]),
  ]);
}
