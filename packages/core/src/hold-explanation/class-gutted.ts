import type { ClassEvidence, HoldEvidence } from '../hold-evidence.ts';
import { archivesAt, archivesIn, groupAt, sumOf } from './archives.ts';
import { MAX_EXAMPLES } from './explanation.ts';
import type { HoldExplanation } from './explanation.ts';
import { byCount, grouped } from './ordering.ts';
import { isMostOf } from './shares.ts';
import { number } from '../wording.ts';
import { idList, portion, schoolList } from './wording.ts';

/** Some students change classes every week. Four out of five do not do so at once. */
const LOST_PERCENT = 80;

/** A small group may be given up without a word. */
const FEWEST_LOST = 5;

/** With more it is not these classes that something happened to, but the school's timetable or its enrollment ids. */
const MOST_CLASSES_OF_SCHOOL = 5;

/**
 * Looks for one class, or up to five of a school, that lost at least four fifths and at least five of their enrollments
 * while class and people stay (guard §25), and that make up half of the enrollments that the school would lose. Schools
 * are taken together.
 *
 * Not explained: a school with as many new enrollments as these classes lost, because the students may have changed to
 * another class, or the enrollments may have been given new ids.
 */
export function classGutted(evidence: HoldEvidence): HoldExplanation[] {
  const gutted = [...grouped(evidence.classes.filter(isGutted), ({ school }) => school)]
    .flatMap(([school, classes]) => (isTelling(evidence, school, classes) ? classes : []))
    .sort(mostLostFirst);
  if (gutted.length === 0) return [];
  const schools = [...new Set(gutted.map(({ school }) => school))];
  const lost = lostBy(gutted);
  const active = sumOf(gutted, (each) => each.active);
  return [
    {
      cause: 'class_gutted',
      recordType: 'enrollments',
      schools,
      explained: lost,
      of: archivesIn(evidence, 'enrollments', schools),
      message: messageFor(evidence, gutted, schools),
      advice:
        'District administrator: ask the school, for each class, whether it is still taught to these students. If it is, approve nothing ' +
        'and have whoever runs the student information system put them back into it; the next run clears the hold. ' +
        'If it was given up, approve.',
      evidence: { classes: gutted.length, lost, active },
      examples: gutted.map(({ classId }) => classId).slice(0, MAX_EXAMPLES),
    },
  ];
}

const isGutted = ({ active, toArchive }: ClassEvidence): boolean =>
  toArchive >= FEWEST_LOST && toArchive * 100 >= active * LOST_PERCENT;

const lostBy = (classes: readonly ClassEvidence[]): number => sumOf(classes, ({ toArchive }) => toArchive);

function isTelling(evidence: HoldEvidence, school: string, classes: readonly ClassEvidence[]): boolean {
  const lost = lostBy(classes);
  const archives = archivesAt(evidence, 'enrollments', school);
  const came = groupAt(evidence, 'enrollments', school)?.toCreate ?? 0;
  return classes.length <= MOST_CLASSES_OF_SCHOOL && lost <= archives && isMostOf(lost, archives) && came < lost;
}

function messageFor(evidence: HoldEvidence, gutted: readonly ClassEvidence[], schools: readonly string[]): string {
  const enrollments = portion(
    lostBy(gutted),
    sumOf(gutted, ({ active }) => active),
    'enrollments',
  );
  const place = schoolList(evidence, schools);
  const ids = idList(gutted.map(({ classId }) => classId));
  return gutted.length === 1
    ? `${enrollments} of class ${ids} at ${place} are gone, though the class and its people are still there: ` +
        'this looks like a class that was emptied by mistake, or given up.'
    : `${enrollments} of ${number(gutted.length)} classes at ${place} (${ids}) are gone, though the classes and their people ` +
        'are still there: this looks like classes that were emptied by mistake, or given up.';
}

const mostLostFirst = byCount<ClassEvidence>(
  ({ toArchive }) => toArchive,
  ({ school, classId }) => JSON.stringify([school, classId]),
);
