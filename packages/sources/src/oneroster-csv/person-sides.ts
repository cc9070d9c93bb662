import type { CsvBatch } from '../csv-scanner.ts';
import type { FileReport } from '../file-report.ts';
import { dateOf } from '../oneroster/cells.ts';
import { addRole, type RolesById } from '../oneroster/held-roles.ts';
import type { Column } from '../oneroster/layout.ts';

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
