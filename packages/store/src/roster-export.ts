import { RECORD_TYPES, UsageError, type RecordType } from '@rollbook/core';
import type pg from 'pg';
import { columnsOf, type Column } from './columns.ts';
import { atOneMoment, rowsOf } from './cursor.ts';
import { refuseUnknownDistrict } from './known-district.ts';

export interface ExportRequest {
  readonly districtId: string;
  readonly recordType: RecordType;
  readonly status: 'active' | 'archived' | 'all';
}

/** Guardianships have no id of their own: student and guardian tell them apart. */
const hasSisId = (recordType: RecordType): boolean => recordType !== 'guardianships';

/** The columns of an export, in order: the fields of the roster model, `sisId` before them and `status` after them. */
export function exportColumns(recordType: RecordType): string[] {
  return [...(hasSisId(recordType) ? ['sisId'] : []), ...columnsOf(recordType).map(({ field }) => field), 'status'];
}

/** As text: a missing value is empty, a flag `true` or `false`, a set its members in order, joined by commas. */
function valueSql({ name, kind }: Column): string {
  if (kind === 'flag') return `CASE WHEN ${name} THEN 'true' WHEN NOT ${name} THEN 'false' ELSE '' END`;
  if (kind === 'set') return `(SELECT coalesce(string_agg(m, ',' ORDER BY m COLLATE "C"), '') FROM unnest(${name}) m)`;
  if (kind === 'date') return `coalesce(to_char(${name}, 'YYYY-MM-DD'), '')`;
  return `coalesce(${name}, '')`;
}

function selectSql(recordType: RecordType): string {
  const values = columnsOf(recordType).map((column) => `${valueSql(column)} AS "${column.field}"`);
  return `SELECT ${[...(hasSisId(recordType) ? ['sis_id AS "sisId"'] : []), ...values, 'status'].join(', ')}
    FROM ${recordType} WHERE district_id = $1 AND ($2 = 'all' OR status = $2) ORDER BY sis_id`;
}

/**
 * The roster of a district, record by record in the order of the ids, as it was at one moment: a run that is applied
 * meanwhile is not seen. Memory does not grow with the roster. Every value is text; keys are {@link exportColumns}.
 *
 * @throws UsageError if there is no such district or record type.
 */
export async function* exportRoster(
  pool: pg.Pool,
  { districtId, recordType, status }: ExportRequest,
): AsyncGenerator<Record<string, string>, void, undefined> {
  // The record type becomes part of a statement, so it must be one of ours.
  if (!RECORD_TYPES.includes(recordType)) throw new UsageError(`There is no record type "${String(recordType)}".`);
  yield* atOneMoment(pool, async function* (client) {
    await refuseUnknownDistrict(client, districtId);
    yield* rowsOf<Record<string, string>>(client, selectSql(recordType), [districtId, status]);
  });
}
