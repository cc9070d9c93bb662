import { compositeKey } from '@rollbook/core';
import { findSchool } from './changes.ts';
import type { Change } from './changes.ts';
import type { DistrictSchool } from './model.ts';

/** Every student of the school gets a new SIS id, as after a change of system; everything else about them stays. */
export function rekeyStudents(school: string): Change {
  return (district) => {
    findSchool(district, school);
    const ids = new Map<string, string>();
    for (const student of district.students)
      if (student.school === school) ids.set(student.sisId, `N${district.day}${student.sisId.slice(1)}`);
    const idOf = (id: string): string => ids.get(id) ?? id;
    return {
      ...district,
      students: district.students.map((each) => (ids.has(each.sisId) ? { ...each, sisId: idOf(each.sisId) } : each)),
      enrollments: district.enrollments.map((each) =>
        ids.has(each.person)
          ? { ...each, sisId: `${each.class}.${idOf(each.person)}`, person: idOf(each.person) }
          : each,
      ),
      guardianships: district.guardianships.map((each) =>
        ids.has(each.student)
          ? { ...each, sisId: compositeKey(idOf(each.student), each.guardian), student: idOf(each.student) }
          : each,
      ),
    };
  };
}

const shorten = (value: string): string => value.replace(/^0+(?=\d+$)/, '');
const shortenIfAny = (value: string | null): string | null => (value === null ? null : shorten(value));
const shortenEach = (values: readonly string[]): string[] => values.map(shorten);

const shortenSchool = (school: DistrictSchool): DistrictSchool => ({
  ...school,
  sisId: shorten(school.sisId),
  number: shortenIfAny(school.number),
  parent: shortenIfAny(school.parent),
  grades: shortenEach(school.grades),
});

/** Somebody opened the files in a spreadsheet and saved them: school ids, grades and student numbers lose their leading zeros. */
export function loseLeadingZeros(): Change {
  return (district) => ({
    ...district,
    org: shortenSchool(district.org),
    schools: district.schools.map(shortenSchool),
    courses: district.courses.map((each) => ({ ...each, grades: shortenEach(each.grades) })),
    classes: district.classes.map((each) => ({
      ...each,
      school: shortenIfAny(each.school),
      grades: shortenEach(each.grades),
    })),
    students: district.students.map((each) => ({
      ...each,
      school: shortenIfAny(each.school),
      schools: shortenEach(each.schools),
      grade: shortenIfAny(each.grade),
      studentNumber: shortenIfAny(each.studentNumber),
    })),
    staff: district.staff.map((each) => ({
      ...each,
      school: shortenIfAny(each.school),
      schools: shortenEach(each.schools),
    })),
    enrollments: district.enrollments.map((each) => ({ ...each, school: shortenIfAny(each.school) })),
  });
}
