import type { HoldEvidence } from '../hold-evidence.ts';
import type { RecordType } from '../record-types.ts';
import { archivesAt, sumOf } from './archives.ts';
import { isHardlyAnyOf } from './shares.ts';

/**
 * Whether hardly any of the records that a school would lose is in the data all the same, under another id or at another
 * school. Only then may it be said that they have left. With more, the ids or the places explain it, or nothing does.
 */
export function haveLeft(evidence: HoldEvidence, recordType: RecordType, school: string): boolean {
  return isHardlyAnyOf(foundAgain(evidence, recordType, school), archivesAt(evidence, recordType, school));
}

/** Whoever lost the zeros of an id still has the same name, and is counted as re-keyed too: the larger number has both. */
function foundAgain(evidence: HoldEvidence, recordType: RecordType, school: string): number {
  const isHere = (entry: { readonly recordType: RecordType; readonly school: string | null }) =>
    entry.recordType === recordType && entry.school === school;
  const underAnotherId = Math.max(
    sumOf(evidence.rekeyed.filter(isHere), ({ pairs }) => pairs),
    sumOf(evidence.zeros.filter(isHere), ({ pairs }) => pairs),
  );
  const elsewhere = recordType === 'students' ? evidence.transfers.filter(({ from }) => from === school) : [];
  return underAnotherId + sumOf(elsewhere, ({ students }) => students);
}
