import type { HoldEvidence, RekeyEvidence, ZerosEvidence } from '../hold-evidence.ts';
import { quoted } from '../received.ts';
import { RECORD_TYPES } from '../record-types.ts';
import type { RecordType } from '../record-types.ts';
import { archivesAt, groupAt, sumOf } from './archives.ts';
import { MAX_EXAMPLES } from './explanation.ts';
import type { HoldExplanation } from './explanation.ts';
import { byCount } from './ordering.ts';
import { isMostOf } from './shares.ts';

type PairsEvidence = RekeyEvidence | ZerosEvidence;

/** Records of one type, in schools or in the district, each of which is in the data under another id. */
export interface MatchedPairs {
  readonly recordType: RecordType;
  /** Those with most pairs first; empty: the district. */
  readonly schools: string[];
  readonly pairs: number;
  readonly toArchive: number;
  readonly toCreate: number;
  readonly examples: PairsEvidence['examples'];
}

/**
 * The matches of every record type: those of all schools taken together, and those of the district. A school is left out
 * if they are less than half of what it would lose. A type without a match has 0 pairs.
 */
export function matchedPairs(evidence: HoldEvidence, entries: readonly PairsEvidence[]): MatchedPairs[] {
  const telling = entries.filter(({ recordType, school, pairs }) => {
    const toArchive = archivesAt(evidence, recordType, school);
    return toArchive > 0 && isMostOf(pairs, toArchive);
  });
  return RECORD_TYPES.flatMap((recordType) => {
    const ofType = telling.filter((entry) => entry.recordType === recordType);
    const ofSchools = ofType.filter(({ school }) => school !== null);
    const ofDistrict = ofType.filter(({ school }) => school === null);
    return [ofSchools, ofDistrict].map((same) => together(evidence, recordType, same));
  });
}

function together(evidence: HoldEvidence, recordType: RecordType, same: readonly PairsEvidence[]): MatchedPairs {
  const mostFirst = byCount<PairsEvidence>(
    ({ pairs }) => pairs,
    ({ school }) => school ?? '',
  );
  const entries = same.toSorted(mostFirst);
  const archives = ({ school }: PairsEvidence) => archivesAt(evidence, recordType, school);
  return {
    recordType,
    schools: entries.flatMap(({ school }) => school ?? []),
    pairs: sumOf(entries, (entry) => Math.min(entry.pairs, archives(entry))),
    toArchive: sumOf(entries, archives),
    toCreate: sumOf(entries, ({ school }) => groupAt(evidence, recordType, school)?.toCreate ?? 0),
    examples: entries.flatMap(({ examples }) => examples).slice(0, MAX_EXAMPLES),
  };
}

/** What an explanation by pairs says apart from its cause and its words. */
export function pairsFacts(found: MatchedPairs): Omit<HoldExplanation, 'cause' | 'message' | 'advice'> {
  const { recordType, schools, pairs, toArchive, toCreate, examples } = found;
  const [first] = examples;
  return {
    recordType,
    schools,
    explained: pairs,
    of: toArchive,
    evidence: { pairs, toArchive, toCreate, ...first },
    examples: examples.map(({ oldId }) => oldId),
  };
}

/** ` (for example, "00123" is now "123")`; nothing without an example. */
export function pairExample({ examples: [first] }: MatchedPairs): string {
  return first === undefined ? '' : ` (for example, ${quoted(first.oldId)} is now ${quoted(first.newId)})`;
}
