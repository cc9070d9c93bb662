import { DEFAULT_RUN_SETTINGS, RECORD_TYPES, RunSettings, UsageError, nearest, quoted } from '@rollbook/core';
import type { RecordType } from '@rollbook/core';
import type pg from 'pg';
import { inTransaction, type Sql } from '../database.ts';
import { refuseUnlessAdministrator } from '../decisions.ts';
import { refuseUnknownDistrict } from '../known-district.ts';
import type { FieldValues } from './field-values.ts';
import type { RecordKey } from './record-row.ts';

/** Who acts on which record type of which district. */
export interface ActRequest {
  readonly districtId: string;
  /** Checked: it may come from outside. */
  readonly recordType: string;
  /** For the record. */
  readonly actor: string;
}

/** Who acts on which record. */
export interface RecordRequest extends ActRequest {
  readonly sisId: string;
}

export type EditAction = 'create' | 'edit' | 'archive' | 'restore' | 'claim' | 'release';

/** What a person does to the roster of a district by hand, while nobody else changes it. */
export interface Act {
  readonly sql: pg.PoolClient;
  readonly districtId: string;
  readonly recordType: RecordType;
  readonly actor: string;
  /** When it began to take effect, as PostgreSQL writes it: all that it changes has this time. */
  readonly at: string;
}

/**
 * Changes the roster of a district by hand, in one transaction that no run and no other person is in the middle of.
 *
 * @throws UsageError if there is no such district or record type, or the person may not change records of it; and
 *   whatever `work` throws: then nothing is changed.
 */
export async function actByHand<R>(pool: pg.Pool, request: ActRequest, work: (act: Act) => Promise<R>): Promise<R> {
  const recordType = knownRecordType(request.recordType);
  const { districtId, actor } = request;
  return inTransaction(pool, async (sql) => {
    // As a run does when it is applied. NO KEY: requests for runs, which refer to the district's row, go on meanwhile.
    const { rowCount } = await sql.query('SELECT 1 FROM districts WHERE id = $1 FOR NO KEY UPDATE', [districtId]);
    if (rowCount === 0) await refuseUnknownDistrict(sql, districtId);
    await refuseUnlessAdministrator(sql, districtId, actor);
    // After the lock: an undo compares it with the end of the run that had the lock before.
    const { rows } = await sql.query<{ at: string }>('SELECT clock_timestamp()::text AS at');
    return work({ sql, districtId, recordType, actor, at: rows[0]?.at as string });
  });
}

export const keyIn = ({ districtId, recordType }: Act, sisId: string): RecordKey => ({ districtId, recordType, sisId });

/** @throws UsageError with the nearest record type if there is none of that name: it becomes part of statements. */
export function knownRecordType(text: string): RecordType {
  const found = RECORD_TYPES.find((recordType) => recordType === text);
  if (found) return found;
  const [meant] = nearest(text, RECORD_TYPES);
  const hint = meant === undefined ? `There are: ${RECORD_TYPES.join(', ')}.` : `Is "${meant}" meant?`;
  throw new UsageError(`There is no record type ${quoted(text)}. ${hint}`);
}

/** What changed of one record; `before` and `after` hold the changed fields only, under their names in the roster model. */
export interface Edit {
  readonly recordType: RecordType;
  readonly sisId: string;
  readonly before: FieldValues;
  readonly after: FieldValues;
}

/**
 * Keeps for good what an act changed, and moves the roster on: a run that compared before compares again, and asks by the
 * version what was changed. To be called once an act, and not at all if nothing was changed.
 */
export async function keepEdits(
  { sql, districtId, actor, at }: Act,
  action: EditAction,
  edits: readonly Edit[],
): Promise<void> {
  await sql.query('UPDATE districts SET roster_version = roster_version + 1 WHERE id = $1', [districtId]);
  await sql.query(
    `INSERT INTO record_edits (district_id, record_type, sis_id, action, actor, before, after, edited_at, roster_version)
     SELECT $1, e.record_type, e.sis_id, $2, $3, e.before, e.after, $4, (SELECT d.roster_version FROM districts d WHERE d.id = $1)
     FROM unnest($5::text[], $6::text[], $7::jsonb[], $8::jsonb[]) WITH ORDINALITY AS e (record_type, sis_id, before, after, n)
     ORDER BY e.n`,
    [
      districtId,
      action,
      actor,
      at,
      edits.map(({ recordType }) => recordType),
      edits.map(({ sisId }) => sisId),
      edits.map(({ before }) => JSON.stringify(before)),
      edits.map(({ after }) => JSON.stringify(after)),
    ],
  );
}

/** What the next run of a sync obeys, on a day without anything special. */
export async function settingsOf(sql: Sql, syncId: string): Promise<RunSettings> {
  const { rows } = await sql.query<{ settings: unknown }>('SELECT settings FROM syncs WHERE id = $1', [syncId]);
  return rows[0] ? RunSettings.parse(rows[0].settings) : DEFAULT_RUN_SETTINGS;
}
