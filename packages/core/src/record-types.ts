/**
 * The roster model, the same from every source (see docs/glossary.md). One table describes every record type; the
 * readers, the store's columns, the content hash and the export all follow it, so that a field is added in one place.
 */

export const RECORD_TYPES = [
  'schools',
  'terms',
  'courses',
  'classes',
  'students',
  'staff',
  'guardians',
  'enrollments',
  'guardianships',
] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** `text`: a string. `date`: `YYYY-MM-DD`. `flag`: a boolean. `set`: strings without order or repetition. */
export type FieldKind = 'text' | 'date' | 'flag' | 'set';

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** The record types this field's ids point to. */
  readonly refersTo?: readonly RecordType[];
  /** A record without a valid value here is skipped; an optional reference is dropped instead (guard §21). */
  readonly required?: boolean;
}

export interface RecordTypeModel {
  /** In export and hash order; the key `sisId` comes before them and is not listed. */
  readonly fields: readonly Field[];
  /** The field that names the home school, if the type belongs to a school (guard §5). */
  readonly homeSchool: 'school' | 'sisId' | null;
}

const text = (name: string): Field => ({ name, kind: 'text' });
const date = (name: string): Field => ({ name, kind: 'date' });
const flag = (name: string): Field => ({ name, kind: 'flag' });
const set = (name: string): Field => ({ name, kind: 'set' });
const ref = (name: string, ...refersTo: RecordType[]): Field => ({ name, kind: 'text', refersTo });
const refs = (name: string, ...refersTo: RecordType[]): Field => ({ name, kind: 'set', refersTo });
const required = (field: Field): Field => ({ ...field, required: true });

const NAMES_AND_CONTACTS: readonly Field[] = [
  required(text('givenName')),
  text('middleName'),
  required(text('familyName')),
  text('preferredName'),
  text('email'),
  text('username'),
  text('phone'),
  text('sms'),
  text('language'),
];

export const ROSTER_MODEL: Readonly<Record<RecordType, RecordTypeModel>> = {
  schools: {
    homeSchool: 'sisId',
    fields: [
      required(text('name')),
      text('number'),
      text('stateId'),
      text('ncesId'),
      text('kind'),
      ref('parent', 'schools'),
    ],
  },
  terms: {
    homeSchool: null,
    fields: [
      required(text('title')),
      text('kind'),
      date('startDate'),
      date('endDate'),
      text('schoolYear'),
      ref('parent', 'terms'),
    ],
  },
  courses: {
    homeSchool: 'school',
    fields: [required(text('title')), text('code'), ref('school', 'schools'), set('grades'), set('subjects')],
  },
  classes: {
    homeSchool: 'school',
    fields: [
      required(text('title')),
      text('code'),
      text('kind'),
      required(ref('school', 'schools')),
      ref('course', 'courses'),
      refs('terms', 'terms'),
      set('grades'),
      set('subjects'),
      set('periods'),
      text('location'),
    ],
  },
  students: {
    homeSchool: 'school',
    fields: [
      ...NAMES_AND_CONTACTS,
      text('grade'),
      text('studentNumber'),
      text('stateId'),
      date('birthDate'),
      ref('school', 'schools'),
      refs('schools', 'schools'),
      flag('enabled'),
    ],
  },
  staff: {
    homeSchool: 'school',
    fields: [
      ...NAMES_AND_CONTACTS,
      text('role'),
      text('title'),
      text('staffNumber'),
      text('stateId'),
      ref('school', 'schools'),
      refs('schools', 'schools'),
      flag('enabled'),
    ],
  },
  guardians: { homeSchool: null, fields: NAMES_AND_CONTACTS },
  enrollments: {
    homeSchool: 'school',
    fields: [
      required(ref('class', 'classes')),
      required(ref('person', 'students', 'staff', 'guardians')),
      required(text('role')),
      flag('primary'),
      date('beginDate'),
      date('endDate'),
      ref('school', 'schools'),
    ],
  },
  guardianships: {
    homeSchool: null,
    fields: [
      required(ref('student', 'students')),
      required(ref('guardian', 'guardians')),
      text('relationship'),
      text('kind'),
      flag('primary'),
    ],
  },
};

interface Keyed {
  /** The record's key, verbatim from the source; see {@link compositeKey} for the types that lack one. */
  sisId: string;
}
type Text = string | null;
type Flag = boolean | null;

export interface School extends Keyed {
  name: string;
  number: Text;
  stateId: Text;
  ncesId: Text;
  kind: Text;
  parent: Text;
}
export interface Term extends Keyed {
  title: string;
  kind: Text;
  /** Inclusive, `YYYY-MM-DD`. */
  startDate: Text;
  /** Exclusive, `YYYY-MM-DD`. */
  endDate: Text;
  schoolYear: Text;
  parent: Text;
}
export interface Course extends Keyed {
  title: string;
  code: Text;
  school: Text;
  grades: string[];
  subjects: string[];
}
export interface Class extends Keyed {
  title: string;
  code: Text;
  kind: Text;
  school: Text;
  course: Text;
  terms: string[];
  grades: string[];
  subjects: string[];
  periods: string[];
  location: Text;
}
export interface Person extends Keyed {
  givenName: string;
  middleName: Text;
  familyName: string;
  preferredName: Text;
  email: Text;
  username: Text;
  phone: Text;
  sms: Text;
  language: Text;
}
export interface Student extends Person {
  grade: Text;
  studentNumber: Text;
  stateId: Text;
  birthDate: Text;
  /** Home school (guard §5). */
  school: Text;
  schools: string[];
  enabled: Flag;
}
export interface Staff extends Person {
  role: Text;
  title: Text;
  staffNumber: Text;
  stateId: Text;
  school: Text;
  schools: string[];
  enabled: Flag;
}
export type Guardian = Person;
export interface Enrollment extends Keyed {
  class: string;
  person: string;
  role: string;
  primary: Flag;
  /** Inclusive. */
  beginDate: Text;
  /** Exclusive. */
  endDate: Text;
  school: Text;
}
export interface Guardianship extends Keyed {
  student: string;
  guardian: string;
  relationship: Text;
  kind: Text;
  primary: Flag;
}

export interface RosterRecords {
  schools: School;
  terms: Term;
  courses: Course;
  classes: Class;
  students: Student;
  staff: Staff;
  guardians: Guardian;
  enrollments: Enrollment;
  guardianships: Guardianship;
}
export type RosterRecord<T extends RecordType = RecordType> = RosterRecords[T];

const escapeKeyPart = (part: string): string => part.replace(/[%~]/g, (c) => (c === '%' ? '%25' : '%7E'));

/**
 * The key of a record whose source gives it none: its parts joined by `~`, escaped so that no two different lists of
 * parts share a key. Guardianships: student, guardian. Enrollments without an id: class, person, role.
 */
export function compositeKey(...parts: string[]): string {
  for (const part of parts) if (/[%~]/.test(part)) return parts.map(escapeKeyPart).join('~');
  return parts.join('~');
}
