import type { FileReport } from '../file-report.ts';
import type { RosterRow } from './layout.ts';
import { userRoleOf, type UserRole } from './user-roles.ts';

/** A usable role of a user (1.2). */
export interface HeldRole {
  readonly role: UserRole;
  readonly org: string;
  readonly isPrimary: boolean;
  readonly isGone: boolean;
}

export type RolesById = Map<string, { readonly held: HeldRole[]; readonly line: number; isUsed: boolean }>;

/** What roles and demographics say about users, by user id. */
export interface PersonSides {
  readonly roles: RolesById;
  /** What is missing where a user has no role: `row in roles.csv`. */
  readonly roleWord: string;
  readonly birthDates: { get(sourcedId: string): string | undefined };
}

/** Adds one role to those of its user, a primary one before the others. */
export function addRole(roles: RolesById, row: RosterRow<'roles'>, line: number, report: FileReport): void {
  const role = userRoleOf(row.role);
  const user = row.userSourcedId;
  if (user === '')
    return report.note('missing_id', line, `${report.column('userSourcedId')} is blank; the row was left out`);
  if (role === undefined)
    return report.note('unknown_role', line, `${report.column('role')}: not a role of OneRoster; the row was left out`);
  const isGone = report.isGone(row.status, line);
  const isPrimary = row.roleType.trim().toLowerCase() === 'primary';
  const entry = roles.get(user);
  const held = { role, org: row.orgSourcedId, isPrimary, isGone };
  if (entry === undefined) roles.set(user, { held: [held], line, isUsed: false });
  else if (isPrimary) entry.held.unshift(held);
  else entry.held.push(held);
}
