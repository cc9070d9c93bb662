import { UsageError, type RunSettings } from '@rollbook/core';
import { CONTACT_FIELDS, isPersonType } from '../effective-values.ts';
import { named, type RecordKey, type RecordRow } from './record-row.ts';

type ContactSettings = Pick<RunSettings, 'updateActiveUserContacts' | 'updateLanguage'>;

/**
 * Checks that all of these fields of a managed record are left to people.
 *
 * @throws UsageError with those that are not, why, and what to do.
 */
export function refuseSourceOwned(
  key: RecordKey,
  record: RecordRow,
  settings: ContactSettings,
  fields: readonly string[],
): void {
  const reasons = new Map<string, string[]>();
  for (const field of fields) {
    const reason = whyOwned(key, record, settings, field);
    if (reason !== null) reasons.set(reason, [...(reasons.get(reason) ?? []), field]);
  }
  if (reasons.size === 0) return;
  const sentences = [...reasons].map(([reason, owned]) => `${owned.join(', ')}: ${reason}`);
  throw new UsageError(`${named(key)} cannot be edited so. ${sentences.join(' ')}`);
}

/** Null: the field may be edited by hand. */
function whyOwned(
  { districtId, recordType, sisId }: RecordKey,
  { syncId, claimedAt }: RecordRow,
  settings: ContactSettings,
  field: string,
): string | null {
  if (recordType === 'staff' && field === 'role') return null;
  if (isPersonType(recordType) && field === 'language') {
    if (!settings.updateLanguage) return null;
    return `the sync "${syncId}" updates languages (updateLanguage is on): change it in the SIS.`;
  }
  if (!isPersonType(recordType) || !(CONTACT_FIELDS as readonly string[]).includes(field))
    return `the source owns it (sync "${syncId}"): change it in the SIS.`;
  if (settings.updateActiveUserContacts)
    return `only the sync "${syncId}" edits contact details, also of people who have joined (updateActiveUserContacts is on): change it in the SIS.`;
  if (claimedAt === null)
    return `the person has not joined, so that the sync "${syncId}" keeps updating contact details: change it in the SIS, or note that the person has joined ("rollbook record claim ${districtId} ${recordType} ${sisId}").`;
  return null;
}
