import { UsageError } from '@rollbook/core';
import { schoolId } from './district.ts';
import { LEVEL_GRADES } from './model.ts';
import type { SchoolLevel } from './model.ts';
import type { OneRosterVersion } from './oneroster-columns.ts';
import { scramble } from './random.ts';

export interface LargeDistrictOptions {
  /** A whole number; the same options give the same bytes. */
  readonly seed: number;
  /** Data rows of all files together on day 1; met within one percent from 10,000 on. At least 1,000. */
  readonly rows: number;
  readonly dir: string;
  /** Day 2 is day 1 again; from day 3 on, about 1 % of the students have changed, gone or come since the day before. */
  readonly day: number;
  readonly version: OneRosterVersion;
}

/*
 * The district in numbers: cohorts of 25 students, 20 cohorts a school, 6 and 7 classes a cohort in turn (6.5 enrollments a student), five
 * classes a teacher, 7 guardians for 5 students. Everything follows from the index of a student, cohort or school.
 */
export const COHORT_STUDENTS = 25;
export const SCHOOL_COHORTS = 20;
export const SCHOOL_CLASSES = (SCHOOL_COHORTS / 2) * 13;
export const CLASSES_PER_TEACHER = 5;
export const SCHOOL_TEACHERS = SCHOOL_CLASSES / CLASSES_PER_TEACHER;
export const SCHOOL_OTHER_STAFF = 4;
export const FAMILY_BLOCK = { students: 5, guardians: 7 } as const;

/** Share of the students that leave, and that come, each day; and in thousandths, that change. */
const DAILY_TURNOVER = 0.0025;
const DAILY_CHANGES_PER_MILLE = 5;
const FIRST_DAY_OF_CHANGE = 3;

const LEVELS: readonly SchoolLevel[] = ['elementary', 'elementary', 'middle', 'high'];
const SCHOOL_STUDENTS = COHORT_STUDENTS * SCHOOL_COHORTS;
const GUARDIANS_PER_STUDENT = FAMILY_BLOCK.guardians / FAMILY_BLOCK.students;

/** Which guardians of a block of seven each student of the block has: the last two students are siblings. */
const GUARDIANS_OF: readonly (readonly number[])[] = [[0, 1], [2], [3, 4], [5, 6], [5, 6]];
/** And the other way round: the students of each guardian. */
const STUDENTS_OF: readonly (readonly number[])[] = [[0], [0], [1], [2], [2], [3, 4], [3, 4]];

/** Rows that do not grow with the district. */
export const FIXED_ROWS = { orgs: 1, terms: 3, courses: 91 } as const;

/** Students of day 1 for a district of about so many rows. */
function studentsFor(rows: number, version: OneRosterVersion): number {
  const staff = SCHOOL_TEACHERS + SCHOOL_OTHER_STAFF;
  const people = SCHOOL_STUDENTS * (1 + GUARDIANS_PER_STUDENT) + staff;
  const enrollments = SCHOOL_STUDENTS * 6.5 + SCHOOL_CLASSES;
  const schoolRows = 1 + people * (version === '1.2' ? 2 : 1) + SCHOOL_CLASSES + enrollments;
  const fixedRows = FIXED_ROWS.orgs + FIXED_ROWS.terms + FIXED_ROWS.courses;
  return Math.max(1, Math.round(((rows - fixedRows) * SCHOOL_STUDENTS) / schoolRows));
}

export interface LargePlan {
  readonly seed: number;
  readonly day: number;
  readonly cohorts: number;
  readonly schools: number;
  /** Student indexes ever used up to this day, those who have left among them. */
  readonly studentIndexes: number;
  isHere(student: number): boolean;
  cohortOf(student: number): number;
  /** How often the record of this student or guardian has changed by now. */
  changesOf(person: number): number;
  /** Guardian indexes of a student. */
  guardiansOf(student: number): number[];
  /** One student of the guardian who is here; undefined if none is. */
  wardOf(guardian: number): number | undefined;
}

