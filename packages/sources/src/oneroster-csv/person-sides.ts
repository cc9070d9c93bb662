import type { CsvBatch } from '../csv-scanner.ts';
import { dateOf } from './cells.ts';
import type { FileReport } from '../file-report.ts';
import type { Column, FileRow } from './layout.ts';
import { userRoleOf, type UserRole } from './user-roles.ts';

/** A usable row of roles.csv (1.2). */
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

type Batches<K extends 'roles' | 'demographics'> = AsyncIterable<CsvBatch<Column<K>>>;

/**
 * Reads roles into memory. The dates of a role are not looked at: a roster is trusted to list the roles that count, and
 * a clock that runs ahead must not end a record.
 */
export async function loadRoles(batches: Batches<'roles'>, report: FileReport): Promise<RolesById> {
  const roles: RolesById = new Map();
  for await (const { rows, lines, overlong } of batches) {
    for (const { line } of overlong)
      report.note('ragged_row', line, 'the row has more values than the header has columns; it was left out');
    for (const [i, row] of rows.entries()) addRole(roles, row, lines[i]!, report);
  }
  return roles;
}

/** Adds one role to those of its user, a primary one before the others. */
export function addRole(roles: RolesById, row: FileRow<'roles'>, line: number, report: FileReport): void {
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

/** Reads birth dates into memory. One that is not a date is lost, not the person. */
export async function loadBirthDates(
  batches: Batches<'demographics'>,
  report: FileReport,
): Promise<ReadonlyMap<string, string>> {
  const birthDates = new Map<string, string>();
  for await (const { rows, lines, overlong } of batches) {
    for (const { line } of overlong)
      report.note('ragged_row', line, 'the row has more values than the header has columns; it was left out');
    for (const [i, row] of rows.entries()) {
      const line = lines[i]!;
      if (row.sourcedId === '') {
        report.note('missing_id', line, 'column `sourcedId` is blank; the row was left out');
        continue;
      }
      if (report.isGone(row.status, line)) continue;
      const birthDate = dateOf(row.birthDate);
      if (birthDate === undefined)
        report.note('bad_birth_date', line, 'column `birthDate`: expected a date as YYYY-MM-DD; it was left empty');
      else if (birthDate !== null) birthDates.set(row.sourcedId, birthDate);
    }
  }
  return birthDates;
}
