import type { HoldEvidence } from '../hold-evidence.ts';
import type { HoldExplanation } from './explanation.ts';
import { seasonNote } from './season.ts';
import { gradesExplanations, wholeGrades } from './whole-grades.ts';
import type { WholeGrades } from './whole-grades.ts';

/** The grades that people leave school from. Grade 13 is that of early colleges and of transition programs. */
const LAST_GRADES = [12, 13];

/** Whether a school lost its highest grade, this is the last there is, and nobody else is gone. */
export const isGraduation = ({ grades, isHighest }: WholeGrades): boolean =>
  isHighest && grades.some(({ rank }) => rank !== null && LAST_GRADES.includes(rank));

/**
 * Looks for schools whose highest grade, 12 or 13, is gone to the last student while no other grade lost anybody
 * (guard §25). Schools are taken together for each grade. Outside the season of it the sentence says so.
 *
 * Not explained: a grade of which one student stayed, or a school where somebody else left the same day; a grade of
 * fewer than five students. The highest grade of a lower school leaves as well, but nobody graduates: see `gradeLeft`.
 */
export function graduation(evidence: HoldEvidence): HoldExplanation[] {
  return gradesExplanations(evidence, wholeGrades(evidence).filter(isGraduation), {
    cause: 'graduation',
    looksLike: () => 'this looks like graduation',
    note: seasonNote(evidence.today),
    advice:
      'District administrator: look up two or three of these students. If they have graduated, approve. If they still attend, ' +
      'approve nothing and ask whoever runs the student information system why their grade is missing from the data.',
  });
}
