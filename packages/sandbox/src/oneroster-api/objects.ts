import type { Staff } from '@rollbook/core';
import { RACES } from '../model.ts';
import type { District, DistrictGuardian, DistrictStudent } from '../model.ts';
import type { OneRosterVersion } from '../oneroster-columns.ts';
import { kinshipOf, staffRole } from '../oneroster-rows.ts';

/** The flat collections that hold all of a roster; the other endpoints show parts of them. */
export const ONEROSTER_COLLECTIONS = [
  'orgs',
  'academicSessions',
  'courses',
  'classes',
  'users',
  'enrollments',
  'demographics',
] as const;
export type OneRosterCollection = (typeof ONEROSTER_COLLECTIONS)[number];

export interface OneRosterObject {
  readonly sourcedId: string;
  readonly [member: string]: unknown;
}

/** How objects are written; servers differ in this even where they agree in what they say. */
export interface ObjectShape {
  readonly version: OneRosterVersion;
  /** The URL in a reference. */
  readonly href: (collection: OneRosterCollection, sourcedId: string) => string;
  /** What a text without a value becomes. */
  readonly blanks: 'omitted' | 'empty';
}

type Members = Readonly<Record<string, unknown>>;
/** Objects before blanks and the common members are put in; a text without a value is null, a missing reference undefined. */
type Draft = { readonly sourcedId: string } & Members;
type Refer = (type: keyof typeof COLLECTION_OF, sourcedId: string | null) => Members | undefined;

/** The word for what a reference points to (1.2: `type` of a GUIDRef), and where it stands. */
const COLLECTION_OF = {
  org: 'orgs',
  academicSession: 'academicSessions',
  course: 'courses',
  class: 'classes',
  user: 'users',
} as const satisfies Record<string, OneRosterCollection>;

/**
 * A collection of the district as OneRoster objects, in the order of the district. All are `active` and were last
 * modified on the district's day.
 */
export function oneRosterObjects(
  district: District,
  collection: OneRosterCollection,
  shape: ObjectShape,
): OneRosterObject[] {
  const refer: Refer = (type, sourcedId) =>
    sourcedId === null ? undefined : { href: shape.href(COLLECTION_OF[type], sourcedId), sourcedId, type };
  const dateLastModified = modifiedOn(district);
  return [...DRAFTS[collection](district, refer, shape.version)].map(({ sourcedId, ...members }) => ({
    sourcedId,
    ...filled({ status: 'active', dateLastModified, ...members }, shape.blanks),
  }));
}

/** The first day is 1 August before the school year ends. */
const modifiedOn = ({ schoolYear, day }: District): string =>
  new Date(Date.UTC(schoolYear - 1, 7, day, 2, 30, 0, 125)).toISOString();

function filled(draft: Members, blanks: ObjectShape['blanks']): Members {
  const members: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(draft)) {
    if (value === undefined || (value === null && blanks === 'omitted')) continue;
    members[name] = value ?? '';
  }
  return members;
}

type DraftsOf = (district: District, refer: Refer, version: OneRosterVersion) => Iterable<Draft>;

const DRAFTS: Readonly<Record<OneRosterCollection, DraftsOf>> = {
  orgs: ({ org, schools }, refer) =>
    [org, ...schools].map((each) => ({
      sourcedId: each.sisId,
      name: each.name,
      type: each.kind,
      identifier: each.ncesId,
      parent: refer('org', each.parent),
      children: each === org ? schools.map(({ sisId }) => refer('org', sisId)) : [],
    })),
  academicSessions: ({ terms }, refer) =>
    terms.map((term) => ({
      sourcedId: term.sisId,
      title: term.title,
      startDate: term.startDate,
      endDate: term.endDate,
      type: term.kind,
      parent: refer('academicSession', term.parent),
      children: terms.filter(({ parent }) => parent === term.sisId).map(({ sisId }) => refer('academicSession', sisId)),
      schoolYear: term.schoolYear,
    })),
  courses: ({ courses, org, terms }, refer) =>
    courses.map((course) => ({
      sourcedId: course.sisId,
      title: course.title,
      schoolYear: refer('academicSession', terms.find(({ kind }) => kind === 'schoolYear')?.sisId ?? null),
      courseCode: course.code,
      grades: course.grades,
      subjects: course.subjects,
      org: refer('org', course.school ?? org.sisId),
      subjectCodes: course.subjectCodes,
      resources: [],
    })),
  classes,
  users,
  enrollments: ({ enrollments }, refer) =>
    enrollments.map((each) => ({
      sourcedId: each.sisId,
      user: refer('user', each.person),
      class: refer('class', each.class),
      school: refer('org', each.school),
      role: each.role,
      primary: each.primary === null ? null : String(each.primary),
      beginDate: each.beginDate,
      endDate: each.endDate,
    })),
  demographics: ({ students }) =>
    students.map(({ sisId, birthDate, demographics: facts }) => ({
      sourcedId: sisId,
      birthDate,
      sex: facts.sex,
      ...Object.fromEntries(RACES.map((race) => [race, String(facts.races.includes(race))])),
      demographicRaceTwoOrMoreRaces: String(facts.races.length > 1),
      hispanicOrLatinoEthnicity: String(facts.hispanic),
      countryOfBirthCode: facts.birthCountry,
      stateOfBirthAbbreviation: facts.birthState,
      cityOfBirth: facts.birthCity,
    })),
};

