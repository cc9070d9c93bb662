import { ROSTER_MODEL, RECORD_TYPES, type RecordType, type RosterRecords } from '@rollbook/core';
import { CLEVER_RELATIONSHIPS, cleverId, cleverSubjectOf, type District } from '@rollbook/sandbox';

export type Roster = { readonly [T in RecordType]: readonly RosterRecords[T][] };

type Says = { readonly [T in RecordType]?: Readonly<Record<string, (record: never, district: District) => unknown>> };

/** What a format does not carry of the roster model, or carries in its own words; all else must come as it is. */
export interface Carries {
  /** Records that have no place in it. */
  readonly leavesOut: { readonly [T in RecordType]?: (record: RosterRecords[T], district: District) => boolean };
  /** Fields that it has no place for. */
  readonly lacks: Partial<Readonly<Record<RecordType, readonly string[]>>>;
  /** Fields that it has other words or less room for. */
  readonly says: Says;
  /** Types whose ids are its own, made by its provider or its reader: told apart by what the records say. */
  readonly ownIds: readonly RecordType[];
  /** The id that the provider gives a record, where it gives one; else the SIS's own. */
  readonly idOf?: (recordType: RecordType, sisId: string) => string;
}

/** The district's roster in the terms of the roster model, before any format has been at it. */
export function rosterOf(district: District): Roster {
  const { org, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships } = district;
  const owned = courses.map((course) => ({ ...course, school: course.school ?? org.sisId }));
  const all = { terms, courses: owned, classes, students, staff, guardians, enrollments, guardianships };
  return modelled({ schools: [org, ...schools], ...all });
}

/** Nothing but the fields of the model. */
function modelled(roster: Roster): Roster {
  const only = (type: RecordType, record: object): object =>
    Object.fromEntries(
      ['sisId', ...ROSTER_MODEL[type].fields.map(({ name }) => name)].map((name) => [
        name,
        (record as Record<string, unknown>)[name] ?? null,
      ]),
    );
  return byType((type) => roster[type].map((record) => only(type, record)));
}

const byType = (recordsOf: (type: RecordType) => readonly object[]): Roster =>
  Object.fromEntries(RECORD_TYPES.map((type) => [type, recordsOf(type)])) as unknown as Roster;

/** The roster that a source of this format must give. */
export function expectedOf(district: District, { leavesOut, lacks, says }: Carries): Roster {
  const whole = rosterOf(district);
  return byType((type) => {
    const isLeftOut = leavesOut[type] as ((record: object, district: District) => boolean) | undefined;
    const words = Object.entries(says[type] ?? {}) as [string, (record: object, district: District) => unknown][];
    return whole[type]
      .filter((record) => isLeftOut?.(record, district) !== true)
      .map((record) => {
        const emptied = (lacks[type] ?? []).map((name) => [name, isSet(type, name) ? [] : null]);
        const said = words.map(([name, say]) => [name, say(record, district)]);
        return { ...record, ...Object.fromEntries(emptied), ...Object.fromEntries(said) };
      });
  });
}

const isSet = (type: RecordType, name: string): boolean =>
  ROSTER_MODEL[type].fields.some((field) => field.name === name && field.kind === 'set');

/** Nothing of the people beyond names and addresses, and no relationships: OneRoster has no place for them. */
const ONEROSTER: Carries = {
  leavesOut: {},
  lacks: {
    schools: ['stateId', 'ncesId'],
    students: ['language'],
    staff: ['language', 'title'],
    guardians: ['language'],
    guardianships: ['relationship', 'kind', 'primary'],
  },
  says: {
    // An org has one identifier, and the SIS sends the national one.
    schools: { number: (school: { sisId: string }, district) => ncesIdOf(school.sisId, district) },
  },
  ownIds: [],
};

const ncesIdOf = (sisId: string, { org, schools }: District): string | null =>
  [org, ...schools].find((each) => each.sisId === sisId)?.ncesId ?? null;

export const ONEROSTER_11: Carries = {
  ...ONEROSTER,
  lacks: {
    ...ONEROSTER.lacks,
    students: ['language', 'preferredName'],
    staff: ['language', 'title', 'preferredName'],
    guardians: ['language', 'preferredName'],
  },
};

export const ONEROSTER_12: Carries = {
  ...ONEROSTER,
  says: {
    ...ONEROSTER.says,
    // Version 1.2 knows administrators of several kinds.
    staff: {
      role: ({ role, school, title }: RosterRecords['staff'], { org }) => {
        if (role !== 'administrator') return role;
        if (school === org.sisId) return 'districtAdministrator';
        return title === 'Principal' ? 'principal' : 'siteAdministrator';
      },
    },
  },
};

