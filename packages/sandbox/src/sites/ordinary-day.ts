import { UsageError } from '@rollbook/core';
import { nextDay, type Change } from '../changes.ts';
import type { District } from '../model.ts';
import { renameClass } from '../school-changes.ts';
import { changeStudents, newStudents, removeStudents } from '../student-changes.ts';

const CHANGED_SHARE = 0.02;
const NEW_SHARE = 0.005;

/** The next day, on which nothing happens that would surprise anybody: some changes, some arrivals, one student left. */
export function ordinaryDay(district: District): District {
  const { students, schools } = district;
  const [school] = schools;
  if (school === undefined) throw new UsageError('A district without a school has no ordinary days.');
  const leavers = students.filter((each) => each.school === school.sisId).length > 1 ? 1 : 0;
  const changes: Change[] = [
    changeStudents(Math.ceil(students.length * CHANGED_SHARE)),
    newStudents(Math.ceil(students.length * NEW_SHARE), school.sisId),
    removeStudents(leavers, school.sisId),
    renameClass(),
  ];
  return nextDay(district, changes);
}

/** The next day, on which so many percent of the first school's students are gone, as when an export went wrong. */
export function lossyDay(district: District, percent: number): District {
  const [school] = district.schools;
  if (!(percent > 0 && percent <= 100)) throw new UsageError(`Expected a percentage from 1 to 100; got "${percent}".`);
  if (school === undefined) throw new UsageError('A district without a school has nobody to lose.');
  const size = district.students.filter((each) => each.school === school.sisId).length;
  return nextDay(district, [removeStudents(Math.ceil((size * percent) / 100), school.sisId)]);
}
