import { UsageError } from '@rollbook/core';
import {
  checkCount,
  chooseStudents,
  createPlaces,
  findSchool,
  reenrolled,
  replaceStudents,
  withoutStudents,
} from './changes.ts';
import type { Change } from './changes.ts';
import { guardianshipsOf } from './district.ts';
import type { District, DistrictGuardian, DistrictStudent } from './model.ts';
import { createFamily, createPhone, createStudent } from './people.ts';
import type { Random } from './random.ts';

function chooseMovers(district: District, count: number, from: string, to: string, random: Random): DistrictStudent[] {
  findSchool(district, from);
  const { grades } = findSchool(district, to);
  const able = district.students.filter((student) => student.school === from && grades.includes(student.grade ?? ''));
  return chooseStudents(able, count, random, `of "${from}" whose grade is taught at "${to}"`);
}

function move(district: District, students: readonly DistrictStudent[], to: string): District {
  const placeFor = createPlaces(district, to);
  const moved = students.map((student) => {
    const cohort = placeFor(student.grade) ?? '';
    return { ...student, school: to, schools: [to], cohort };
  });
  return reenrolled(replaceStudents(district, moved), moved);
}

/** `count` students change from one school to another that teaches their grades, and get the classes there. */
export function transferStudents(count: number, fromSchool: string, toSchool: string): Change {
  return (district, random) => move(district, chooseMovers(district, count, fromSchool, toSchool, random), toSchool);
}

/** `count` students of each of two schools change to the other: both schools keep their size. */
export function swapStudents(count: number, one: string, other: string): Change {
  return (district, random) => {
    const leaving = chooseMovers(district, count, one, other, random);
    const coming = chooseMovers(district, count, other, one, random);
    return move(move(district, leaving, other), coming, one);
  };
}

/** `count` students with new families arrive at the school, spread over its grades. */
export function newStudents(count: number, school: string): Change {
  return (district, random) => {
    checkCount(count);
    const { grades } = findSchool(district, school);
    const placeFor = createPlaces(district, school);
    const students: DistrictStudent[] = [];
    const guardians: DistrictGuardian[] = [];
    const guardianships = [...district.guardianships];
    const next = { ...district.next };
    const places = Array.from({ length: count }, (_, index) => grades[index % grades.length] ?? '');
    for (const grade of places) {
      const family = createFamily(next.guardian, random);
      const cohort = placeFor(grade) ?? '';
      const { id: districtId, schoolYear } = district;
      const plan = { number: next.student, districtId, schoolYear, school, cohort, grade, family };
      const student = createStudent(plan, random);
      students.push(student);
      guardians.push(...family.members.map((member) => member.guardian));
      guardianships.push(...guardianshipsOf(student.sisId, family));
      next.student += 1;
      next.guardian += family.members.length;
    }
    const grown = {
      ...district,
      next,
      guardianships,
      students: [...district.students, ...students],
      guardians: [...district.guardians, ...guardians],
    };
    return reenrolled(grown, students);
  };
}

/**
 * `count` students, of one school if it is named, get another e-mail address, telephone number or grade, in turn. The grade is a
 * neighbouring one of the school, as when a mistake is put right: the classes stay.
 */
export function changeStudents(count: number, school?: string): Change {
  return (district, random) => {
    const able = district.students.filter((student) => school === undefined || student.school === school);
    const chosen = chooseStudents(able, count, random, 'to change');
    const changed = chosen.map((student, index): DistrictStudent => {
      const email = `${student.username}.d${district.day}@students.${district.id}.example`;
      if (index % 3 === 0) return { ...student, email };
      if (index % 3 === 1) return { ...student, phone: otherPhone(student.phone, () => createPhone(random)) };
      return { ...student, grade: neighbourOf(student.grade, findSchool(district, student.school ?? '').grades) };
    });
    return replaceStudents(district, changed);
  };
}

function neighbourOf(grade: string | null, grades: readonly string[]): string | null {
  const index = grades.findIndex((each) => each === grade);
  return grades[index + 1] ?? grades[index - 1] ?? grade;
}

function otherPhone(current: string | null, create: () => string): string {
  const phone = create();
  return phone === current ? otherPhone(current, create) : phone;
}

/** `count` students of the school are gone, with their enrollments and the guardians who have no other child here. */
export function removeStudents(count: number, school: string): Change {
  return (district, random) => {
    findSchool(district, school);
    const able = district.students.filter((student) => student.school === school);
    const chosen = chooseStudents(able, count, random, `of "${school}"`);
    return withoutStudents(district, new Set(chosen.map((student) => student.sisId)));
  };
}

/** The school's highest grade leaves. Throws a UsageError when the school has no student. */
export function graduate(school: string): Change {
  return (district) => {
    const { grades } = findSchool(district, school);
    const students = district.students.filter((student) => student.school === school);
    const highest = grades.findLast((grade) => students.some((student) => student.grade === grade));
    if (highest === undefined) throw new UsageError(`Nobody can graduate from school "${school}": it has no student.`);
    const leavers = students.filter((student) => student.grade === highest);
    return withoutStudents(district, new Set(leavers.map((student) => student.sisId)));
  };
}