type Person = RosterRecords['staff'];
const leads = ({ school }: Person, { org }: District): boolean => school === org.sisId;
const isTeacher = ({ role }: Person): boolean => role === 'teacher';

/** A section meets in one term: of a class of two semesters, the year above them. */
const oneTerm = ({ terms: own }: RosterRecords['classes'], { terms }: District): string[] => {
  const [first] = own;
  if (own.length < 2) return [...own];
  return [terms.find(({ sisId }) => sisId === first)?.parent ?? ''];
};

/** What both of Clever's formats have in common. */
const CLEVER = {
  leavesOut: {
    schools: ({ kind }) => kind !== 'school',
    terms: ({ sisId }, district) => !district.classes.some((each) => oneTerm(each, district).includes(sisId)),
    courses: ({ sisId }, { classes }) => !classes.some(({ course }) => course === sisId),
  },
  lacks: {
    schools: ['parent'],
    terms: ['kind', 'schoolYear', 'parent'],
    courses: ['school', 'grades', 'subjects'],
    classes: ['kind', 'location'],
    students: ['phone', 'sms', 'enabled'],
    staff: ['phone', 'sms', 'language', 'preferredName', 'enabled'],
    guardians: ['preferredName', 'username', 'phone', 'language'],
    enrollments: ['beginDate', 'endDate'],
    guardianships: ['primary'],
  },
  says: {
    classes: {
      terms: oneTerm,
      subjects: (each: RosterRecords['classes']) => [cleverSubjectOf(each)],
    },
    enrollments: {
      primary: ({ role, primary }: RosterRecords['enrollments']) => (role === 'teacher' ? primary : null),
    },
    guardianships: {
      relationship: ({ relationship }: RosterRecords['guardianships']) => CLEVER_RELATIONSHIPS[relationship ?? ''],
    },
  },
  // An enrollment is a class, a person and a role.
  ownIds: ['enrollments'],
} satisfies Carries;

export const CLEVER_CSV: Carries = {
  ...CLEVER,
  lacks: {
    ...CLEVER.lacks,
    schools: ['parent', 'ncesId'],
    students: [...CLEVER.lacks.students, 'preferredName'],
  },
  says: {
    ...CLEVER.says,
    staff: {
      staffNumber: (person: Person) => (isTeacher(person) ? person.staffNumber : null),
      stateId: (person: Person) => (isTeacher(person) ? person.stateId : null),
      // Clever knows schools only: the district's own people stand at all of them.
      school: (person: Person, district) => (leads(person, district) ? district.schools[0]?.sisId : person.school),
      schools: (person: Person, district) =>
        leads(person, district) ? district.schools.map(({ sisId }) => sisId) : person.schools,
    },
  },
  // Terms and courses are no rows of their own.
  ownIds: ['enrollments', 'terms', 'courses'],
};

const KINDS = {
  schools: 'school',
  terms: 'term',
  courses: 'course',
  classes: 'section',
  students: 'user',
  staff: 'user',
  guardians: 'user',
} as const;

const language = new Intl.DisplayNames('en', { type: 'language' });

export const CLEVER_31: Carries = {
  ...CLEVER,
  says: {
    ...CLEVER.says,
    staff: {
      // District administrators come with name, e-mail and title; staff have no number but their id.
      username: (person: Person, district) => (leads(person, district) ? null : person.username),
      staffNumber: (person: Person, district) => {
        if (isTeacher(person)) return person.staffNumber;
        return leads(person, district) ? null : person.sisId;
      },
      stateId: (person: Person) => (isTeacher(person) ? person.stateId : null),
      school: (person: Person, district) => (leads(person, district) ? null : person.school),
      schools: (person: Person, district) => (leads(person, district) ? [] : person.schools),
    },
  },
  idOf: (type, sisId) => (type in KINDS ? cleverId(KINDS[type as keyof typeof KINDS], sisId) : sisId),
};

export const CLEVER_30: Carries = {
  ...CLEVER_31,
  lacks: { ...CLEVER_31.lacks, students: [...CLEVER.lacks.students, 'preferredName'] },
  says: {
    ...CLEVER_31.says,
    students: {
      language: ({ language: code }: RosterRecords['students']) => (code === null ? null : language.of(code)),
    },
  },
};
