import { RECORD_TYPES, ROSTER_MODEL, type RecordType } from '@rollbook/core';
import { columnsOf } from './columns.ts';
import type { Sql } from './database.ts';

interface Reference {
  readonly from: RecordType;
  readonly column: string;
  readonly isSet: boolean;
}

/** The columns of all record types that hold ids of this one. */
export function referencesTo(recordType: RecordType): Reference[] {
  return RECORD_TYPES.flatMap((from) =>
    ROSTER_MODEL[from].fields.flatMap((field, index) =>
      field.refersTo?.includes(recordType) === true
        ? [{ from, column: columnsOf(from)[index]?.name as string, isSet: field.kind === 'set' }]
        : [],
    ),
  );
}

/** Lets everything that refers to one record of a district refer to another id. */
export async function moveReferences(
  sql: Sql,
  recordType: RecordType,
  { districtId, from, to }: { readonly districtId: string; readonly from: string; readonly to: string },
): Promise<void> {
  for (const { from: table, column, isSet } of referencesTo(recordType))
    await sql.query(
      isSet
        ? `UPDATE ${table} SET ${column} = array_replace(${column}, $2, $3) WHERE district_id = $1 AND $2 = ANY (${column})`
        : `UPDATE ${table} SET ${column} = $3 WHERE district_id = $1 AND ${column} = $2`,
      [districtId, from, to],
    );
}
