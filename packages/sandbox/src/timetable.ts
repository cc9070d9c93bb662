import type { Enrollment, Staff, Term } from '@rollbook/core';
import { TIMETABLES, courseId } from './courses.ts';
import type { Slot } from './courses.ts';
import type { DistrictClass, DistrictCourse, DistrictSchool, DistrictStudent, SchoolLevel } from './model.ts';
import { createStaff } from './people.ts';
import { createRandom } from './random.ts';

/** Students of one grade and school who share their timetable. */
export interface Cohort {
  readonly id: string;
  readonly school: string;
  readonly level: SchoolLevel;
  readonly grade: string;
  /** `A`, `B`, … within the grade. */
  readonly letter: string;
  /** 0, 1, … within the school: moves the periods, so that no teacher of the school stands in two rooms at once. */
  readonly index: number;
}

/** The largest cohort; a grade of 85 students or more has cohorts of 21 to 28. */
export const COHORT_LIMIT = 28;

const PERIODS = 6;

/** An enrollment for the time in which the class meets; its id is made of class and person. */
export function enroll(
  target: DistrictClass,
  person: string,
  role: string,
  primary: boolean,
  terms: readonly Term[],
): Enrollment {
  const meets = terms.filter((term) => target.terms.includes(term.sisId));
  return {
    sisId: `${target.sisId}.${person}`,
    class: target.sisId,
    person,
    role,
    primary,
    beginDate: meets[0]?.startDate ?? null,
    endDate: meets.at(-1)?.endDate ?? null,
    school: target.school,
  };
}

/** One enrollment in every class of the student's cohort. */
export function enrollStudent(
  student: DistrictStudent,
  classesByCohort: ReadonlyMap<string, readonly DistrictClass[]>,
  terms: readonly Term[],
): Enrollment[] {
  const classes = classesByCohort.get(student.cohort) ?? [];
  return classes.map((each) => enroll(each, student.sisId, 'student', false, terms));
}

export function groupByCohort(classes: readonly DistrictClass[]): Map<string, DistrictClass[]> {
  const groups = new Map<string, DistrictClass[]>();
  for (const each of classes) {
    const group = groups.get(each.cohort);
    if (group === undefined) groups.set(each.cohort, [each]);
    else group.push(each);
  }
  return groups;
}

export interface TimetablePlan {
  readonly seed: number;
  readonly districtId: string;
  readonly org: string;
  readonly schools: readonly DistrictSchool[];
  readonly cohorts: readonly Cohort[];
  readonly courses: readonly DistrictCourse[];
  readonly terms: readonly Term[];
}

export interface Timetable {
  readonly classes: DistrictClass[];
  readonly staff: Staff[];
  /** The teachers' enrollments; those of the students follow from {@link enrollStudent}. */
  readonly enrollments: Enrollment[];
}

type Role = 'teacher' | 'administrator' | 'aide';

/** Hires people as they are needed, and gives each section a teacher with room for one more. */
function createStaffRoom(plan: TimetablePlan) {
  const random = createRandom(plan.seed, 'staff');
  const staff: Staff[] = [];
  const current = new Map<string, { teacher: Staff; sections: number }>();

  const hire = (school: string, role: Role, title: string): Staff => {
    const staffNumber = String(20_001 + staff.length);
    const sisId = `${{ teacher: 'T', administrator: 'A', aide: 'D' }[role]}${staffNumber}`;
    const person = createStaff({ sisId, staffNumber, districtId: plan.districtId, school, role, title }, random);
    staff.push(person);
    return person;
  };

  const teacherFor = (cohort: Cohort, slot: Slot, course: DistrictCourse): Staff => {
    const code = course.code?.slice(0, -2);
    const key = slot.itinerant === true ? `${cohort.level}/${code}` : `${cohort.school}/${code}`;
    const known = current.get(key);
    if (known === undefined || known.sections >= slot.load) {
      const teacher = hire(cohort.school, 'teacher', `Teacher, ${course.subjects[0]}`);
      current.set(key, { teacher, sections: 1 });
      return teacher;
    }
    known.sections += 1;
    if (!known.teacher.schools.includes(cohort.school)) known.teacher.schools.push(cohort.school);
    return known.teacher;
  };

  return { staff, hire, teacherFor };
}

function createClass(
  number: number,
  cohort: Cohort,
  slot: Slot,
  period: number,
  course: DistrictCourse,
  terms: string[],
): DistrictClass {
  return {
    sisId: `${cohort.school}-${String(number).padStart(4, '0')}`,
    title: `${course.title} (${cohort.letter})`,
    code: `${course.code}-${cohort.letter}`,
    kind: slot.kind,
    school: cohort.school,
    course: course.sisId,
    terms,
    grades: [cohort.grade],
    subjects: course.subjects,
    periods: [String(period)],
    location: `Room ${100 + cohort.index}`,
    cohort: cohort.id,
  };
}

/** Classes for every cohort, with teachers as their loads ask for, and each school's administrators and aides. */
export function buildTimetable(plan: TimetablePlan): Timetable {
  const courses = new Map(plan.courses.map((course) => [course.sisId, course]));
  const semesters = plan.terms.filter((term) => term.kind === 'semester').map((term) => term.sisId);
  const termIds = { year: semesters, S1: semesters.slice(0, 1), S2: semesters.slice(1) };
  const { staff, hire, teacherFor } = createStaffRoom(plan);
  const classes: DistrictClass[] = [];
  const enrollments: Enrollment[] = [];

  hire(plan.org, 'administrator', 'Superintendent');
  for (const school of plan.schools) {
    const slots = school.level === null ? [] : TIMETABLES[school.level];
    const cohorts = plan.cohorts.filter((cohort) => cohort.school === school.sisId);
    hire(school.sisId, 'administrator', 'Principal');
    if (cohorts.length > 16) hire(school.sisId, 'administrator', 'Assistant Principal');
    for (let count = 0; count < Math.ceil(cohorts.length / 6); count += 1) hire(school.sisId, 'aide', 'Paraeducator');
    const specialist = hire(school.sisId, 'teacher', 'Teacher, Special Education');

    const colleagues = new Set<Staff>();
    const sections = slots.flatMap((slot, slotIndex) => cohorts.map((cohort) => ({ slot, slotIndex, cohort })));
    for (const [index, { slot, slotIndex, cohort }] of sections.entries()) {
      const course = courses.get(courseId(slot.courses[cohort.index % slot.courses.length] ?? '', cohort.grade));
      if (course === undefined) continue;
      const period = slot.kind === 'homeroom' ? 0 : ((slotIndex + cohort.index) % PERIODS) + 1;
      const created = createClass(index + 1, cohort, slot, period, course, termIds[slot.term]);
      classes.push(created);

      const advisors = course.subjects.includes('Advisory') ? [...colleagues] : [];
      const teacher = advisors[cohort.index % advisors.length] ?? teacherFor(cohort, slot, course);
      colleagues.add(teacher);
      enrollments.push(enroll(created, teacher.sisId, 'teacher', true, plan.terms));
      if (index % 12 === 11) enrollments.push(enroll(created, specialist.sisId, 'teacher', false, plan.terms));
    }
  }
  return { classes, staff, enrollments };
}
