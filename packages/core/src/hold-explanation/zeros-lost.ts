import type { HoldEvidence, ZerosEvidence } from '../hold-evidence.ts';
import type { HoldExplanation } from './explanation.ts';
import { matchedPairs, pairExample, pairsFacts } from './matched-pairs.ts';
import type { MatchedPairs } from './matched-pairs.ts';
import { capitalised } from '../wording.ts';
import { dueToBeArchived, schoolList } from './wording.ts';

/** In a long list of numbers one id may be another without its zeros by chance; three times is no chance. */
const FEWEST_PAIRS = 3;

/** A district has few schools, and their ids differ more than those of people do. */
const FEWEST_SCHOOLS = 1;

/**
 * Looks for records of any type that are due to be archived and are in the data under the same id without its leading
 * zeros (guard §25): at least three of one record type, or one school, and at least half of what each school named would
 * lose. Schools are taken together.
 *
 * Not explained: ids that have gained zeros, which no spreadsheet does; and matches without an example, because the
 * examples alone tell which it was.
 */
export function zerosLost(evidence: HoldEvidence): HoldExplanation[] {
  return matchedPairs(evidence, evidence.zeros.filter(hasLostZeros))
    .filter(({ recordType, pairs }) => pairs >= (recordType === 'schools' ? FEWEST_SCHOOLS : FEWEST_PAIRS))
    .map((found) => ({
      cause: 'zeros_lost',
      ...pairsFacts(found),
      message: messageFor(evidence, found),
      advice:
        'Approve nothing. Whoever runs the student information system: compare one of these ids there with the file that was sent; ' +
        'if zeros are missing, export again and send the file without opening it in a spreadsheet. The next run then clears this hold. ' +
        'Records that were added under the shortened ids meanwhile will be due to be archived, and those may be approved.',
    }));
}

const hasLostZeros = ({ examples }: ZerosEvidence): boolean =>
  examples.length > 0 && examples.every(({ oldId, newId }) => oldId.length > newId.length);

function messageFor(evidence: HoldEvidence, found: MatchedPairs): string {
  const { recordType, schools, pairs, toArchive } = found;
  const subject =
    recordType === 'schools'
      ? capitalised(schoolList(evidence, schools))
      : dueToBeArchived(evidence, pairs, toArchive, found);
  const ids =
    pairs === 1
      ? 'is in the data under the same id without its leading zeros'
      : 'are in the data under the same ids without their leading zeros';
  return `${subject} ${ids}${pairExample(found)}: this looks like a file that was opened and saved in a spreadsheet.`;
}
