import { compositeKey } from '@rollbook/core';
import { flagOf, isNothing, listOf, stateIdOf, textOrNull } from './cells.ts';
import type { RosterSettings } from '../roster-settings.ts';
import type { RosterRow, Version } from './layout.ts';
import type { HeldRole, PersonSides } from './held-roles.ts';
import type { RowContext } from './structure-rows.ts';
import { EXPECTED_USER_ROLES, userRoleOf, type PersonType } from './user-roles.ts';

/** What a user is, as one record type: a student and teacher is two of these. */
interface Membership {
  readonly type: PersonType;
  readonly roleName: string;
  readonly orgs: readonly string[];
  readonly isGone: boolean;
}

export interface UserContext extends RowContext {
  readonly version: Version;
  readonly settings: RosterSettings;
  readonly sides: PersonSides;
}

const TYPES: readonly [PersonType, ...PersonType[]] = ['students', 'staff', 'guardians'];

/** The record types that are taken from users.csv: guardians may come from elsewhere. */
export const personTypes = ({ manageGuardians }: RosterSettings): readonly [PersonType, ...PersonType[]] =>
  manageGuardians ? TYPES : ['students', 'staff'];

/** One row of users.csv: a record for each record type that the user is, and the guardianships it names. */
export function takeUser(row: RosterRow<'users'>, line: number, context: UserContext): void {
  const { report, settings } = context;
  const sisId = row.sourcedId;
  if (sisId === '') return report.skipBlank(line, sisId, 'sourcedId');
  const isGone = report.isGone(row.status, line);
  const all = isGone ? endedMemberships(row, context) : membershipsOf(row, context);
  if (all.length === 0) return skipWithoutRole(row, line, context);
  const types = personTypes(settings);
  const memberships = all.filter(({ type }) => types.includes(type));
  if (memberships.length === 0) return;
  report.checkId(sisId, line);
  if (!isGone) {
    // A guardianship stands even if the row of one end cannot be used.
    if (settings.manageGuardians) addGuardianships(row, line, memberships, context);
    const blank = row.givenName === '' ? 'givenName' : row.familyName === '' ? 'familyName' : undefined;
    if (blank !== undefined) {
      const own = memberships[0]!.type;
      return report.skipBlank(line, sisId, blank, [own, ...types.filter((type) => type !== own)]);
    }
  }
  for (const membership of memberships) addPerson(row, line, membership, context);
}

/** A user who is gone is gone as everything it may have been, unless the row says what it was. */
function endedMemberships(row: RosterRow<'users'>, { version, sides }: UserContext): Membership[] {
  const entry = sides.roles.get(row.sourcedId);
  if (entry !== undefined) entry.isUsed = true;
  const role = version === '1.1' ? userRoleOf(row.role) : undefined;
  const types = role === undefined ? TYPES : [role.type];
  return types.map((type) => ({ type, roleName: role?.name ?? '', orgs: [], isGone: true }));
}

function membershipsOf(row: RosterRow<'users'>, { version, sides }: UserContext): Membership[] {
  if (version === '1.1') {
    const role = userRoleOf(row.role);
    if (role === undefined) return [];
    return [{ type: role.type, roleName: role.name, orgs: listOf(row.orgSourcedIds), isGone: false }];
  }
  const entry = sides.roles.get(row.sourcedId);
  if (entry === undefined) return [];
  entry.isUsed = true;
  const types = TYPES.filter((type) => entry.held.some(({ role }) => role.type === type));
  return types.map((type) => membershipOf(type, entry.held, row.primaryOrgSourcedId, types.length === 1));
}

/**
 * The org named as primary comes first, then that of the primary role, then the others. For a user of several record
 * types the primary org speaks only for the types that have a role there.
 */
