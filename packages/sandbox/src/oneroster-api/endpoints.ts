import type { District } from '../model.ts';
import { ONEROSTER_COLLECTIONS } from './objects.ts';
import type { OneRosterCollection, OneRosterObject } from './objects.ts';

/** What a path below the OneRoster root shows. */
export interface Endpoint {
  readonly collection: OneRosterCollection;
  /** The rows of the collection that belong to it. */
  readonly includes: (row: OneRosterObject) => boolean;
  /** One object instead of a list. */
  readonly isSingle: boolean;
  /** Nested endpoints need another scope than flat ones, and many servers do not have them (oneroster §1.2). */
  readonly isNested: boolean;
}

interface Flat {
  readonly collection: OneRosterCollection;
  readonly includes: (row: OneRosterObject) => boolean;
}

const everything = (): boolean => true;
const ofType =
  (...types: readonly string[]) =>
  ({ type }: OneRosterObject): boolean =>
    types.includes(String(type));
/** 1.1 has one role, 1.2 a list of them. */
const withRole =
  (role: string) =>
  (user: OneRosterObject): boolean =>
    user['role'] === role ||
    (user['roles'] as { readonly role: string }[] | undefined)?.some((each) => each.role === role) === true;

const FLAT: Readonly<Record<string, Flat>> = {
  ...Object.fromEntries(ONEROSTER_COLLECTIONS.map((collection) => [collection, { collection, includes: everything }])),
  schools: { collection: 'orgs', includes: ofType('school') },
  terms: { collection: 'academicSessions', includes: ofType('term', 'semester') },
  gradingPeriods: { collection: 'academicSessions', includes: ofType('gradingPeriod') },
  students: { collection: 'users', includes: withRole('student') },
  teachers: { collection: 'users', includes: withRole('teacher') },
};

type Nested = (district: District, id: string) => Iterable<string>;

const classesOf = (district: District, persons: string) =>
  district.enrollments.filter(({ person }) => person === persons).map((each) => each.class);
const membersOf = (role: string) => (district: District, id: string) =>
  district.enrollments.filter((each) => each.class === id && each.role === role).map(({ person }) => person);
const classesWhere =
  (belongs: (each: District['classes'][number], id: string) => boolean): Nested =>
  ({ classes }, id) =>
    classes.filter((each) => belongs(each, id)).map(({ sisId }) => sisId);

/** By the outer and the inner word of a path: the ids of what is shown. */
const NESTED: Readonly<Record<string, Nested>> = {
  'schools/classes': classesWhere(({ school }, id) => school === id),
  'schools/courses': ({ classes }, id) =>
    classes.filter(({ school }) => school === id).map(({ course }) => course ?? ''),
  'schools/terms': ({ classes }, id) => classes.filter(({ school }) => school === id).flatMap(({ terms }) => terms),
  'schools/enrollments': ({ enrollments }, id) =>
    enrollments.filter(({ school }) => school === id).map(({ sisId }) => sisId),
  'schools/students': ({ students }, id) =>
    students.filter(({ schools }) => schools.includes(id)).map(({ sisId }) => sisId),
  'schools/teachers': ({ staff }, id) => staff.filter(({ schools }) => schools.includes(id)).map(({ sisId }) => sisId),
  'courses/classes': classesWhere(({ course }, id) => course === id),
  'terms/classes': classesWhere(({ terms }, id) => terms.includes(id)),
  'classes/students': membersOf('student'),
  'classes/teachers': membersOf('teacher'),
  'students/classes': classesOf,
  'teachers/classes': classesOf,
  'users/classes': classesOf,
};

/** The endpoint at a path such as `/schools/0101/classes`; undefined if there is none. Ids are unescaped. */
export function endpointAt(path: string, district: District): Endpoint | undefined {
  const [outer = '', id, inner, ...rest] = path
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part));
  const flat = Object.hasOwn(FLAT, outer) ? FLAT[outer] : undefined;
  if (flat === undefined || rest.length > 0) return undefined;
  if (id === undefined) return { ...flat, isSingle: false, isNested: false };
  if (inner === undefined)
    return {
      ...flat,
      includes: (row) => row.sourcedId === id && flat.includes(row),
      isSingle: true,
      isNested: false,
    };
  const nested = NESTED[`${outer}/${inner}`];
  const shown = FLAT[inner];
  if (nested === undefined || shown === undefined) return undefined;
  const ids = new Set(nested(district, id));
  return {
    ...shown,
    includes: (row) => ids.has(row.sourcedId) && shown.includes(row),
    isSingle: false,
    isNested: true,
  };
}

const SINGLES: Readonly<Record<OneRosterCollection, string>> = {
  orgs: 'org',
  academicSessions: 'academicSession',
  courses: 'course',
  classes: 'class',
  users: 'user',
  enrollments: 'enrollment',
  // The one whose single is wrapped by its plural, too.
  demographics: 'demographics',
};

/** The member that the answer stands in: named for what it is, not for the endpoint. */
export const wrapperOf = ({ collection, isSingle }: Endpoint): string => (isSingle ? SINGLES[collection] : collection);
