import { SyncError } from '@rollbook/core';
import fc from 'fast-check';
import type { RosterBuilder } from '../roster-builder.ts';

const SCHOOLS = ['0101', '0102'] as const;
const STUDENTS = Array.from({ length: 12 }, (_, i) => `p${i + 1}`);
const STAFF = ['t1', 't2', 't3', 't4'];
const CLASSES = ['c1', 'c2', 'c3', 'c4'];

/** What goes wrong in a run. */
export type Fault =
  /** The pull breaks off before its end. */
  | 'cut short'
  /** A record type comes with no row at all. */
  | 'empty'
  /** The tables are emptied between two stages, as by a crash of the database. */
  | 'emptied before diff'
  | 'emptied before apply';

/** One day: what the district's data is, what goes wrong, and what a person decides afterwards. */
export interface Day {
  readonly students: readonly string[];
  /** Of the students, those who are in the second school. */
  readonly moved: readonly string[];
  readonly graded: readonly string[];
  readonly staff: readonly string[];
  readonly classes: readonly string[];
  readonly enrolled: readonly string[];
  readonly fault: Fault | null;
  readonly decision: 'approve' | 'approve a school' | 'reject' | null;
}

/** Most records are there on most days, so that runs pass, trip and recover in turn. */
const mostOf = (ids: readonly string[]): fc.Arbitrary<string[]> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.subarray([...ids], { minLength: Math.ceil(ids.length * 0.75) }) },
    { weight: 1, arbitrary: fc.subarray([...ids]) },
  );

export const anyDay: fc.Arbitrary<Day> = fc.record({
  students: mostOf(STUDENTS),
  moved: fc.subarray(STUDENTS, { maxLength: 6 }),
  graded: fc.subarray(STUDENTS),
  staff: mostOf(STAFF),
  classes: mostOf(CLASSES),
  enrolled: fc.subarray(STUDENTS),
  fault: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Fault>('cut short', 'empty', 'emptied before diff', 'emptied before apply'),
    },
  ),
  decision: fc.constantFrom('approve', 'approve a school', 'reject', null, null),
});

/** Makes the roster what it is on that day. Nobody is enrolled in a class that is not there. */
export function deliver(roster: RosterBuilder, day: Day): void {
  for (const records of Object.values(roster.records)) records.clear();
  for (const school of SCHOOLS) roster.school(school);
  const schoolOf = (id: string): string => (day.moved.includes(id) ? SCHOOLS[1] : SCHOOLS[0]);
  for (const id of day.students) {
    roster.student(id, schoolOf(id), { grade: day.graded.includes(id) ? '10' : '09' });
    if (day.graded.includes(id)) roster.guardian(`g-${id}`, id);
  }
  day.staff.forEach((id, i) => roster.staff(id, SCHOOLS[i % 2] as string));
  day.classes.forEach((id) => roster.class(id, SCHOOLS[CLASSES.indexOf(id) % 2] as string));
  for (const person of day.students.filter((id) => day.enrolled.includes(id)))
    for (const id of day.classes)
      if (CLASSES.indexOf(id) % 2 === SCHOOLS.indexOf(schoolOf(person) as never)) roster.enroll(person, id);
  if (day.fault === 'empty') {
    roster.records.staff.clear();
  }
  roster.beforeEnd = async () => {
    if (day.fault !== 'cut short') return;
    throw new SyncError('source_unavailable', 'The connection broke off.', { advice: 'Try again.' });
  };
}
