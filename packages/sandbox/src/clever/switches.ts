import { UsageError } from '@rollbook/core';

export const COLLECTIONS = ['districts', 'schools', 'users', 'sections', 'courses', 'terms', 'resources'] as const;
export type Collection = (typeof COLLECTIONS)[number];

export const ROLES = ['contact', 'district_admin', 'staff', 'student', 'teacher'] as const;
export type Role = (typeof ROLES)[number];

/**
 * What a district shares, and the oddities of its data. People, schools and classes are named by their SIS ids. Plain
 * data: by test or by hand. What is switched shows at once, and `last_sync` stays: Clever does not count sharing as a sync.
 */
export interface CleverSwitches {
  /** Gone with their sections and with everybody who is at no other school. */
  unsharedSchools: readonly string[];
  /** Gone, but still named in their sections. */
  unsharedStudents: readonly string[];
  /** Users who are gone, from their sections too. */
  deletedUsers: readonly string[];
  /** So many of a hundred students are gone, as if the SIS had lost them; spread over the district. */
  droppedStudentsPercent: number;
  /** Collections or roles that are there but hold nothing. */
  empty: readonly (Collection | Role)[];
  /** What the token may not read; named like the scopes without `read:`, such as `student_contacts`. */
  removedScopes: readonly string[];
  /** Counts how often all terms and courses have been made anew, with new ids. */
  madeAnew: number;
  /** Classes without these. */
  withoutTeacher: readonly string[];
  withoutCourse: readonly string[];
  withoutTerm: readonly string[];
  /** Contacts name students of theirs who are not shared. */
  contactsNameUnshared: boolean;
  /** Contacts have no SIS id, and any change of one gives it a new id. */
  anonymousContacts: boolean;
  /** The school that has become the primary one of a person. */
  primarySchools: Readonly<Record<string, string>>;
  /** Roles that a person of several roles has lost. */
  lostRoles: Readonly<Record<string, readonly Role[]>>;
  /** People of several roles who have become a user for each role, because their e-mail addresses came to differ. */
  splitUsers: readonly string[];
  /** How a value that is not there is shown. */
  absent: 'missing' | 'blank' | 'null';
  /** Sections are named by Clever, `Course - Teacher - Period`, instead of by the district. */
  composedNames: boolean;
  /** `next` and `prev` links do not repeat the limit. */
  linksWithoutLimit: boolean;
}

export const NO_SWITCHES: Readonly<CleverSwitches> = {
  unsharedSchools: [],
  unsharedStudents: [],
  deletedUsers: [],
  droppedStudentsPercent: 0,
  empty: [],
  removedScopes: [],
  madeAnew: 0,
  withoutTeacher: [],
  withoutCourse: [],
  withoutTerm: [],
  contactsNameUnshared: false,
  anonymousContacts: false,
  primarySchools: {},
  lostRoles: {},
  splitUsers: [],
  absent: 'missing',
  composedNames: false,
  linksWithoutLimit: false,
};

/** Throws a UsageError for a switch that is not known, or of another kind than its value. */
export function checkSwitches(switches: object): void {
  for (const [name, value] of Object.entries(switches)) {
    const expected = (NO_SWITCHES as unknown as Record<string, unknown>)[name];
    if (expected === undefined)
      throw new UsageError(`Expected switches among ${Object.keys(NO_SWITCHES).join(', ')}; got "${name}".`);
    if (typeof value !== typeof expected || Array.isArray(value) !== Array.isArray(expected))
      throw new UsageError(`The switch "${name}" is ${kind(expected)}; got ${kind(value)}.`);
  }
}

const kind = (value: unknown): string => (Array.isArray(value) ? 'a list' : `of the kind ${typeof value}`);
