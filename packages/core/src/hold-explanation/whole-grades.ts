import type { GradeEvidence, HoldEvidence } from '../hold-evidence.ts';
import { archivesAt, sumOf } from './archives.ts';
import { MAX_EXAMPLES } from './explanation.ts';
import type { HoldExplanation } from './explanation.ts';
import { haveLeft } from './found-again.ts';
import { readGrade } from './grade-order.ts';
import type { Grade } from './grade-order.ts';
import { byCount, compareTexts, grouped } from './ordering.ts';
import { portion, schoolList, wordList } from './wording.ts';

/** A grade of four may be two families that moved away; and four who stay do not show that the other grades stayed. */
const SMALLEST_GRADE = 5;

/** A school that lost whole grades, and nobody else. */
export interface WholeGrades {
  readonly school: string;
  /** In their order. */
  readonly grades: readonly Grade[];
  /** Whether it is one grade, and the highest of the school among those that have an order. */
  readonly isHighest: boolean;
  /** Students of these grades, all of whom would be archived. */
  readonly students: number;
  /** Students of the other grades and without a grade, all of whom stay. */
  readonly staying: number;
  /** Ids of some of those who are gone. */
  readonly examples: readonly string[];
}

interface GradeCount {
  readonly grade: Grade | null;
  readonly active: number;
  readonly toArchive: number;
  readonly examples: readonly string[];
}

/**
 * The schools that lost whole grades and nobody else: of these grades not one student stays, of the others and of those
 * without a grade not one is gone. A school that kept fewer than five students is not among them, nor one whose grades
 * do not add up to what it would lose.
 */
export function wholeGrades(evidence: HoldEvidence): WholeGrades[] {
  return [...grouped(evidence.grades, ({ school }) => school)]
    .flatMap(([school, entries]) => goneFrom(school, gradeCounts(entries)) ?? [])
    .filter(({ school, students }) => students === archivesAt(evidence, 'students', school))
    .filter(({ school }) => haveLeft(evidence, 'students', school));
}

/** Each grade once, however it is spelt; sorted, so that the spelling shown does not depend on the order of the input. */
function gradeCounts(entries: readonly GradeEvidence[]): GradeCount[] {
  const sorted = entries.toSorted((a, b) => compareTexts(a.grade ?? '', b.grade ?? ''));
  const byGrade = grouped(sorted, ({ grade }) => readGrade(grade)?.key);
  return [...byGrade.values()].map((spellings) => ({
    grade: readGrade(spellings[0]?.grade ?? null),
    active: sumOf(spellings, ({ active }) => active),
    toArchive: sumOf(spellings, ({ toArchive }) => toArchive),
    examples: spellings.flatMap(({ examples }) => examples),
  }));
}

function goneFrom(school: string, counts: readonly GradeCount[]): WholeGrades | null {
  const present = counts.filter(({ active }) => active > 0);
  const losing = present.filter(({ toArchive }) => toArchive > 0);
  const isWhole = losing.every(
    ({ grade, active, toArchive }) => grade !== null && toArchive === active && active >= SMALLEST_GRADE,
  );
  const students = sumOf(losing, ({ toArchive }) => toArchive);
  const staying = sumOf(present, ({ active }) => active) - students;
  if (losing.length === 0 || !isWhole || staying < SMALLEST_GRADE) return null;
  const grades = losing.flatMap(({ grade }) => grade ?? []).sort(byRank);
  const highest = Math.max(...present.map(({ grade }) => grade?.rank ?? -Infinity));
  const examples = losing.flatMap((count) => count.examples);
  return { school, grades, isHighest: grades.length === 1 && grades[0]?.rank === highest, students, staying, examples };
}

const byRank = (a: Grade, b: Grade): number =>
  (a.rank ?? Infinity) - (b.rank ?? Infinity) || compareTexts(a.key, b.key);

export interface GradesWording {
  readonly cause: HoldExplanation['cause'];
  /** Follows the names of the grades, such as `, the highest grade,`. */
  readonly apposition?: string;
  /** Ends the sentence. */
  readonly looksLike: (isOneGrade: boolean) => string;
  /** A sentence that follows, with a space before it. */
  readonly note?: string;
  readonly advice: string;
}

/** One explanation for all schools that lost the same grades. */
export function gradesExplanations(
  evidence: HoldEvidence,
  found: readonly WholeGrades[],
  { cause, apposition = '', looksLike, note = '', advice }: GradesWording,
): HoldExplanation[] {
  const sets = grouped(found, ({ grades }) => labelsOf(grades).join(', '));
  return [...sets].map(([grades, unsorted]) => {
    const same = unsorted.toSorted(mostFirst);
    const labels = labelsOf(same[0]?.grades ?? []);
    const schools = same.map(({ school }) => school);
    const students = sumOf(same, (each) => each.students);
    const there = schools.length === 1 ? '' : ' there';
    return {
      cause,
      recordType: 'students',
      schools,
      explained: students,
      of: students,
      message:
        `${portion(students, students, 'students')} of ${wordList(labels)}${apposition} at ` +
        `${schoolList(evidence, schools)} are gone and no other grade changed${there}: ${looksLike(labels.length === 1)}.${note}`,
      advice,
      evidence: { grades, schools: schools.length, students, staying: sumOf(same, ({ staying }) => staying) },
      examples: same.flatMap(({ examples }) => examples).slice(0, MAX_EXAMPLES),
    };
  });
}

const labelsOf = (grades: readonly Grade[]): string[] => grades.map(({ label }) => label);

const mostFirst = byCount<WholeGrades>(
  ({ students }) => students,
  ({ school }) => school,
);
