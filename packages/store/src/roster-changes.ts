import type { RecordType } from '@rollbook/core';
import { columnsOf } from './columns.ts';

/** All fields of a record, under the names of their columns, by the alias of its row. */
export const fieldsSql = (recordType: RecordType, alias: string): string =>
  `jsonb_build_object(${columnsOf(recordType)
    .map(({ name }) => `'${name}', ${alias}.${name}`)
    .join(', ')})`;

/** Of the `fields` of `to` those that `from` has otherwise, for the audit. */
export const changedFieldsSql = (from: string, to: string): string =>
  `rollbook_changed_fields(${from}.fields, ${to}.fields)`;
