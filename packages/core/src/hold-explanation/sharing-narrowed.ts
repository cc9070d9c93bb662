import type { GroupEvidence, HoldEvidence } from '../hold-evidence.ts';
import { groupsOf, sumOf, total } from './archives.ts';
import { emptySchools } from './empty-schools.ts';
import type { HoldExplanation } from './explanation.ts';
import { byCount } from './ordering.ts';
import { isHardlyAnyOf, isMostOf } from './shares.ts';
import { countedRecords, number } from '../wording.ts';
import { schoolList } from './wording.ts';

/** One school may be closed. So may two of many; a quarter of all are not closed at once. */
const FEWEST_SCHOOLS = 2;
const SCHOOLS_PERCENT = 25;

/** Below this a new timetable may drop half of the courses. */
const FEWEST_COURSES = 20;

const ADVICE =
  'District administrator: ask whoever manages sharing at the provider, or the export of the student information system, whether ' +
  'less is shared than before. If that was a mistake, approve nothing and have it shared again: the next run clears the hold. ' +
  'If it was meant, approve.';

/**
 * Looks for a part of the district that is no longer there while the rest is as it was (guard §25): two schools or more,
 * and a quarter of those that had students, lost every student while the others lost a tenth at most; or else half of
 * the courses and half of the classes went, and hardly any came.
 *
 * Not explained: a district of which no school is left; schools of which one lost a part, as when a file was cut short;
 * courses that went with classes of ended terms or with emptied schools.
 */
export function sharingNarrowed(evidence: HoldEvidence): HoldExplanation[] {
  const toSchools = narrowedToSchools(evidence);
  return toSchools === null ? narrowedToCourses(evidence) : [toSchools];
}

function narrowedToSchools(evidence: HoldEvidence): HoldExplanation | null {
  const empty = emptySchools(evidence);
  const schools = empty.map(({ school }) => school);
  const had = groupsOf(evidence, 'students').filter(({ school, active }) => school !== null && active > 0);
  const others = had.filter(({ school }) => school !== null && !schools.includes(school));
  const isManySchools = empty.length >= FEWEST_SCHOOLS && empty.length * 100 >= had.length * SCHOOLS_PERCENT;
  const othersStay = others.length > 0 && isHardlyAnyOf(total(others, 'toArchive'), total(others, 'active'));
  if (!isManySchools || !othersStay) return null;
  const students = sumOf(empty, (each) => each.students);
  return {
    cause: 'sharing_narrowed',
    recordType: 'students',
    schools,
    explained: students,
    of: students,
    message:
      `${number(empty.length)} of the ${countedRecords(had.length, 'schools')} with students lost all of them ` +
      `(${countedRecords(students, 'students')} of ${schoolList(evidence, schools)}), while the others lost few or none: ` +
      'this looks like sharing that was reduced to some of the schools.',
    advice: ADVICE,
    evidence: {
      emptySchools: empty.length,
      schoolsWithStudents: had.length,
      students,
      lostElsewhere: total(others, 'toArchive'),
    },
    examples: [],
  };
}

function narrowedToCourses(evidence: HoldEvidence): HoldExplanation[] {
  const empty = new Set<string | null>(emptySchools(evidence).map(({ school }) => school));
  const classes = groupsOf(evidence, 'classes').filter(({ school }) => !empty.has(school));
  const courses = groupsOf(evidence, 'courses').filter(({ school }) => !empty.has(school));
  const ended = sumOf(evidence.endedTerms, (each) => each.classes);
  if (!haveGone(classes) || !isHardlyAnyOf(ended, total(classes, 'toArchive'))) return [];
  const ofSchools = courses.filter(({ school }) => school !== null);
  const ofDistrict = courses.filter(({ school }) => school === null);
  return [ofSchools, ofDistrict]
    .filter((groups) => total(groups, 'active') >= FEWEST_COURSES && haveGone(groups))
    .map((groups) => coursesExplanation(groups, classes));
}

/** Half or more went, some stay, and hardly any came: ids that changed bring as many as they take. */
function haveGone(groups: readonly GroupEvidence[]): boolean {
  const [active, gone, came] = [total(groups, 'active'), total(groups, 'toArchive'), total(groups, 'toCreate')];
  return gone < active && isMostOf(gone, active) && isHardlyAnyOf(came, gone);
}

function coursesExplanation(courses: readonly GroupEvidence[], classes: readonly GroupEvidence[]): HoldExplanation {
  const losing = courses.filter(({ toArchive }) => toArchive > 0).sort(mostFirst);
  const gone = { courses: total(losing, 'toArchive'), classes: total(classes, 'toArchive') };
  const active = { courses: total(courses, 'active'), classes: total(classes, 'active') };
  return {
    cause: 'sharing_narrowed',
    recordType: 'courses',
    schools: losing.flatMap(({ school }) => school ?? []),
    explained: gone.courses,
    of: gone.courses,
    message:
      `${number(gone.courses)} of the ${countedRecords(active.courses, 'courses')} and ${number(gone.classes)} of the ` +
      `${countedRecords(active.classes, 'classes')} are gone and hardly any came: ` +
      'this looks like sharing that was reduced to some of the courses.',
    advice: ADVICE,
    evidence: {
      courses: gone.courses,
      coursesBefore: active.courses,
      classes: gone.classes,
      classesBefore: active.classes,
    },
    examples: [],
  };
}

const mostFirst = byCount<GroupEvidence>(
  ({ toArchive }) => toArchive,
  ({ school }) => school ?? '',
);
