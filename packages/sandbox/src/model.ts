import type { Class, Course, Enrollment, Guardian, Guardianship, School, Staff, Student, Term } from '@rollbook/core';

/**
 * A pretend district: the roster model plus what the formats and interfaces of the student information systems show
 * beyond it. Nothing here knows any format. A district is never changed in place: a new day is a new district that shares what stayed.
 */
export interface District {
  readonly seed: number;
  /** 1 for the first day; {@link nextDay} counts on. */
  readonly day: number;
  /** Short name: part of e-mail domains. */
  readonly id: string;
  /** The district itself as an organisation: parent of all schools, owner of the courses. */
  readonly org: DistrictSchool;
  /** The year in which the school year ends. */
  readonly schoolYear: number;
  readonly schools: readonly DistrictSchool[];
  readonly terms: readonly Term[];
  readonly courses: readonly DistrictCourse[];
  readonly classes: readonly DistrictClass[];
  readonly students: readonly DistrictStudent[];
  readonly staff: readonly Staff[];
  readonly guardians: readonly DistrictGuardian[];
  readonly guardianships: readonly Guardianship[];
  readonly enrollments: readonly Enrollment[];
  /** The next free number of each kind of person; numbers of people who left are not used again. */
  readonly next: { readonly student: number; readonly guardian: number };
}

export type SchoolLevel = 'elementary' | 'middle' | 'high';

/** Grades in order, as OneRoster (CEDS) writes them. */
export const GRADES = ['KG', '01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12'] as const;

export const LEVEL_GRADES: Readonly<Record<SchoolLevel, readonly string[]>> = {
  elementary: GRADES.slice(0, 6),
  middle: GRADES.slice(6, 9),
  high: GRADES.slice(9),
};

export interface Address {
  readonly street: string;
  readonly city: string;
  /** Two letters. */
  readonly state: string;
  readonly zip: string;
}

export interface DistrictSchool extends School {
  level: SchoolLevel | null;
  grades: readonly string[];
  phone: string;
  address: Address;
}

export interface DistrictCourse extends Course {
  /** Five-digit SCED codes. */
  subjectCodes: readonly string[];
}

export interface DistrictClass extends Class {
  /** The group of students who have these classes together: home school, grade and a letter, such as `0101/03/A`. */
  cohort: string;
}

export const RACES = [
  'americanIndianOrAlaskaNative',
  'asian',
  'blackOrAfricanAmerican',
  'nativeHawaiianOrOtherPacificIslander',
  'white',
] as const;
export type Race = (typeof RACES)[number];

export interface Demographics {
  readonly sex: 'female' | 'male' | 'other' | 'unspecified';
  readonly races: readonly Race[];
  readonly hispanic: boolean;
  /** ISO 3166-1, two letters. */
  readonly birthCountry: string;
  readonly birthState: string | null;
  readonly birthCity: string | null;
}

export interface DistrictStudent extends Student {
  demographics: Demographics;
  address: Address;
  cohort: string;
}

export interface Phone {
  readonly kind: 'cell' | 'home' | 'work';
  readonly number: string;
}

export interface DistrictGuardian extends Guardian {
  /** The role of the person, whoever the student is (OneRoster's user roles). */
  role: 'parent' | 'guardian' | 'relative';
  phones: readonly Phone[];
}
