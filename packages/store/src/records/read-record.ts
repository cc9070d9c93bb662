import type { RecordType } from '@rollbook/core';
import type pg from 'pg';
import { inTransaction, type Sql } from '../database.ts';
import { refuseUnknownDistrict } from '../known-district.ts';
import { knownRecordType, type EditAction, type RecordRequest } from './act-by-hand.ts';
import type { FieldValues } from './field-values.ts';
import { findRecord, type RecordKey } from './record-row.ts';

const LATEST_EDITS = 20;

/** What a person did to a record. */
export interface RecordEdit {
  readonly action: EditAction;
  readonly actor: string;
  /** ISO 8601 in UTC. */
  readonly editedAt: string;
  /** The fields that changed, by their names in the roster model. */
  readonly before: FieldValues;
  readonly after: FieldValues;
}

/** A record of the roster with what people did to it. */
export interface RecordDetails {
  readonly district: string;
  readonly recordType: RecordType;
  readonly sisId: string;
  /** All of its type, in the order of the roster model. */
  readonly fields: FieldValues;
  readonly status: 'active' | 'archived';
  /** The sync that owns it; null: manual. */
  readonly sync: string | null;
  readonly archivedBy: 'sync' | 'user' | 'parent' | null;
  /** The run that archived it; null: by hand, or not archived. */
  readonly archivedRun: string | null;
  /** When the person joined, ISO 8601 in UTC; null: not yet, or not a person. */
  readonly claimedAt: string | null;
  /** The latest twenty, newest first. */
  readonly edits: readonly RecordEdit[];
}

/**
 * One record, with the latest of what people did to it.
 *
 * @throws UsageError if there is no such district, record type or record, with the nearest.
 */
export async function readRecord(pool: pg.Pool, request: Omit<RecordRequest, 'actor'>): Promise<RecordDetails> {
  const { districtId, sisId } = request;
  const recordType = knownRecordType(request.recordType);
  return inTransaction(
    pool,
    async (sql) => {
      await refuseUnknownDistrict(sql, districtId);
      return detailsOf(sql, { districtId, recordType, sisId });
    },
    'REPEATABLE READ',
  );
}

/** The same within a transaction. @throws UsageError with the nearest id if there is no such record. */
export async function detailsOf(sql: Sql, key: RecordKey): Promise<RecordDetails> {
  const { fields, status, syncId, archivedBy, archivedRunId, claimedAt } = await findRecord(sql, key);
  return {
    district: key.districtId,
    recordType: key.recordType,
    sisId: key.sisId,
    fields,
    status,
    sync: syncId,
    archivedBy,
    archivedRun: archivedRunId === null ? null : String(archivedRunId),
    claimedAt: claimedAt?.toISOString() ?? null,
    edits: await latestEdits(sql, key),
  };
}

/** Also those under ids that the record had before it was adopted or relinked, unless another record has them now. */
async function latestEdits(sql: Sql, { districtId, recordType, sisId }: RecordKey): Promise<RecordEdit[]> {
  const { rows } = await sql.query<Omit<RecordEdit, 'editedAt'> & { editedAt: Date }>(
    `WITH RECURSIVE ids AS (
       SELECT $2::text COLLATE "C" AS id
       UNION
       SELECT c.before ->> 'sis_id' FROM ids
       JOIN roster_changes c ON c.district_id = $1 AND c.record_type = '${recordType}' AND c.sis_id = ids.id
         AND c.action IN ('adopt', 'relink')
       WHERE NOT EXISTS (SELECT 1 FROM ${recordType} r WHERE r.district_id = $1 AND r.sis_id = c.before ->> 'sis_id')
     )
     SELECT e.action, e.actor, e.edited_at AS "editedAt", e.before, e.after
     FROM ids JOIN record_edits e ON e.district_id = $1 AND e.record_type = '${recordType}' AND e.sis_id = ids.id
     ORDER BY e.id DESC LIMIT ${LATEST_EDITS}`,
    [districtId, sisId],
  );
  return rows.map(({ editedAt, ...edit }) => ({ ...edit, editedAt: editedAt.toISOString() }));
}
