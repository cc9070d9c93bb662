import { compositeKey } from '@rollbook/core';
import { textOrNull } from '../oneroster/cells.ts';
import type { FileRow } from './layout.ts';
import type { RowContext } from './read-clever-roster.ts';
import type { SectionIndex } from './section-index.ts';

export function takeSchool(row: FileRow<'schools'>, line: number, { report, out }: RowContext): void {
  const sisId = row.School_id;
  if (sisId === '') return report.skipBlank(line, sisId, 'School_id');
  if (row.School_name === '') return report.skipBlank(line, sisId, 'School_name');
  report.checkId(sisId, line);
  const record = {
    sisId,
    name: row.School_name,
    number: textOrNull(row.School_number),
    stateId: textOrNull(row.State_id),
    ncesId: null,
    kind: 'school',
    parent: null,
  };
  out.add('schools', record, line, false);
}

/** A student's enrollment. It has no id and is known by class, person and role; its school is that of the section. */
export function takeEnrollment(
  row: FileRow<'enrollments'>,
  line: number,
  { report, out, sections }: RowContext & { readonly sections: SectionIndex },
): void {
  const { Section_id: section, Student_id: student } = row;
  for (const column of ['Section_id', 'Student_id'] as const)
    if (row[column] === '')
      return report.skip(line, '', 'missing_value', `column \`${column}\` is blank; the row was skipped.`);
  out.add(
    'enrollments',
    enrollmentOf(section, student, 'student', null, sections.schoolOf(section) ?? null),
    line,
    false,
  );
}

export const enrollmentOf = (
  section: string,
  person: string,
  role: 'student' | 'teacher',
  primary: boolean | null,
  school: string | null,
) => ({
  sisId: compositeKey(section, person, role),
  class: section,
  person,
  role,
  primary,
  beginDate: null,
  endDate: null,
  school,
});
