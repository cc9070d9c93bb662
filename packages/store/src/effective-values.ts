import type { RecordType, RunSettings } from '@rollbook/core';
import { columnsOf } from './columns.ts';

type ContactSettings = Pick<RunSettings, 'updateActiveUserContacts' | 'updateLanguage'>;

/** Types of people, who may have joined the product. */
export const PERSON_TYPES = ['students', 'staff', 'guardians'] as const satisfies readonly RecordType[];
type PersonType = (typeof PERSON_TYPES)[number];

export const isPersonType = (recordType: RecordType): recordType is PersonType =>
  (PERSON_TYPES as readonly RecordType[]).includes(recordType);

/**
 * True for records `alias` whose hash tells what they hold: those without one, and people who differ from what the data
 * said of them, are compared field by field in every run.
 */
export function isRecognisableSql(recordType: RecordType, alias: string): string {
  const differs = isPersonType(recordType) ? ` AND NOT ${alias}.differs_from_source` : '';
  return `(${alias}.source_hash IS NOT NULL${differs})`;
}

/** Name, e-mail and phone: what belongs to people who have joined, unless the sync is set to update it. */
export const CONTACT_FIELDS = [
  'givenName',
  'middleName',
  'familyName',
  'preferredName',
  'email',
  'phone',
  'sms',
] as const;

/**
 * The value that a column has after a run, by the roster's record `r` and the snapshot's row `s`: that of the data, but
 * for what people keep for themselves.
 */
export function effectiveSql(recordType: RecordType, column: string, settings: ContactSettings): string {
  const field = columnsOf(recordType).find(({ name }) => name === column)?.field ?? '';
  if (!isPersonType(recordType)) return `s.${column}`;
  if ((CONTACT_FIELDS as readonly string[]).includes(field) && !settings.updateActiveUserContacts)
    return `CASE WHEN r.claimed_at IS NULL THEN s.${column} ELSE r.${column} END`;
  if (field === 'language' && !settings.updateLanguage) return `coalesce(r.${column}, s.${column})`;
  if (recordType === 'staff' && field === 'role')
    return `CASE WHEN r.role_is_own THEN r.${column} ELSE s.${column} END`;
  return `s.${column}`;
}

/** True where a person keeps the value that the record `r` has, whatever the data says. */
export function ownsSql(recordType: RecordType, column: string, settings: ContactSettings): string {
  const field = columnsOf(recordType).find(({ name }) => name === column)?.field ?? '';
  if (!isPersonType(recordType)) return 'false';
  if ((CONTACT_FIELDS as readonly string[]).includes(field) && !settings.updateActiveUserContacts)
    return '(r.claimed_at IS NOT NULL)';
  if (field === 'language' && !settings.updateLanguage) return `(r.${column} IS NOT NULL)`;
  return recordType === 'staff' && field === 'role' ? 'r.role_is_own' : 'false';
}

/** True if nothing of the record `r` would change. */
export function isSameSql(recordType: RecordType, settings: ContactSettings): string {
  const names = columnsOf(recordType).map(({ name }) => name);
  const effective = names.map((name) => effectiveSql(recordType, name, settings));
  return `ROW(${names.map((name) => `r.${name}`).join(', ')}) IS NOT DISTINCT FROM ROW(${effective.join(', ')})`;
}

/** For people, an assignment: whether what they have after the run is another than what the data says. */
export function differsAssignment(recordType: RecordType, settings: ContactSettings): string {
  if (!isPersonType(recordType)) return '';
  const names = columnsOf(recordType).map(({ name }) => name);
  const effective = names.map((name) => effectiveSql(recordType, name, settings));
  return `differs_from_source = ROW(${effective.join(', ')}) IS DISTINCT FROM ROW(${names.map((name) => `s.${name}`).join(', ')}),`;
}
