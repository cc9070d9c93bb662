import type { HoldEvidence } from '../hold-evidence.ts';
import type { HoldExplanation } from './explanation.ts';
import { isGraduation } from './graduation.ts';
import { seasonNote } from './season.ts';
import { gradesExplanations, wholeGrades } from './whole-grades.ts';

/**
 * Looks for schools that lost one whole grade or several while no other grade lost anybody (guard §25), apart from
 * graduation. The highest grade of an elementary or a middle school moves up to a school that may not be in this data:
 * that is called the end of the school year, for "graduation" would mislead. Any other grade has no reason to leave
 * together, and the sentence says that it is probably not delivered any more.
 *
 * Not explained: what `graduation` leaves out as well. Grades without an order (`UG`, `Other`, a district's own) are
 * never taken for the highest.
 */
export function gradeLeft(evidence: HoldEvidence): HoldExplanation[] {
  const found = wholeGrades(evidence).filter((each) => !isGraduation(each));
  const highest = found.filter(({ isHighest }) => isHighest);
  const others = found.filter(({ isHighest }) => !isHighest);
  return [
    ...gradesExplanations(evidence, highest, {
      cause: 'grade_left',
      apposition: ', the highest grade,',
      looksLike: () => 'this looks like the end of the school year',
      note: seasonNote(evidence.today),
      advice:
        'District administrator: look up two or three of these students. If they have moved on to a school that is not in this data, ' +
        'approve; if that school should be synced, link it instead. If they still attend, approve nothing and ask whoever runs the ' +
        'student information system why their grade is missing from the data.',
    }),
    ...gradesExplanations(evidence, others, {
      cause: 'grade_left',
      looksLike: (isOneGrade) =>
        isOneGrade
          ? 'it looks as if this grade is no longer shared, or was left out of an export'
          : 'it looks as if these grades are no longer shared, or were left out of an export',
      advice:
        'Approve nothing yet. District administrator: look up two or three of these students. If they still attend, ask whoever runs ' +
        'the student information system whether every grade is shared and exported; once it is, the next run clears the hold. ' +
        'If they have really left, approve.',
    }),
  ];
}
