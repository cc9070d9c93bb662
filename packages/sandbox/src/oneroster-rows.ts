import type { Staff } from '@rollbook/core';
import { RACES } from './model.ts';
import type { District, DistrictGuardian, DistrictStudent } from './model.ts';
import type { OneRosterFile } from './oneroster-columns.ts';

type Cells = Readonly<Record<string, string | null | undefined>>;
type Person = DistrictStudent | DistrictGuardian | Staff;

const list = (values: readonly string[]): string => values.join(',');
const flag = (value: boolean | null): string | null => (value === null ? null : String(value));

/** What the rows need to look up: who looks after whom, and where. */
export interface Kinship {
  readonly guardiansOf: ReadonlyMap<string, readonly string[]>;
  readonly schoolsOf: ReadonlyMap<string, readonly string[]>;
}

export function kinshipOf(district: District): Kinship {
  const homes = new Map(district.students.map((student) => [student.sisId, student.school]));
  const guardiansOf = new Map<string, string[]>();
  const schoolsOf = new Map<string, string[]>();
  const append = (map: Map<string, string[]>, key: string, value: string): void => {
    const values = map.get(key);
    if (values === undefined) map.set(key, [value]);
    else if (!values.includes(value)) values.push(value);
  };
  for (const { student, guardian } of district.guardianships) {
    append(guardiansOf, student, guardian);
    append(schoolsOf, guardian, homes.get(student) ?? district.org.sisId);
  }
  return { guardiansOf, schoolsOf };
}

const identifiersOf = (person: { stateId: string | null }): string =>
  person.stateId === null ? '' : `{StateID:${person.stateId}}`;

/** The columns that both versions share. */
function userCells(person: Person): Cells {
  return {
    sourcedId: person.sisId,
    enabledUser: 'true',
    username: person.username,
    givenName: person.givenName,
    familyName: person.familyName,
    middleName: person.middleName,
    email: person.email,
    sms: person.sms,
    phone: person.phone,
    preferredGivenName: person.preferredName,
  };
}

function* users(district: District): Generator<Cells> {
  const { guardiansOf, schoolsOf } = kinshipOf(district);
  for (const student of district.students)
    yield {
      ...userCells(student),
      enabledUser: String(student.enabled !== false),
      orgSourcedIds: list(student.schools),
      primaryOrgSourcedId: student.school,
      role: 'student',
      userIds: identifiersOf(student),
      identifier: student.studentNumber,
      agentSourcedIds: list(guardiansOf.get(student.sisId) ?? []),
      grades: student.grade,
    };
  for (const person of district.staff)
    yield {
      ...userCells(person),
      enabledUser: String(person.enabled !== false),
      orgSourcedIds: list(person.schools),
      primaryOrgSourcedId: person.school,
      role: person.role,
      userIds: identifiersOf(person),
      identifier: person.staffNumber,
    };
  for (const guardian of district.guardians) {
    const schools = schoolsOf.get(guardian.sisId) ?? [district.org.sisId];
    yield {
      ...userCells(guardian),
      orgSourcedIds: list(schools),
      primaryOrgSourcedId: schools[0],
      role: guardian.role,
    };
  }
}

/** Version 1.2 knows no `administrator`. */
export function staffRole(person: Staff, district: District): string | null {
  if (person.role !== 'administrator') return person.role;
  if (person.school === district.org.sisId) return 'districtAdministrator';
  return person.title === 'Principal' ? 'principal' : 'siteAdministrator';
}

function* roles(district: District): Generator<Cells> {
  const { schoolsOf } = kinshipOf(district);
  const rolesOf = function* (person: string, role: string | null, schools: readonly string[], home: string | null) {
    for (const school of schools)
      yield {
        sourcedId: `${person}.${school}`,
        userSourcedId: person,
        roleType: school === home ? 'primary' : 'secondary',
        role,
        orgSourcedId: school,
      };
  };
  for (const each of district.students) yield* rolesOf(each.sisId, 'student', each.schools, each.school);
  for (const each of district.staff) yield* rolesOf(each.sisId, staffRole(each, district), each.schools, each.school);
  for (const each of district.guardians) {
    const schools = schoolsOf.get(each.sisId) ?? [district.org.sisId];
    yield* rolesOf(each.sisId, each.role, schools, schools[0] ?? null);
  }
}

function* demographics(district: District): Generator<Cells> {
  for (const { sisId, birthDate, demographics: facts } of district.students)
    yield {
      sourcedId: sisId,
      birthDate,
      sex: facts.sex,
      ...Object.fromEntries(RACES.map((race) => [race, String(facts.races.includes(race))])),
      demographicRaceTwoOrMoreRaces: String(facts.races.length > 1),
      hispanicOrLatinoEthnicity: String(facts.hispanic),
      countryOfBirthCode: facts.birthCountry,
      stateOfBirthAbbreviation: facts.birthState,
      cityOfBirth: facts.birthCity,
    };
}

function* classes(district: District): Generator<Cells> {
  const codes = new Map(district.courses.map((course) => [course.sisId, course.subjectCodes]));
  for (const each of district.classes)
    yield {
      sourcedId: each.sisId,
      title: each.title,
      grades: list(each.grades),
      courseSourcedId: each.course,
      classCode: each.code,
      classType: each.kind,
      location: each.location,
      schoolSourcedId: each.school,
      termSourcedIds: list(each.terms),
      subjects: list(each.subjects),
      subjectCodes: list(codes.get(each.course ?? '') ?? []),
      periods: list(each.periods),
    };
}

/** The rows of each file by column name; columns a version does not have are simply not asked for. */
const ROWS: Readonly<Record<OneRosterFile, (district: District) => Iterable<Cells>>> = {
  academicSessions: ({ terms }) =>
    terms.map((term) => ({
      sourcedId: term.sisId,
      title: term.title,
      type: term.kind,
      startDate: term.startDate,
      endDate: term.endDate,
      parentSourcedId: term.parent,
      schoolYear: term.schoolYear,
    })),
  orgs: ({ org, schools }) =>
    [org, ...schools].map((each) => ({
      sourcedId: each.sisId,
      name: each.name,
      type: each.kind,
      identifier: each.ncesId,
      parentSourcedId: each.parent,
    })),
  courses: ({ courses, org, terms }) =>
    courses.map((course) => ({
      sourcedId: course.sisId,
      schoolYearSourcedId: terms.find((term) => term.kind === 'schoolYear')?.sisId,
      title: course.title,
      courseCode: course.code,
      grades: list(course.grades),
      orgSourcedId: course.school ?? org.sisId,
      subjects: list(course.subjects),
      subjectCodes: list(course.subjectCodes),
    })),
  classes,
  users,
  roles,
  enrollments: ({ enrollments }) =>
    enrollments.map((each) => ({
      sourcedId: each.sisId,
      classSourcedId: each.class,
      schoolSourcedId: each.school,
      userSourcedId: each.person,
      role: each.role,
      primary: flag(each.primary),
      beginDate: each.beginDate,
      endDate: each.endDate,
    })),
  demographics,
};

/** The data rows of one file, without the header, in the given columns; `status` and `dateLastModified` stay blank (bulk). */
export function* oneRosterRows(
  district: District,
  file: OneRosterFile,
  columns: readonly string[],
): Generator<string[]> {
  for (const cells of ROWS[file](district)) yield columns.map((column) => cells[column] ?? '');
}
