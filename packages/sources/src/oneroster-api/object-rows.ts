import type { RosterRow, Version } from '../oneroster/layout.ts';
import { addRole, type RolesById } from '../oneroster/held-roles.ts';
import type { CollectionReport } from './collection-report.ts';
import { isObject, Members, type ApiObject } from './members.ts';

/** What the objects of each collection are in the terms of the CSV binding (oneroster §1.5, §2.3). */

export function orgRow(object: ApiObject, report: CollectionReport): RosterRow<'orgs'> {
  const members = new Members(object, report);
  return {
    sourcedId: members.text('sourcedId'),
    status: members.text('status'),
    name: members.text('name'),
    type: members.text('type'),
    identifier: members.text('identifier'),
    parentSourcedId: members.ref('parent'),
  };
}

export function sessionRow(object: ApiObject, report: CollectionReport): RosterRow<'academicSessions'> {
  const members = new Members(object, report);
  return {
    sourcedId: members.text('sourcedId'),
    status: members.text('status'),
    title: members.text('title'),
    type: members.text('type'),
    startDate: members.text('startDate'),
    endDate: members.text('endDate'),
    parentSourcedId: members.ref('parent'),
    schoolYear: members.text('schoolYear'),
  };
}

export function courseRow(object: ApiObject, report: CollectionReport): RosterRow<'courses'> {
  const members = new Members(object, report);
  return {
    sourcedId: members.text('sourcedId'),
    status: members.text('status'),
    title: members.text('title'),
    courseCode: members.text('courseCode'),
    grades: members.list('grades'),
    orgSourcedId: members.ref('org'),
    subjects: members.list('subjects'),
  };
}

export function classRow(object: ApiObject, report: CollectionReport): RosterRow<'classes'> {
  const members = new Members(object, report);
  return {
    sourcedId: members.text('sourcedId'),
    status: members.text('status'),
    title: members.text('title'),
    grades: members.list('grades'),
    courseSourcedId: members.ref('course'),
    classCode: members.text('classCode'),
    classType: members.text('classType'),
    location: members.text('location'),
    schoolSourcedId: members.ref('school'),
    termSourcedIds: members.refs('terms'),
    subjects: members.list('subjects'),
    periods: members.list('periods'),
  };
}

export function enrollmentRow(object: ApiObject, report: CollectionReport): RosterRow<'enrollments'> {
  const members = new Members(object, report);
  return {
    sourcedId: members.text('sourcedId'),
    status: members.text('status'),
    classSourcedId: members.ref('class'),
    schoolSourcedId: members.ref('school'),
    userSourcedId: members.ref('user'),
    role: members.text('role'),
    primary: members.text('primary'),
    beginDate: members.text('beginDate'),
    endDate: members.text('endDate'),
  };
}

export function demographicsRow(object: ApiObject, report: CollectionReport): RosterRow<'demographics'> {
  const members = new Members(object, report);
  return {
    sourcedId: members.text('sourcedId'),
    status: members.text('status'),
    birthDate: members.text('birthDate'),
  };
}

export interface UserObject {
  readonly row: RosterRow<'users'>;
  /** Servers that call themselves 1.2 may show the users of 1.1; the object itself tells (oneroster §0.7). */
  readonly version: Version;
}

/**
 * A user, with its roles (1.2) put into `roles`. `version` is that of the server, for users who show neither form. The
 * password is never looked at.
 */
export function userRow(object: ApiObject, version: Version, report: CollectionReport, roles: RolesById): UserObject {
  const members = new Members(object, report);
  const sourcedId = members.text('sourcedId');
  const row = {
    sourcedId,
    status: members.text('status'),
    enabledUser: members.text('enabledUser'),
    orgSourcedIds: members.refs('orgs'),
    role: typeof object['role'] === 'object' ? '' : members.text('role'),
    username: members.text('username'),
    userIds: userIdsOf(members),
    givenName: members.text('givenName'),
    familyName: members.text('familyName'),
    middleName: members.text('middleName'),
    identifier: members.text('identifier'),
    email: members.text('email'),
    sms: members.text('sms'),
    phone: members.text('phone'),
    agentSourcedIds: members.refs('agents'),
    grades: members.list('grades'),
    preferredGivenName: members.text('preferredFirstName'),
    preferredFamilyName: members.text('preferredLastName'),
    primaryOrgSourcedId: members.ref('primaryOrg'),
  };
  const held = members.objects('roles').filter(isObject);
  if (held.length === 0) return { row, version: row.role === '' ? version : '1.1' };
  if (sourcedId !== '') for (const role of held) addRoleOf(sourcedId, role, report, roles);
  return { row, version: '1.2' };
}

function addRoleOf(userSourcedId: string, role: ApiObject, report: CollectionReport, roles: RolesById): void {
  const members = new Members(role, report);
  const row = {
    status: '',
    userSourcedId,
    roleType: members.text('roleType'),
    role: members.text('role'),
    orgSourcedId: members.ref('org'),
  };
  addRole(roles, row, 0, report);
}

/** As the cell of the CSV binding has them: `{StateID:99}`. */
function userIdsOf(members: Members): string {
  const ids = members.objects('userIds').filter(isObject);
  return ids.map((id) => `{${wordOf(id['type'])}:${wordOf(id['identifier'])}}`).join(',');
}

const wordOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).replaceAll(/[{}]/g, '') : '';
