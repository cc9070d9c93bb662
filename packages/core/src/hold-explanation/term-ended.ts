import type { EndedTermEvidence, HoldEvidence } from '../hold-evidence.ts';
import { archivesAt, sumOf } from './archives.ts';
import { MAX_EXAMPLES } from './explanation.ts';
import type { HoldExplanation } from './explanation.ts';
import { haveLeft } from './found-again.ts';
import { byCount, compareTexts } from './ordering.ts';
import { isMostOf } from './shares.ts';
import { dueToBeArchived } from './wording.ts';

/**
 * Looks for classes that are due to be archived and all of whose terms are over (guard §25), where they are at least
 * half of the classes that a school would lose. A term is over from its `endDate` on, which is the first day after it.
 * One class is enough: its term says why it ends. Schools are taken together.
 *
 * Not explained: classes without a term, and classes that are in the data under ids without their leading zeros.
 */
export function termEnded(evidence: HoldEvidence): HoldExplanation[] {
  const ended = evidence.endedTerms.filter((entry) => isTelling(evidence, entry)).sort(mostFirst);
  if (ended.length === 0) return [];
  const schools = ended.map(({ school }) => school);
  const archives = ({ school }: EndedTermEvidence) => archivesAt(evidence, 'classes', school);
  const classes = sumOf(ended, (entry) => Math.min(entry.classes, archives(entry)));
  const of = sumOf(ended, archives);
  const lastEndDate =
    ended
      .map((entry) => entry.lastEndDate)
      .sort(compareTexts)
      .at(-1) ?? '';
  const belong =
    classes === 1
      ? `belongs to a term that ended before ${lastEndDate}`
      : `belong to terms that have ended, the last one before ${lastEndDate}`;
  return [
    {
      cause: 'term_ended',
      recordType: 'classes',
      schools,
      explained: classes,
      of,
      message: `${dueToBeArchived(evidence, classes, of, { recordType: 'classes', schools })} ${belong}: this looks like the end of a term.`,
      advice:
        'District administrator: this is to be expected after a term. Look up one or two of these classes; if they are over, approve. ' +
        'If they still meet, approve nothing and have whoever runs the student information system correct the dates of the term.',
      evidence: { classes, toArchive: of, lastEndDate, today: evidence.today },
      examples: ended.flatMap(({ examples }) => examples).slice(0, MAX_EXAMPLES),
    },
  ];
}

function isTelling(evidence: HoldEvidence, { school, classes, lastEndDate }: EndedTermEvidence): boolean {
  const archives = archivesAt(evidence, 'classes', school);
  const isOver = lastEndDate <= evidence.today;
  return archives > 0 && isOver && isMostOf(classes, archives) && haveLeft(evidence, 'classes', school);
}

const mostFirst = byCount<EndedTermEvidence>(
  ({ classes }) => classes,
  ({ school }) => school,
);
