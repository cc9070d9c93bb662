import type { HoldEvidence } from '../hold-evidence.ts';
import { RECORD_TYPES } from '../record-types.ts';
import { classGutted } from './class-gutted.ts';
import { CAUSES } from './explanation.ts';
import type { Cause, HoldExplanation } from './explanation.ts';
import { gradeLeft } from './grade-left.ts';
import { graduation } from './graduation.ts';
import { idsChanged } from './ids-changed.ts';
import { compareTexts } from './ordering.ts';
import { schoolEmpty } from './school-empty.ts';
import { sharingNarrowed } from './sharing-narrowed.ts';
import { termEnded } from './term-ended.ts';
import { transfers } from './transfers.ts';
import { zerosLost } from './zeros-lost.ts';

/** More than anybody reads; what comes last explains least. */
const MAX_EXPLANATIONS = 8;

const DETECTORS: Readonly<Record<Cause, (evidence: HoldEvidence) => HoldExplanation[]>> = {
  ids_changed: idsChanged,
  zeros_lost: zerosLost,
  sharing_narrowed: sharingNarrowed,
  school_empty: schoolEmpty,
  graduation,
  grade_left: gradeLeft,
  term_ended: termEnded,
  transfers,
  class_gutted: classGutted,
};

/** Which cause says the same as another, and more of it, where both speak of the same records. */
const IMPLIED_BY: Readonly<Partial<Record<Cause, Cause>>> = {
  ids_changed: 'zeros_lost',
  school_empty: 'sharing_narrowed',
};

/** Of two explanations of the same records the better one may miss a few: names match where ids do not, and the reverse. */
const SAME_RECORDS_PERCENT = 90;

/**
 * Why a hold looks as it does (guard §25): what accounts for most archives first, at most eight. Empty if nothing is
 * plain from the evidence: no explanation is better than a wrong one. The order of the lists in `evidence` does not matter.
 */
export function explainHold(evidence: HoldEvidence): HoldExplanation[] {
  const found = CAUSES.flatMap((cause) => DETECTORS[cause](evidence));
  return found
    .filter((explanation) => !found.some((other) => implies(other, explanation)))
    .sort(byWeight)
    .slice(0, MAX_EXPLANATIONS);
}

function implies(better: HoldExplanation, { cause, recordType, schools, explained }: HoldExplanation): boolean {
  if (IMPLIED_BY[cause] !== better.cause || recordType !== better.recordType) return false;
  const isOfDistrict = schools.length === 0;
  const hasPlaces =
    isOfDistrict === (better.schools.length === 0) && schools.every((id) => better.schools.includes(id));
  return hasPlaces && better.explained * 100 >= explained * SAME_RECORDS_PERCENT;
}

function byWeight(a: HoldExplanation, b: HoldExplanation): number {
  return (
    b.explained - a.explained ||
    CAUSES.indexOf(a.cause) - CAUSES.indexOf(b.cause) ||
    RECORD_TYPES.indexOf(a.recordType) - RECORD_TYPES.indexOf(b.recordType) ||
    compareTexts(a.message, b.message)
  );
}
