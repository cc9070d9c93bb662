import { UsageError, compositeKey } from '@rollbook/core';
import type { Guardianship } from '@rollbook/core';
import { birthDateFor, daysApart, termsOf } from './calendar.ts';
import { coursesOf } from './courses.ts';
import { GRADES, LEVEL_GRADES } from './model.ts';
import type { District, DistrictGuardian, DistrictSchool, DistrictStudent, SchoolLevel } from './model.ts';
import { SCHOOL_NAMES } from './names.ts';
import { createAddress, createFamily, createPhone, createStudent } from './people.ts';
import type { Family } from './people.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { COHORT_LIMIT, buildTimetable, enrollStudent, groupByCohort } from './timetable.ts';
import type { Cohort } from './timetable.ts';

export interface DistrictOptions {
  /** A whole number; the same options give the same district, byte for byte. */
  readonly seed: number;
  /** Students of each school, in order; decides instead of `schools` and `students`. */
  readonly schoolSizes?: readonly number[];
  /** Default 4. */
  readonly schools?: number;
  /** In the whole district, spread evenly over the schools. Default 500 a school. */
  readonly students?: number;
  /** The level of each school, repeated as needed. Default: two elementary schools, a middle school, a high school. */
  readonly levels?: readonly SchoolLevel[];
  /** Lower-case letters and hyphens, part of e-mail domains; default `riverside`. */
  readonly id?: string;
  /** The year in which the school year ends; default 2027. */
  readonly schoolYear?: number;
}

const DEFAULT_LEVELS: readonly SchoolLevel[] = ['elementary', 'elementary', 'middle', 'high'];
const LEVEL_NAMES: Readonly<Record<SchoolLevel, string>> = {
  elementary: 'Elementary School',
  middle: 'Middle School',
  high: 'High School',
};
const CHILDREN_LIMIT = 4;
const SIBLING_SHARE = 0.25;

/** The SIS id of the nth school, counted from 0: `0101`, `0102`, … */
export const schoolId = (index: number): string => String(101 + index).padStart(4, '0');

/** `total` in `parts` parts that differ by one at most, larger ones first. */
export function spread(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, index) => Math.floor(total / parts) + (index < total % parts ? 1 : 0));
}

function sizesOf(options: DistrictOptions): readonly number[] {
  const sizes = options.schoolSizes ?? spread(options.students ?? (options.schools ?? 4) * 500, options.schools ?? 4);
  const wrong = sizes.find((size) => !Number.isInteger(size) || size < 1);
  if (sizes.length === 0 || wrong !== undefined)
    throw new UsageError(`A school needs one student or more, as a whole number; got "${wrong ?? 'no school'}".`);
  return sizes;
}

function createSchool(index: number, level: SchoolLevel, org: string, random: Random): DistrictSchool {
  const sisId = schoolId(index);
  const round = Math.floor(index / SCHOOL_NAMES.length);
  const name = `${SCHOOL_NAMES[index % SCHOOL_NAMES.length] as string}${round === 0 ? '' : ` ${round + 1}`}`;
  return {
    sisId,
    name: `${name} ${LEVEL_NAMES[level]}`,
    number: sisId,
    stateId: `IL-0440-${sisId}`,
    ncesId: `1704400${String(40_000 + index)}`,
    kind: 'school',
    parent: org,
    level,
    grades: LEVEL_GRADES[level],
    phone: createPhone(random),
    address: createAddress(random),
  };
}

/** `A` to `Z`, then `AA`, `AB`, … */
function letterOf(index: number): string {
  const last = String.fromCodePoint(65 + (index % 26));
  return index < 26 ? last : `${letterOf(Math.floor(index / 26) - 1)}${last}`;
}

function planCohorts(school: DistrictSchool, level: SchoolLevel, size: number): { cohort: Cohort; size: number }[] {
  let index = 0;
  return spread(size, school.grades.length).flatMap((gradeSize, gradeIndex) => {
    const grade = school.grades[gradeIndex] as string;
    return spread(gradeSize, Math.ceil(gradeSize / COHORT_LIMIT)).map((cohortSize, number) => {
      const letter = letterOf(number);
      const id = `${school.sisId}/${grade}/${letter}`;
      return { size: cohortSize, cohort: { id, school: school.sisId, level, grade, letter, index: index++ } };
    });
  });
}

