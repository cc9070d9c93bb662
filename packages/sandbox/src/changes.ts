import { UsageError } from '@rollbook/core';
import type { District, DistrictSchool, DistrictStudent } from './model.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { enrollStudent, groupByCohort } from './timetable.ts';

/** Something that happens to a district from one day to the next: a new district, the old one untouched. */
export type Change = (district: District, random: Random) => District;

/**
 * The district on the following day, after the changes in their order. The same district and changes give the same result. Throws a
 * UsageError when a change asks for what the district does not have.
 */
export function nextDay(district: District, changes: readonly Change[]): District {
  const day = district.day + 1;
  let result: District = { ...district, day };
  for (const [index, change] of changes.entries())
    result = change(result, createRandom(district.seed, 'day', day, index));
  return result;
}

export function findSchool(district: District, school: string): DistrictSchool {
  const found = district.schools.find((each) => each.sisId === school);
  if (found !== undefined) return found;
  const known = district.schools.map((each) => `"${each.sisId}"`).join(', ');
  throw new UsageError(`The district has no school "${school}"; it has ${known}.`);
}

/** Throws a UsageError unless it is a whole number of 0 or more. */
export function checkCount(count: number): void {
  if (Number.isInteger(count) && count >= 0) return;
  throw new UsageError(`Expected a whole number of students, 0 or more; got "${count}".`);
}

/** `count` different students in the order of the roster. `what` ends the message when there are too few. */
export function chooseStudents(
  students: readonly DistrictStudent[],
  count: number,
  random: Random,
  what: string,
): DistrictStudent[] {
  checkCount(count);
  if (count > students.length)
    throw new UsageError(`Cannot choose ${count} students ${what}: there are ${students.length}.`);
  const chosen = new Set(random.shuffled(students).slice(0, count));
  return students.filter((student) => chosen.has(student));
}

/** The students are gone, with their enrollments, their guardianships, and the guardians who have no student left. */
export function withoutStudents(district: District, gone: ReadonlySet<string>): District {
  const guardianships = district.guardianships.filter((each) => !gone.has(each.student));
  const guardiansLeft = new Set(guardianships.map((each) => each.guardian));
  return {
    ...district,
    students: district.students.filter((each) => !gone.has(each.sisId)),
    enrollments: district.enrollments.filter((each) => !gone.has(each.person)),
    guardians: district.guardians.filter((each) => guardiansLeft.has(each.sisId)),
    guardianships,
  };
}

/** Hands out places in a school: each call names the smallest cohort of the grade, or undefined if the grade is not taught. */
export function createPlaces(district: District, school: string): (grade: string | null) => string | undefined {
  const sizes = new Map<string, number>();
  const cohortsByGrade = new Map<string, Set<string>>();
  for (const each of district.classes) {
    if (each.school !== school) continue;
    sizes.set(each.cohort, 0);
    for (const grade of each.grades) {
      const cohorts = cohortsByGrade.get(grade) ?? new Set();
      cohortsByGrade.set(grade, cohorts.add(each.cohort));
    }
  }
  for (const { cohort } of district.students) {
    const size = sizes.get(cohort);
    if (size !== undefined) sizes.set(cohort, size + 1);
  }
  return (grade) => {
    const cohorts = [...(cohortsByGrade.get(grade ?? '') ?? [])];
    const smallest = cohorts.sort((one, other) => (sizes.get(one) ?? 0) - (sizes.get(other) ?? 0))[0];
    if (smallest !== undefined) sizes.set(smallest, (sizes.get(smallest) ?? 0) + 1);
    return smallest;
  };
}

/** The district with each student's enrollments replaced by those of the cohort that the student is now in. */
export function reenrolled(district: District, students: readonly DistrictStudent[]): District {
  const moved = new Set(students.map((student) => student.sisId));
  const byCohort = groupByCohort(district.classes);
  const kept = district.enrollments.filter((each) => !moved.has(each.person));
  const added = students.flatMap((student) => enrollStudent(student, byCohort, district.terms));
  return { ...district, enrollments: [...kept, ...added] };
}

/** The district with these students in the places of those with the same ids. */
export function replaceStudents(district: District, changed: readonly DistrictStudent[]): District {
  const byId = new Map(changed.map((student) => [student.sisId, student]));
  return { ...district, students: district.students.map((each) => byId.get(each.sisId) ?? each) };
}
