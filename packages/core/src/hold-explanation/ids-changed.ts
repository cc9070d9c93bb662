import type { HoldEvidence } from '../hold-evidence.ts';
import type { HoldExplanation } from './explanation.ts';
import { matchedPairs, pairExample, pairsFacts } from './matched-pairs.ts';
import type { MatchedPairs } from './matched-pairs.ts';
import { dueToBeArchived } from './wording.ts';

/** One or two are duplicates that somebody put right by hand. */
const FEWEST_PAIRS = 3;

/**
 * Looks for people who are due to be archived and are in the data under new ids (guard §25): at least three of one
 * record type, and at least half of what each school named would lose. Schools are taken together.
 *
 * Not explained: classes, courses and other records that have no birth date or e-mail to know them by, and people who
 * moved to another school at the same time (see `transfers`).
 */
export function idsChanged(evidence: HoldEvidence): HoldExplanation[] {
  return matchedPairs(evidence, evidence.rekeyed)
    .filter(({ pairs }) => pairs >= FEWEST_PAIRS)
    .map((found) => ({
      cause: 'ids_changed',
      ...pairsFacts(found),
      message: messageFor(evidence, found),
      advice:
        'District administrator: do not approve this hold, or what belongs to the old ids stays behind with them. ' +
        'Ask whoever runs the student information system to look up one of these people and to confirm that the id was changed. ' +
        'Then have the operator relink the old records to the new ids, so that nothing is lost.',
    }));
}

function messageFor(evidence: HoldEvidence, found: MatchedPairs): string {
  return (
    `${dueToBeArchived(evidence, found.pairs, found.toArchive, found)} are in the data under new ids, with the same name ` +
    `and the same birth date or e-mail${pairExample(found)}: this looks like ids that were changed, not like people who left.`
  );
}
