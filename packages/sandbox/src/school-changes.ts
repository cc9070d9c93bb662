import { UsageError } from '@rollbook/core';
import type { Staff } from '@rollbook/core';
import { findSchool, withoutStudents } from './changes.ts';
import type { Change } from './changes.ts';
import type { District, DistrictClass } from './model.ts';
import type { Random } from './random.ts';
import { enroll } from './timetable.ts';

function findClass(district: District, sisId: string | undefined, random: Random): DistrictClass {
  if (sisId === undefined) return random.pick(district.classes);
  const found = district.classes.find((each) => each.sisId === sisId);
  if (found === undefined) throw new UsageError(`The district has no class "${sisId}".`);
  return found;
}

/** A class, any one if none is named, gets another title: the one given, or its own with ", Honors". */
export function renameClass(sisId?: string, title?: string): Change {
  return (district, random) => {
    const target = findClass(district, sisId, random);
    const renamed = { ...target, title: title ?? `${target.title}, Honors` };
    return { ...district, classes: district.classes.map((each) => (each === target ? renamed : each)) };
  };
}

/** A class, any one if none is named, gets another teacher of its school; the enrollment of the former teacher ends. */
export function changeTeacher(sisId?: string): Change {
  return (district, random) => {
    const target = findClass(district, sisId, random);
    const teaching = new Set(
      district.enrollments
        .filter((each) => each.class === target.sisId && each.role === 'teacher')
        .map((each) => each.person),
    );
    const others = district.staff.filter(
      (each) => each.role === 'teacher' && each.schools.includes(target.school ?? '') && !teaching.has(each.sisId),
    );
    if (others.length === 0)
      throw new UsageError(`School "${target.school}" has no other teacher for class "${target.sisId}".`);
    const successor = random.pick(others);
    const kept = district.enrollments.filter(
      (each) => !(each.class === target.sisId && each.role === 'teacher' && each.primary === true),
    );
    return { ...district, enrollments: [...kept, enroll(target, successor.sisId, 'teacher', true, district.terms)] };
  };
}

/** The school is gone with its classes, its students and the staff who work nowhere else. */
export function removeSchool(school: string): Change {
  return (district) => {
    findSchool(district, school);
    const students = district.students.filter((student) => student.school === school);
    const rest = withoutStudents(district, new Set(students.map((student) => student.sisId)));
    const staff = rest.staff.flatMap((each): Staff[] => {
      const schools = each.schools.filter((other) => other !== school);
      if (schools.length === 0) return [];
      return schools.length === each.schools.length
        ? [each]
        : [{ ...each, schools, school: each.school === school ? (schools[0] ?? null) : each.school }];
    });
    return {
      ...rest,
      staff,
      schools: rest.schools.filter((each) => each.sisId !== school),
      classes: rest.classes.filter((each) => each.school !== school),
      enrollments: rest.enrollments.filter((each) => each.school !== school),
    };
  };
}
