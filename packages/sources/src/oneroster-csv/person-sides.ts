import type { CsvBatch } from '../csv-scanner.ts';
import { dateOf } from './cells.ts';
import type { FileReport } from '../file-report.ts';
import type { Column } from './layout.ts';
import { userRoleOf, type UserRole } from './user-roles.ts';

/** A usable row of roles.csv (1.2). */
export interface HeldRole {
  readonly role: UserRole;
  readonly org: string;
  readonly isPrimary: boolean;
  readonly isGone: boolean;
}

/** What roles.csv and demographics.csv say about users, by user id. */
export interface PersonSides {
  readonly roles: Map<string, { readonly held: HeldRole[]; readonly line: number; isUsed: boolean }>;
  readonly birthDates: Map<string, string>;
}

type Batches<K extends 'roles' | 'demographics'> = AsyncIterable<CsvBatch<Column<K>>>;

/**
 * Reads roles into memory. The dates of a role are not looked at: a roster is trusted to list the roles that count, and
 * a clock that runs ahead must not end a record.
 */
export async function loadRoles(batches: Batches<'roles'>, report: FileReport): Promise<PersonSides['roles']> {
  const roles: PersonSides['roles'] = new Map();
  for await (const { rows, lines, overlong } of batches) {
    for (const { line } of overlong)
      report.note('ragged_row', line, 'the row has more values than the header has columns; it was left out');
    for (const [i, row] of rows.entries()) {
      const line = lines[i]!;
      const role = userRoleOf(row.role);
      const user = row.userSourcedId;
      if (user === '') report.note('missing_id', line, 'column `userSourcedId` is blank; the row was left out');
      else if (role === undefined)
        report.note('unknown_role', line, 'column `role`: not a role of OneRoster; the row was left out');
      else {
        const isGone = report.isGone(row.status, line);
        const isPrimary = row.roleType.trim().toLowerCase() === 'primary';
        const entry = roles.get(user);
        const held = { role, org: row.orgSourcedId, isPrimary, isGone };
        if (entry === undefined) roles.set(user, { held: [held], line, isUsed: false });
        else if (isPrimary) entry.held.unshift(held);
        else entry.held.push(held);
      }
    }
  }
  return roles;
}

/** Reads birth dates into memory. One that is not a date is lost, not the person. */
export async function loadBirthDates(
  batches: Batches<'demographics'>,
  report: FileReport,
): Promise<PersonSides['birthDates']> {
  const birthDates: PersonSides['birthDates'] = new Map();
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
