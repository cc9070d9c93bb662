import type { RecordType, RunSettings } from '@rollbook/core';

const CONTACTS: readonly RecordType[] = ['guardians', 'guardianships'];

/** Whether a run compares this record type, or leaves it untouched as if it had not been delivered (guard §30). */
export function isSynced(recordType: RecordType, { recordTypes }: Pick<RunSettings, 'recordTypes'>): boolean {
  return recordTypes === 'all' || CONTACTS.includes(recordType);
}
