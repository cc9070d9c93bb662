import type { GroupEvidence, HoldEvidence } from '../hold-evidence.ts';
import { archivesAt, groupsOf } from './archives.ts';
import { haveLeft } from './found-again.ts';
import { byCount } from './ordering.ts';

/** Four students may be two families that moved away. Where the school is no longer in the data itself, one is enough. */
const SMALLEST_SCHOOL = 5;

export interface EmptySchool {
  readonly school: string;
  /** All that it had, and all of whom would be archived. */
  readonly students: number;
}

/**
 * The schools that lost every student (guard §17) and have no new one, the largest first. A school whose students turn
 * up elsewhere, or under other ids, is not among them.
 */
export function emptySchools(evidence: HoldEvidence): EmptySchool[] {
  return groupsOf(evidence, 'students')
    .flatMap(({ school, ...counts }) =>
      school !== null && isEmptied(evidence, school, counts) ? [{ school, students: counts.active }] : [],
    )
    .sort(
      byCount(
        ({ students }) => students,
        ({ school }) => school,
      ),
    );
}

function isEmptied(
  evidence: HoldEvidence,
  school: string,
  { active, toArchive, toCreate }: Omit<GroupEvidence, 'school'>,
): boolean {
  const fewest = archivesAt(evidence, 'schools', school) > 0 ? 1 : SMALLEST_SCHOOL;
  const isEmpty = toArchive === active && toCreate === 0 && active >= fewest;
  return isEmpty && haveLeft(evidence, 'students', school);
}
