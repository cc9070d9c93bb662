import type { CleverSource, RecordType } from '@rollbook/core';
import type { Delivery, PullWarning } from '@rollbook/pipeline';

/** What a token may read, `read:students` and the like; null if nobody said, as with a fixed token. */
export type Scopes = ReadonlySet<string> | null;

/** In the order in which what they hold can be judged. */
export const COLLECTIONS = ['schools', 'terms', 'courses', 'users', 'sections'] as const;
export type Collection = (typeof COLLECTIONS)[number];

/** Old tokens have one scope for everything. */
const EVERYTHING = 'read:sis';

const ANNOUNCED = [
  'schools',
  'terms',
  'courses',
  'classes',
  'students',
  'staff',
  'guardians',
  'guardianships',
  'enrollments',
] as const satisfies readonly RecordType[];

const COLLECTION_OF: Readonly<Record<RecordType, Collection>> = {
  schools: 'schools',
  terms: 'terms',
  courses: 'courses',
  classes: 'sections',
  students: 'users',
  staff: 'users',
  guardians: 'users',
  guardianships: 'users',
  enrollments: 'sections',
};

/** Without any of these, what Clever lists is no whole: enrollments, for instance, would lack all students. */
const NEEDED: Readonly<Record<RecordType, readonly string[]>> = {
  schools: ['read:schools'],
  terms: ['read:sections'],
  courses: ['read:sections'],
  classes: ['read:sections'],
  students: ['read:students'],
  staff: ['read:teachers'],
  guardians: ['read:student_contacts'],
  guardianships: ['read:student_contacts', 'read:students'],
  enrollments: ['read:sections', 'read:students', 'read:teachers'],
};

/** Who else is an employee besides the teachers. */
const OTHER_EMPLOYEES = ['read:school_admins', 'read:district_admins'];

export const ALL_SCOPES: readonly string[] = [
  'read:schools',
  'read:sections',
  'read:students',
  'read:teachers',
  ...OTHER_EMPLOYEES,
  'read:student_contacts',
];

export const isGranted = (scopes: Scopes, scope: string): boolean =>
  scopes === null || scopes.has(scope) || scopes.has(EVERYTHING);

export interface Announced {
  readonly recordType: RecordType;
  readonly delivery: Delivery;
  readonly collection: Collection;
}

export interface ReadingPlan {
  readonly announced: readonly Announced[];
  readonly collections: readonly Collection[];
  readonly warnings: readonly PullWarning[];
}

/**
 * What of a roster a token can read. A record type that lacks a scope is not announced, so that the roster keeps it as
 * it is: a permission that is missing says nothing about people. Staff of whom only the teachers can be read come as a
 * delta, so that nobody is archived for want of a scope.
 */
export function planReading(scopes: Scopes, settings: Pick<CleverSource, 'manageGuardians'>): ReadingPlan {
  const wanted = ANNOUNCED.filter(
    (type) => settings.manageGuardians || (type !== 'guardians' && type !== 'guardianships'),
  );
  const missing = (list: readonly string[]): string[] => list.filter((scope) => !isGranted(scopes, scope));
  const announced = wanted
    .filter((type) => missing(NEEDED[type]).length === 0)
    .map((recordType): Announced => {
      const isPart = recordType === 'staff' && missing(OTHER_EMPLOYEES).length > 0;
      return { recordType, delivery: isPart ? 'delta' : 'full', collection: COLLECTION_OF[recordType] };
    });
  const untouched = wanted
    .filter((type) => missing(NEEDED[type]).length > 0)
    .map((type) =>
      lacking(`the Clever token lacks ${missing(NEEDED[type]).join(' and ')}: ${type} are left as they are`),
    );
  const partial = announced.some(({ delivery }) => delivery === 'delta')
    ? [lacking(`the Clever token lacks ${missing(OTHER_EMPLOYEES).join(' and ')}: no staff are archived`)]
    : [];
  return {
    announced,
    collections: COLLECTIONS.filter((name) => announced.some(({ collection }) => collection === name)),
    warnings: [...untouched, ...partial],
  };
}

const lacking = (message: string): PullWarning => ({ code: 'missing_permission', file: null, line: null, message });