function membershipOf(type: PersonType, held: readonly HeldRole[], primaryOrg: string, isOnly: boolean): Membership {
  const ofType = held.filter(({ role }) => role.type === type);
  const live = ofType.filter(({ isGone }) => !isGone);
  const counting = live.length > 0 ? live : ofType;
  const orgs = counting.map(({ org }) => org).filter((org) => !isNothing(org));
  const leads = !isNothing(primaryOrg) && (isOnly || orgs.includes(primaryOrg));
  return {
    type,
    roleName: counting[0]!.role.name,
    orgs: [...new Set(leads ? [primaryOrg, ...orgs] : orgs)],
    isGone: live.length === 0,
  };
}

function skipWithoutRole(row: RosterRow<'users'>, line: number, { report, version, sides }: UserContext): void {
  if (version === '1.2')
    return report.skip(
      line,
      row.sourcedId,
      'user_without_role',
      `the user "${row.sourcedId}" has no usable ${sides.roleWord}; it was skipped.`,
    );
  report.skip(
    line,
    row.sourcedId,
    'unknown_role',
    `${report.column('role')}: expected one of ${EXPECTED_USER_ROLES}; the row was skipped.`,
  );
}

/** `agentSourcedIds` names the guardians on a student's row, and the students on a guardian's. */
function addGuardianships(
  row: RosterRow<'users'>,
  line: number,
  memberships: readonly Membership[],
  { out }: UserContext,
): void {
  if (row.agentSourcedIds === '') return;
  const is = (type: PersonType): boolean => memberships.some((m) => m.type === type && !m.isGone);
  if (!is('students') && !is('guardians')) return;
  for (const agent of listOf(row.agentSourcedIds)) {
    const [student, guardian] = is('students') ? [row.sourcedId, agent] : [agent, row.sourcedId];
    const record = {
      sisId: compositeKey(student, guardian),
      student,
      guardian,
      // OneRoster does not say it; left empty on both sides, so that the two rows of a pair agree.
      relationship: null,
      kind: null,
      primary: null,
    };
    out.add('guardianships', record, line, false);
  }
}

function addPerson(row: RosterRow<'users'>, line: number, membership: Membership, context: UserContext): void {
  const { report, out, organisations, settings, sides } = context;
  const { type, orgs, isGone } = membership;
  const sisId = row.sourcedId;
  const { givenName, familyName } = row;
  const middleName = textOrNull(row.middleName);
  const preferredName = preferredNameOf(row);
  const email = textOrNull(row.email);
  const username = textOrNull(row.username);
  const phone = textOrNull(row.phone);
  const sms = textOrNull(row.sms);
  const language = null;
  if (type === 'guardians') {
    const record = { sisId, givenName, middleName, familyName, preferredName, email, username, phone, sms, language };
    return out.add('guardians', record, line, isGone);
  }
  const stateId = stateIdOf(row.userIds);
  const schools = organisations.schoolsOf(orgs);
  const school = schools[0] ?? null;
  const flag = flagOf(row.enabledUser);
  if (flag === undefined)
    report.note('bad_flag', line, `${report.column('enabledUser')}: expected true or false; it was left empty`);
  const enabled = flag ?? null;
  if (type === 'students') {
    const record = {
      sisId,
      givenName,
      middleName,
      familyName,
      preferredName,
      email,
      username,
      phone,
      sms,
      language,
      grade: listOf(row.grades)[0] ?? null,
      studentNumber: settings.studentIdSource === 'student_id' ? sisId : textOrNull(row.identifier),
      stateId,
      birthDate: sides.birthDates.get(sisId) ?? null,
      school,
      schools,
      enabled,
    };
    return out.add('students', record, line, isGone);
  }
  const record = {
    sisId,
    givenName,
    middleName,
    familyName,
    preferredName,
    email,
    username,
    phone,
    sms,
    language,
    role: textOrNull(membership.roleName),
    title: null,
    staffNumber: textOrNull(row.identifier),
    stateId,
    school,
    schools,
    enabled,
  };
  out.add('staff', record, line, isGone);
}

function preferredNameOf({ preferredGivenName, preferredFamilyName }: RosterRow<'users'>): string | null {
  if (preferredGivenName === '') return textOrNull(preferredFamilyName);
  return preferredFamilyName === '' ? preferredGivenName : `${preferredGivenName} ${preferredFamilyName}`;
}
