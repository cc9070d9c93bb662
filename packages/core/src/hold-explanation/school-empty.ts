import type { HoldEvidence } from '../hold-evidence.ts';
import { archivesAt, archivesIn, groupsOf, sumOf, total } from './archives.ts';
import { emptySchools } from './empty-schools.ts';
import { MAX_EXAMPLES } from './explanation.ts';
import type { HoldExplanation } from './explanation.ts';
import { haveLeft } from './found-again.ts';
import { compareTexts } from './ordering.ts';
import { capitalised } from '../wording.ts';
import { portion, schoolList } from './wording.ts';

/**
 * Looks for schools that lost every student and have no new one (guard §17, §25), and for schools that are no longer in
 * the data while their students stay. All of a kind are taken together.
 *
 * Not explained: a school of fewer than five students that is still in the data; a school that lost its staff or its
 * classes alone; and, where new schools came, a school that went without its students: it may be one of the new ones.
 */
export function schoolEmpty(evidence: HoldEvidence): HoldExplanation[] {
  return [...withoutStudents(evidence), ...withStudentsElsewhere(evidence)];
}

function withoutStudents(evidence: HoldEvidence): HoldExplanation[] {
  const empty = emptySchools(evidence);
  if (empty.length === 0) return [];
  const schools = empty.map(({ school }) => school);
  const students = sumOf(empty, (each) => each.students);
  const looksLike =
    schools.length === 1
      ? 'a school that was closed, or that is no longer shared'
      : 'schools that were closed, or that are no longer shared';
  return [
    {
      cause: 'school_empty',
      recordType: 'students',
      schools,
      explained: students,
      of: students,
      message:
        `${portion(students, students, 'students')} of ${schoolList(evidence, schools)} ${students === 1 ? 'is' : 'are'} gone ` +
        `and nobody new came: this looks like ${looksLike}.`,
      advice:
        'District administrator: approve this for a school that was closed. For a school that is open, approve nothing and ask ' +
        'whoever runs the student information system whether the school and its students are still shared, and whether every ' +
        'file is complete; once they are, the next run clears the hold.',
      evidence: {
        schools: schools.length,
        students,
        staff: archivesIn(evidence, 'staff', schools),
        classes: archivesIn(evidence, 'classes', schools),
        schoolsNotInData: archivesIn(evidence, 'schools', schools),
      },
      examples: [],
    },
  ];
}

function withStudentsElsewhere(evidence: HoldEvidence): HoldExplanation[] {
  const groups = groupsOf(evidence, 'schools');
  if (total(groups, 'toCreate') > 0) return [];
  const closed = groups.flatMap(({ school, toArchive }) =>
    school !== null && toArchive > 0 && isLeftByNobody(evidence, school) ? [school] : [],
  );
  if (closed.length === 0) return [];
  const schools = closed.sort(compareTexts);
  const archives = archivesIn(evidence, 'schools', schools);
  const [verb, their, looksLike] =
    schools.length === 1
      ? ['is', 'its', 'a school that was closed, or merged into another']
      : ['are', 'their', 'schools that were closed, or merged into others'];
  return [
    {
      cause: 'school_empty',
      recordType: 'schools',
      schools,
      explained: archives,
      of: archives,
      message:
        `${capitalised(schoolList(evidence, schools))} ${verb} no longer in the data, though none of ${their} students is due ` +
        `to be archived: this looks like ${looksLike}.`,
      advice:
        'District administrator: approve this for a school that was closed or merged. For a school that is open, approve nothing and ' +
        'ask whoever runs the student information system whether it is still shared; once it is, the next run clears the hold.',
      evidence: { schools: schools.length, students: 0 },
      examples: schools.slice(0, MAX_EXAMPLES),
    },
  ];
}

const isLeftByNobody = (evidence: HoldEvidence, school: string): boolean =>
  archivesAt(evidence, 'students', school) === 0 && haveLeft(evidence, 'schools', school);