function* classes(district: District, refer: Refer): Generator<Draft> {
  const codes = new Map(district.courses.map((course) => [course.sisId, course.subjectCodes]));
  for (const each of district.classes)
    yield {
      sourcedId: each.sisId,
      title: each.title,
      classCode: each.code,
      classType: each.kind,
      location: each.location,
      grades: each.grades,
      subjects: each.subjects,
      course: refer('course', each.course),
      school: refer('org', each.school),
      terms: each.terms.map((term) => refer('academicSession', term)),
      subjectCodes: codes.get(each.course ?? '') ?? [],
      periods: each.periods,
      resources: [],
    };
}

/** What a user is and where: one role, in one version; a role for each org, in the other. */
interface Standing {
  readonly role: string | null;
  readonly orgs: readonly string[];
  readonly home: string | null;
}

function* users(district: District, refer: Refer, version: OneRosterVersion): Generator<Draft> {
  const { guardiansOf, schoolsOf } = kinshipOf(district);
  for (const student of district.students) {
    const { sisId, schools, school } = student;
    yield {
      ...userMembers(student, version),
      ...standingMembers({ role: 'student', orgs: schools, home: school }, version, refer),
      enabledUser: String(student.enabled !== false),
      userIds: identifiersOf(student),
      identifier: student.studentNumber,
      agents: (guardiansOf.get(sisId) ?? []).map((guardian) => refer('user', guardian)),
      grades: student.grade === null ? [] : [student.grade],
    };
  }
  for (const person of district.staff) {
    const role = version === '1.2' ? staffRole(person, district) : person.role;
    yield {
      ...userMembers(person, version),
      ...standingMembers({ role, orgs: person.schools, home: person.school }, version, refer),
      enabledUser: String(person.enabled !== false),
      userIds: identifiersOf(person),
      identifier: person.staffNumber,
    };
  }
  for (const guardian of district.guardians) {
    const orgs = schoolsOf.get(guardian.sisId) ?? [district.org.sisId];
    yield {
      ...userMembers(guardian, version),
      ...standingMembers({ role: guardian.role, orgs, home: orgs[0] ?? null }, version, refer),
    };
  }
}

const identifiersOf = ({ stateId }: { readonly stateId: string | null }): Members[] =>
  stateId === null ? [] : [{ type: 'StateID', identifier: stateId }];

/** What all users have, in the order of the specification; agents and grades of some are put in later. */
function userMembers(person: DistrictStudent | DistrictGuardian | Staff, version: OneRosterVersion): Draft {
  return {
    sourcedId: person.sisId,
    username: person.username,
    userIds: [],
    enabledUser: 'true',
    givenName: person.givenName,
    familyName: person.familyName,
    middleName: person.middleName,
    ...(version === '1.2' ? { preferredFirstName: person.preferredName } : {}),
    identifier: null,
    email: person.email,
    sms: person.sms,
    phone: person.phone,
    agents: [],
    grades: [],
    ...(version === '1.1' ? { password: null } : {}),
  };
}

function standingMembers({ role, orgs, home }: Standing, version: OneRosterVersion, refer: Refer): Members {
  if (version === '1.1') return { role, orgs: orgs.map((org) => refer('org', org)) };
  return {
    roles: orgs.map((org) => ({
      roleType: org === home ? 'primary' : 'secondary',
      role,
      org: refer('org', org),
    })),
    primaryOrg: refer('org', home),
  };
}
