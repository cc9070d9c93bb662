import type { Staff } from '@rollbook/core';
import type { District, DistrictClass, DistrictGuardian, DistrictStudent } from '../model.ts';
import type { CleverSwitches } from './switches.ts';

/** What of a district can be seen, still in the district's own terms. */
export interface Visible {
  readonly schools: District['schools'];
  readonly students: readonly DistrictStudent[];
  readonly staff: readonly Staff[];
  readonly guardians: readonly DistrictGuardian[];
  readonly guardianships: District['guardianships'];
  readonly classes: readonly DistrictClass[];
  /** By class: the people named in it, in order of enrollment. */
  readonly members: ReadonlyMap<string, Members>;
}

export interface Members {
  readonly teachers: readonly string[];
  readonly students: readonly string[];
}

/** Applies what is not shared, and what is gone. */
export function visibleOf(district: District, switches: CleverSwitches): Visible {
  const unshared = new Set(switches.unsharedSchools);
  const gone = new Set([...switches.deletedUsers, ...droppedStudents(district, switches.droppedStudentsPercent)]);
  const hidden = new Set(switches.unsharedStudents);
  const isShared = (school: string): boolean => !unshared.has(school);
  const atSharedSchool = <P extends Staff | DistrictStudent>(person: P): P[] => {
    if (gone.has(person.sisId) || hidden.has(person.sisId)) return [];
    const schools = person.schools.filter(isShared);
    const primary = switches.primarySchools[person.sisId] ?? person.school;
    if (schools.length === 0) return [];
    const school = primary !== null && isShared(primary) ? primary : (schools[0] ?? null);
    return [{ ...person, school, schools: school === null ? schools : [...new Set([school, ...schools])] }];
  };
  const students = district.students.flatMap(atSharedSchool);
  const classes = district.classes.filter((each) => isShared(each.school ?? ''));
  const studentIds = new Set(students.map(({ sisId }) => sisId));
  const present = district.guardianships.filter(({ student, guardian }) => !gone.has(guardian) && !gone.has(student));
  const shown = present.filter(({ student }) => studentIds.has(student));
  const guardianIds = new Set(shown.map(({ guardian }) => guardian));
  const named = present.filter(({ guardian }) => guardianIds.has(guardian));
  return {
    schools: district.schools.filter(({ sisId }) => isShared(sisId)),
    students,
    staff: district.staff.flatMap(atSharedSchool),
    guardians: district.guardians.filter(({ sisId }) => guardianIds.has(sisId)),
    guardianships: switches.contactsNameUnshared ? named : shown,
    classes,
    members: membersOf(district, classes, gone, switches),
  };
}

function droppedStudents(district: District, percent: number): string[] {
  return district.students
    .filter((_, index) => Math.floor(((index + 1) * percent) / 100) > Math.floor((index * percent) / 100))
    .map(({ sisId }) => sisId);
}

function membersOf(
  district: District,
  classes: readonly DistrictClass[],
  gone: ReadonlySet<string>,
  switches: CleverSwitches,
): Map<string, Members> {
  const members = new Map<string, { teachers: string[]; students: string[] }>();
  for (const { sisId } of classes) members.set(sisId, { teachers: [], students: [] });
  for (const { class: sisId, person, role, primary } of district.enrollments) {
    const of = members.get(sisId);
    if (of === undefined || gone.has(person)) continue;
    if (role === 'student') of.students.push(person);
    else if (primary === true) of.teachers.unshift(person);
    else of.teachers.push(person);
  }
  for (const sisId of switches.withoutTeacher) members.get(sisId)?.teachers.splice(0);
  return members;
}
