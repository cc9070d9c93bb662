import type { Guardianship, Staff } from '@rollbook/core';
import type { District, DistrictGuardian, DistrictStudent } from '../model.ts';
import { createdAt, objectId } from './object-id.ts';
import type { CleverObject, ObjectContext } from './objects.ts';
import type { Role } from './switches.ts';
import * as words from './words.ts';

type Roles = Partial<Record<Role, object>>;

const schoolIds = (schools: readonly string[]): string[] => schools.map((school) => objectId('school', school));

interface UserFacts {
  readonly id: string;
  readonly email: string | null;
  readonly name: { readonly first?: string; readonly middle?: string | null; readonly last: string };
  readonly roles: Roles;
}

function userObject({ id, email, name, roles }: UserFacts, context: ObjectContext): CleverObject {
  return {
    created: createdAt(id),
    district: context.districtId,
    email: email ?? undefined,
    last_modified: context.lastSync,
    name: { ...name, middle: name.middle ?? undefined },
    id,
    roles,
    lms_status: context.version === 'v3.1' ? { synced_in_lms: false } : undefined,
  };
}

export const userId = (sisId: string): string => objectId('user', sisId);

export function studentObject(student: DistrictStudent, context: ObjectContext): CleverObject {
  const { address, demographics, birthDate, language } = student;
  const isNewer = context.version === 'v3.1';
  const role = {
    sis_id: student.sisId,
    state_id: student.stateId ?? undefined,
    student_number: student.studentNumber ?? undefined,
    school: objectId('school', student.school ?? ''),
    schools: schoolIds(student.schools),
    enrollments: [],
    grade: student.grade === null ? '' : words.gradeWord(student.grade),
    graduation_year: '',
    dob: birthDate === null ? undefined : words.americanDate(birthDate),
    gender: words.genderWord(demographics.sex),
    race: words.raceWord(demographics.races),
    hispanic_ethnicity: demographics.hispanic ? 'Y' : 'N',
    home_language: language === null ? undefined : words.languageWord(language),
    home_language_code: isNewer ? (language ?? undefined) : undefined,
    preferred_name: isNewer ? (student.preferredName ?? undefined) : undefined,
    location: { address: address.street, city: address.city, state: address.state, zip: address.zip },
    credentials: { district_username: student.username ?? undefined },
    email: student.email ?? undefined,
    ext: {},
  };
  const name = { first: student.givenName, middle: student.middleName, last: student.familyName };
  return userObject({ id: userId(student.sisId), email: student.email, name, roles: { student: role } }, context);
}

/** Employees: one user for all the roles of a person, or one for each where the e-mail addresses differ. */
export function staffObjects(person: Staff, context: ObjectContext, org: string): CleverObject[] {
  const { lostRoles, splitUsers } = context.switches;
  const roles = Object.entries(employeeRoles(person, org)).filter(
    ([role]) => lostRoles[person.sisId]?.includes(role as Role) !== true,
  );
  if (roles.length === 0) return [];
  const name = { first: person.givenName, middle: person.middleName, last: person.familyName };
  const id = userId(person.sisId);
  if (!splitUsers.includes(person.sisId))
    return [userObject({ id, email: person.email, name, roles: Object.fromEntries(roles) }, context)];
  return roles.map(([role, facts], index) => {
    const own = index === 0 ? id : objectId('user', `${person.sisId}/${role}`);
    const email = index === 0 ? person.email : `${role}.${person.email ?? ''}`;
    return userObject({ id: own, email, name, roles: { [role]: facts } }, context);
  });
}

/** Teachers of special education are in staff.csv too, so that there are people of two roles. */
function employeeRoles(person: Staff, org: string): Roles {
  const common = { title: person.title ?? undefined, credentials: { district_username: person.username ?? undefined } };
  const schools = schoolIds(person.schools);
  const staff = { ...common, staff_id: person.sisId, schools, roles: ['PortalOnly'], department: undefined, ext: {} };
  if (person.school === org) return { district_admin: { title: person.title ?? undefined } };
  if (person.role !== 'teacher') return { staff };
  const teacher = {
    ...common,
    sis_id: person.sisId,
    teacher_number: person.staffNumber ?? undefined,
    state_id: person.stateId ?? undefined,
    school: objectId('school', person.school ?? ''),
    schools,
    legacy_id: objectId('user', `legacy/${person.sisId}`),
    ext: {},
  };
  return person.title?.includes('Special Education') === true ? { teacher, staff } : { teacher };
}

/** By guardian: the guardianships. */
export function guardianshipsByGuardian(guardianships: District['guardianships']): Map<string, Guardianship[]> {
  const byGuardian = new Map<string, Guardianship[]>();
  for (const each of guardianships) {
    const list = byGuardian.get(each.guardian);
    if (list === undefined) byGuardian.set(each.guardian, [each]);
    else list.push(each);
  }
  return byGuardian;
}

/** Contacts have their full name in `name.last`, and one telephone. */
export function contactObject(
  guardian: DistrictGuardian,
  guardianships: readonly Guardianship[],
  context: ObjectContext,
): CleverObject {
  const [phone] = guardian.phones;
  const last = [guardian.givenName, guardian.middleName, guardian.familyName].filter((part) => part !== null).join(' ');
  const isAnonymous = context.switches.anonymousContacts;
  const role = {
    sis_id: isAnonymous ? undefined : guardian.sisId,
    phone: phone?.number,
    phone_type: phone === undefined ? undefined : words.PHONE_WORDS[phone.kind],
    student_relationships: guardianships.map((each) => ({
      student: userId(each.student),
      relationship: words.relationshipWord(each.relationship),
      type: words.contactTypeWord(each.kind),
    })),
  };
  const id = objectId('user', guardian.sisId, isAnonymous ? JSON.stringify([last, guardian.email, role]) : 0);
  return userObject({ id, email: guardian.email, name: { last }, roles: { contact: role } }, context);
}
