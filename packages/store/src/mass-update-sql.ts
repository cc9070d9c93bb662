import type { PeopleType } from '@rollbook/core';
import { changesTable } from './changes.ts';
import { columnsOf, type Column } from './columns.ts';
import type { DiffInput } from './diff.ts';
import { effectiveSql } from './effective-values.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** What tells who somebody is (guard §36). */
const IDENTITY: Readonly<Record<PeopleType, readonly string[]>> = {
  students: ['givenName', 'familyName', 'email', 'username', 'studentNumber'],
  staff: ['givenName', 'familyName', 'email', 'username', 'staffNumber'],
  guardians: ['givenName', 'familyName', 'email', 'username'],
};

export const identityColumns = (recordType: PeopleType): readonly Column[] =>
  columnsOf(recordType).filter(({ field }) => IDENTITY[recordType].includes(field));

/** The updates `c` of a change set, with the roster's record `r` and `n`, what it would be; `$1` is the district. */
export function updatesSql(recordType: PeopleType, { prefix, settings }: DiffInput): string {
  const values = columnsOf(recordType).map(({ name }) => `${effectiveSql(recordType, name, settings)} AS ${name}`);
  return `${changesTable(prefix)} c JOIN ${snapshotTable(prefix, recordType)} s ON s.sis_id = c.sis_id
     JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = c.sis_id
     CROSS JOIN LATERAL (SELECT ${values.join(', ')}) n
     WHERE c.record_type = '${recordType}' AND c.action = 'u'`;
}

export function isEmptySql(alias: string, { name, kind }: Column): string {
  const value = `${alias}.${name}`;
  if (kind === 'set') return `(coalesce(cardinality(${value}), 0) = 0)`;
  return kind === 'text' ? `(coalesce(btrim(${value}), '') = '')` : `(${value} IS NULL)`;
}

/** Whether a column of text would be another. E-mails that differ in case and blanks alone are the same. */
export function isChangedSql({ name, field }: Column): string {
  const plain = (value: string): string =>
    field === 'email' ? `lower(regexp_replace(${value}, '\\s', '', 'g'))` : value;
  return `(coalesce(${plain(`r.${name}`)}, '') <> coalesce(${plain(`n.${name}`)}, ''))`;
}

export const isIdentityChangedSql = (recordType: PeopleType): string =>
  `(${identityColumns(recordType).map(isChangedSql).join(' OR ')})`;