interface Household {
  readonly family: Family;
  readonly birthDates: string[];
}

/** A household that can have a child born on that day: siblings are twins or at least ten months apart. */
function findHousehold(households: readonly Household[], birthDate: string, random: Random): Household | undefined {
  if (households.length === 0 || !random.chance(SIBLING_SHARE)) return undefined;
  for (let tries = 0; tries < 6; tries += 1) {
    const household = random.pick(households);
    const fits = household.birthDates.every((other) => other === birthDate || daysApart(other, birthDate) > 300);
    if (fits && household.birthDates.length < CHILDREN_LIMIT) return household;
  }
  return undefined;
}

/** The guardianship of each guardian of the family for this student; the first is the primary one. */
export function guardianshipsOf(student: string, family: Family): Guardianship[] {
  return family.members.map(({ guardian, relationship }, index) => ({
    sisId: compositeKey(student, guardian.sisId),
    student,
    guardian: guardian.sisId,
    relationship,
    kind: 'parent/guardian',
    primary: index === 0,
  }));
}

/**
 * Builds a whole district in memory: for tests, demonstrations and measurements of up to some 50,000 students (3 s, 300 MB).
 * Throws a UsageError when a size is not a whole number of one or more.
 */
export function generateDistrict(options: DistrictOptions): District {
  const { seed, id = 'riverside', schoolYear = 2027, levels = DEFAULT_LEVELS } = options;
  const sizes = sizesOf(options);
  const random = createRandom(seed, 'people');
  const placeRandom = createRandom(seed, 'places');
  const org: DistrictSchool = {
    sisId: '0100',
    name: `${id.charAt(0).toUpperCase()}${id.slice(1)} Unified School District`,
    number: '0100',
    stateId: 'IL-0440',
    ncesId: '1704400',
    kind: 'district',
    parent: null,
    level: null,
    grades: [],
    phone: createPhone(placeRandom),
    address: createAddress(placeRandom),
  };
  const levelOf = (index: number): SchoolLevel => levels[index % levels.length] ?? 'elementary';
  const schools = sizes.map((_, index) => createSchool(index, levelOf(index), org.sisId, placeRandom));
  const planned = schools.flatMap((school, index) => planCohorts(school, levelOf(index), sizes[index] ?? 0));

  const students: DistrictStudent[] = [];
  const guardians: DistrictGuardian[] = [];
  const guardianships: Guardianship[] = [];
  const households: Household[] = [];
  const next = { student: 100_001, guardian: 500_001 };
  for (const { cohort, size } of planned) {
    const gradeIndex = GRADES.findIndex((grade) => grade === cohort.grade);
    for (let count = 0; count < size; count += 1) {
      const birthDate = birthDateFor(schoolYear, gradeIndex, random);
      let household = findHousehold(households, birthDate, random);
      if (household === undefined) {
        household = { family: createFamily(next.guardian, random), birthDates: [] };
        households.push(household);
        guardians.push(...household.family.members.map((member) => member.guardian));
        next.guardian += household.family.members.length;
      }
      const { family } = household;
      household.birthDates.push(birthDate);
      const plan = { number: next.student, districtId: id, schoolYear, family, birthDate };
      const student = createStudent({ ...plan, school: cohort.school, cohort: cohort.id, grade: cohort.grade }, random);
      next.student += 1;
      students.push(student);
      guardianships.push(...guardianshipsOf(student.sisId, family));
    }
  }

  const terms = termsOf(schoolYear);
  const courses = coursesOf(new Set(schools.map((_, index) => levelOf(index))));
  const cohorts = planned.map((each) => each.cohort);
  const timetable = buildTimetable({ seed, districtId: id, org: org.sisId, schools, cohorts, courses, terms });
  const byCohort = groupByCohort(timetable.classes);
  const enrollments = [
    ...timetable.enrollments,
    ...students.flatMap((student) => enrollStudent(student, byCohort, terms)),
  ];
  const { classes, staff } = timetable;
  return {
    seed,
    day: 1,
    id,
    org,
    schoolYear,
    schools,
    terms,
    courses,
    classes,
    students,
    staff,
    guardians,
    guardianships,
    enrollments,
    next,
  };
}
