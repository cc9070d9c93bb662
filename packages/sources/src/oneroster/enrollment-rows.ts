import { compositeKey } from '@rollbook/core';
import { dateOf, flagOf } from './cells.ts';
import type { RosterRow } from './layout.ts';
import type { RowContext } from './structure-rows.ts';
import { EXPECTED_ENROLLMENT_ROLES, enrollmentRoleOf } from './user-roles.ts';

/** An enrollment without an id of its own is known by class, person and role. */
export function takeEnrollment(
  row: RosterRow<'enrollments'>,
  line: number,
  { report, out, organisations }: RowContext,
): void {
  const { classSourcedId, userSourcedId } = row;
  const role = enrollmentRoleOf(row.role);
  const hasParts = classSourcedId !== '' && userSourcedId !== '' && role !== undefined;
  const sisId = row.sourcedId !== '' || !hasParts ? row.sourcedId : compositeKey(classSourcedId, userSourcedId, role);
  const gone = report.isGone(row.status, line);
  const beginDate = dateOf(row.beginDate);
  const endDate = dateOf(row.endDate);
  if (!gone) {
    if (classSourcedId === '') return report.skipBlank(line, sisId, 'classSourcedId');
    if (userSourcedId === '') return report.skipBlank(line, sisId, 'userSourcedId');
    if (role === undefined)
      return report.skip(
        line,
        sisId,
        'unknown_role',
        `${report.column('role')}: expected one of ${EXPECTED_ENROLLMENT_ROLES}; the row was skipped.`,
      );
    if (beginDate === undefined) return report.skipBadDate(line, sisId, 'beginDate');
    if (endDate === undefined) return report.skipBadDate(line, sisId, 'endDate');
  }
  if (sisId === '') return report.skipBlank(line, sisId, 'sourcedId');
  report.checkId(sisId, line);
  const primary = flagOf(row.primary);
  if (primary === undefined)
    report.note('bad_flag', line, `${report.column('primary')}: expected true or false; it was left empty`);
  const record = {
    sisId,
    class: classSourcedId,
    person: userSourcedId,
    role: role ?? '',
    primary: primary ?? null,
    beginDate: beginDate ?? null,
    endDate: endDate ?? null,
    school: row.schoolSourcedId === '' ? null : organisations.schoolOf(row.schoolSourcedId),
  };
  out.add('enrollments', record, line, gone);
}