/** Throws a UsageError unless rows and day are whole numbers in range. */
export function planLargeDistrict(options: Omit<LargeDistrictOptions, 'dir'>): LargePlan {
  const { seed, rows, day, version } = options;
  if (!Number.isInteger(rows) || rows < 1000)
    throw new UsageError(`Expected 1000 rows or more, as a whole number; got "${rows}".`);
  if (!Number.isInteger(day) || day < 1)
    throw new UsageError(`Expected a day of 1 or later, as a whole number; got "${day}".`);

  const founders = studentsFor(rows, version);
  const cohorts = Math.ceil(founders / COHORT_STUDENTS);
  const daysOfChange = Math.max(0, day - FIRST_DAY_OF_CHANGE + 1);
  // Whole blocks of families, so that siblings come together.
  const newcomersPerDay = Math.ceil((founders * DAILY_TURNOVER) / FAMILY_BLOCK.students) * FAMILY_BLOCK.students;
  const firstNewcomer = Math.ceil(founders / FAMILY_BLOCK.students) * FAMILY_BLOCK.students;
  const studentIndexes = daysOfChange === 0 ? founders : firstNewcomer + newcomersPerDay * daysOfChange;

  const arrivalDay = (student: number): number =>
    student < firstNewcomer ? 1 : FIRST_DAY_OF_CHANGE + Math.floor((student - firstNewcomer) / newcomersPerDay);
  /** The day of leaving is drawn once: the number of days survived at a constant daily risk. */
  const leavingDay = (student: number): number => {
    const chance = (scramble(seed, student, 11) + 1) / 2 ** 32;
    const survivedDays = Math.floor(Math.log(chance) / Math.log(1 - DAILY_TURNOVER));
    return Math.max(FIRST_DAY_OF_CHANGE, arrivalDay(student) + 1) + survivedDays;
  };
  const isHere = (student: number): boolean => {
    if (student >= studentIndexes || (student >= founders && student < firstNewcomer)) return false;
    return daysOfChange === 0 || leavingDay(student) > day;
  };

  return {
    seed,
    day,
    cohorts,
    schools: Math.ceil(cohorts / SCHOOL_COHORTS),
    studentIndexes,
    isHere,
    cohortOf: (student) =>
      student < firstNewcomer
        ? Math.floor(student / COHORT_STUDENTS)
        : scramble(seed, Math.floor(student / FAMILY_BLOCK.students), 12) % cohorts,
    changesOf: (person) => {
      let changes = 0;
      for (let past = FIRST_DAY_OF_CHANGE; past <= day; past += 1)
        if (scramble(seed + 13, person, past) % 1000 < DAILY_CHANGES_PER_MILLE) changes += 1;
      return changes;
    },
    guardiansOf: (student) => {
      const block = Math.floor(student / FAMILY_BLOCK.students);
      const own = GUARDIANS_OF[student % FAMILY_BLOCK.students] ?? [];
      return own.map((each) => block * FAMILY_BLOCK.guardians + each);
    },
    wardOf: (guardian) => {
      const block = Math.floor(guardian / FAMILY_BLOCK.guardians);
      const wards = STUDENTS_OF[guardian % FAMILY_BLOCK.guardians] ?? [];
      return wards.map((each) => block * FAMILY_BLOCK.students + each).find(isHere);
    },
  };
}

export const schoolOf = (cohort: number): string => schoolId(Math.floor(cohort / SCHOOL_COHORTS));

export function gradeOf(cohort: number): string {
  const level = LEVELS[Math.floor(cohort / SCHOOL_COHORTS) % LEVELS.length] ?? 'elementary';
  const grades = LEVEL_GRADES[level];
  return grades[cohort % grades.length] ?? 'KG';
}

export const classesOf = (cohort: number): number => (cohort % 2 === 0 ? 6 : 7);

/** The place of a class among those of its school, from 0. */
export function classIndex(cohort: number, slot: number): number {
  const inSchool = cohort % SCHOOL_COHORTS;
  return Math.floor(inSchool / 2) * 13 + (inSchool % 2) * 6 + slot;
}
