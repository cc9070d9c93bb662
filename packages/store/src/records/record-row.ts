import { UsageError, nearest, quoted, type RecordType } from '@rollbook/core';
import { columnsOf } from '../columns.ts';
import type { Sql } from '../database.ts';
import { isPersonType } from '../effective-values.ts';
import type { FieldValues } from './field-values.ts';

/** Where a record is. */
export interface RecordKey {
  readonly districtId: string;
  readonly recordType: RecordType;
  readonly sisId: string;
}

/** A record as it stands in its table. */
export interface RecordRow {
  readonly fields: FieldValues;
  readonly status: 'active' | 'archived';
  /** The sync that owns it; null: manual. */
  readonly syncId: string | null;
  readonly archivedBy: 'sync' | 'user' | 'parent' | null;
  readonly archivedRunId: number | null;
  /** When the person joined. */
  readonly claimedAt: Date | null;
  /** Of the staff: the role was changed by hand, and is kept. */
  readonly hasOwnRole: boolean;
}

/** So many ids on either side of one that is not there are looked at for the one that was meant. */
const NEARBY = 500;

/** `students "S1001"`. */
export const named = ({ recordType, sisId }: Pick<RecordKey, 'recordType' | 'sisId'>): string =>
  `${recordType} ${quoted(sisId)}`;

/** @throws UsageError with the nearest id if there is no such record. */
export async function findRecord(sql: Sql, key: RecordKey): Promise<RecordRow> {
  const { districtId, recordType, sisId } = key;
  const fields = columnsOf(recordType).map(({ field, name }) => `'${field}', r.${name}`);
  const { rows } = await sql.query<RecordRow>(
    `SELECT jsonb_build_object(${fields.join(', ')}) AS fields, r.status, r.sync_id AS "syncId",
       r.archived_by AS "archivedBy", r.archived_run_id AS "archivedRunId",
       ${isPersonType(recordType) ? 'r.claimed_at' : 'NULL::timestamptz'} AS "claimedAt",
       ${recordType === 'staff' ? 'r.role_is_own' : 'false'} AS "hasOwnRole"
     FROM ${recordType} r WHERE r.district_id = $1 AND r.sis_id = $2`,
    [districtId, sisId],
  );
  const row = rows[0];
  if (!row) throw new UsageError(`The district "${districtId}" has no ${named(key)}.${await hintOf(sql, key)}`);
  // PostgreSQL gives the keys of an object in an order of its own.
  return {
    ...row,
    fields: Object.fromEntries(columnsOf(recordType).map(({ field }) => [field, row.fields[field] ?? null])),
  };
}

/** The id that may have been meant, among those that stand near it in order: a district may have a million. */
export async function hintOf(sql: Sql, { districtId, recordType, sisId }: RecordKey): Promise<string> {
  const { rows } = await sql.query<{ id: string }>(
    `(SELECT sis_id AS id FROM ${recordType} WHERE district_id = $1 AND sis_id >= $2 ORDER BY sis_id LIMIT ${NEARBY})
     UNION ALL
     (SELECT sis_id FROM ${recordType} WHERE district_id = $1 AND sis_id < $2 ORDER BY sis_id DESC LIMIT ${NEARBY})`,
    [districtId, sisId],
  );
  const [meant] = nearest(
    sisId,
    rows.map(({ id }) => id),
  );
  return meant === undefined ? '' : ` Is ${quoted(meant)} meant?`;
}

/** @throws UsageError if the record is archived: what is archived is restored first. */
export function refuseArchived(key: RecordKey, { status }: RecordRow, what: string): void {
  if (status === 'archived') throw new UsageError(`${named(key)} cannot be ${what}: it is archived. Restore it first.`);
}
