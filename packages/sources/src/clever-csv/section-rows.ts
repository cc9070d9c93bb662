import { gradeOf } from '../clever-grade.ts';
import { textOrNull } from '../oneroster/cells.ts';
import type { PullOutput } from '../pull-output.ts';
import type { FileRow } from './layout.ts';
import { enrollmentOf } from './plain-rows.ts';
import type { RowContext } from './read-clever-roster.ts';
import { courseOf, teachersOf, termOf } from './section-index.ts';

/** A section as a class. */
export function takeSection(row: FileRow<'sections'>, line: number, { report, out }: RowContext): void {
  const sisId = row.Section_id;
  if (sisId === '') return report.skipBlank(line, sisId, 'Section_id');
  if (row.School_id === '') return report.skipBlank(line, sisId, 'School_id');
  report.checkId(sisId, line);
  const term = termOf(row);
  if (term === undefined)
    report.note(
      'bad_term_date',
      line,
      'columns `Term_start` and `Term_end`: expected dates as M/D/YYYY or YYYY-MM-DD; the class was left without a term',
    );
  const grade = gradeOf(row.Grade);
  const record = {
    sisId,
    title: titleOf(row),
    code: textOrNull(row.Section_number),
    kind: null,
    school: row.School_id,
    course: courseOf(row)?.sisId ?? null,
    terms: term ? [term.sisId] : [],
    grades: grade === null ? [] : [grade],
    subjects: row.Subject === '' ? [] : [row.Subject],
    periods: row.Period === '' ? [] : [row.Period],
    location: null,
  };
  out.add('classes', record, line, false);
}

/** Clever makes up a name for sections without one, of the course and what tells its sections apart. */
function titleOf(row: FileRow<'sections'>): string {
  if (row.Name !== '') return row.Name;
  const parts = [row.Course_name === '' ? row.Course_number : row.Course_name, row.Section_number];
  return parts.filter((part) => part !== '').join(' - ') || row.Section_id;
}

/** The enrollments of a section's teachers; the first is the primary one. They are there even if the section has no school. */
export function takeTeachers(row: FileRow<'sections'>, line: number, out: PullOutput): void {
  const section = row.Section_id;
  const school = textOrNull(row.School_id);
  if (section === '') return;
  for (const teacher of teachersOf(row)) {
    const primary = teacher === row.Teacher_id;
    out.add('enrollments', enrollmentOf(section, teacher, 'teacher', primary, school), line, false);
  }
}
