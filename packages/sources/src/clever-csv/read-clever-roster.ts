import type { PullEvent } from '@rollbook/pipeline';
import type { CsvRow } from '../csv-scanner.ts';
import type { Sheet } from '../csv-sheet.ts';
import { FileReport, type RecordTypes } from '../file-report.ts';
import { PullOutput } from '../pull-output.ts';
import type { RosterSettings } from '../roster-settings.ts';
import type { FileSet } from '../source-file.ts';
import { openClever } from './delivered-files.ts';
import { takeEnrollment, takeSchool } from './plain-rows.ts';
import { SectionIndex } from './section-index.ts';
import { takeSection, takeTeachers } from './section-rows.ts';
import { StaffRoom } from './staff-room.ts';
import { StudentSchools, StudentsTaken, takeStudent } from './student-rows.ts';

export interface ReadOptions {
  readonly settings: RosterSettings;
  readonly signal: AbortSignal;
}

/**
 * Reads a delivery of Clever CSV files: schools, terms, courses, classes, students with their contacts, staff,
 * enrollments. Sections and enrollments are read more than once, for what other files need of them; what is kept in
 * memory are the sections, the staff, and of each student the id, the schools and the number of contacts (25 MB for
 * 100,000 students). Throws `invalid_data` for what cannot be trusted (guard §18); rows that cannot be used are events
 * (guard §20).
 */
export async function* readCleverRoster(set: FileSet, { settings, signal }: ReadOptions): AsyncGenerator<PullEvent> {
  const { revision, sheets, warnings } = await openClever(set, settings, signal);
  yield { kind: 'revision', revision };
  for (const warning of warnings) yield { kind: 'warning', warning };
  const out = new PullOutput('first');

  out.delivers('schools', 'full', sheets.schools.fileName);
  yield* readSheet(sheets.schools, ['schools'], 'School_id', takeSchool);

  const sections = await SectionIndex.read(sheets.sections, signal);
  yield* sections.deliver(out, sheets.sections.fileName);
  out.delivers('classes', 'full', sheets.sections.fileName);
  yield* readSheet(sheets.sections, ['classes'], 'Section_id', takeSection);

  out.progress(`Reading ${sheets.enrollments.fileName}`);
  yield* out.take();
  const schools = await StudentSchools.read(sheets.enrollments, sections, signal);
  const taken = new StudentsTaken();
  const { fileName, present } = sheets.students;
  out.delivers('students', 'full', fileName);
  // A file without contacts says nothing about guardians.
  const withContacts = settings.manageGuardians && present.has('Contact_name');
  if (withContacts) for (const type of ['guardians', 'guardianships'] as const) out.delivers(type, 'full', fileName);
  yield* readSheet(sheets.students, ['students'], 'Student_id', (row, line, context) =>
    takeStudent(row, line, { ...context, settings, withContacts, schools, taken }),
  );

  const staff = new StaffRoom(sections);
  out.delivers('staff', 'full', sheets.teachers.fileName);
  yield* readSheet(sheets.teachers, ['staff'], 'Teacher_id', (row, line, { report }) =>
    staff.takeTeacher(row, line, report),
  );
  if (sheets.staff !== undefined)
    yield* readSheet(sheets.staff, ['staff'], 'Staff_id', (row, line, { report }) =>
      staff.takeStaff(row, line, report),
    );
  yield* staff.deliver(out, sheets.teachers.fileName, sheets.staff?.fileName);

  out.delivers('enrollments', 'full', sheets.enrollments.fileName);
  out.continueWith('enrollments', sheets.sections.fileName);
  for await (const { rows, lines } of sheets.sections.rows(signal)) {
    for (let i = 0; i < rows.length; i += 1) takeTeachers(rows[i]!, lines[i]!, out);
    yield* out.take();
  }
  out.continueWith('enrollments', sheets.enrollments.fileName);
  yield* readSheet(sheets.enrollments, ['enrollments'], 'Student_id', (row, line, context) =>
    takeEnrollment(row, line, { ...context, sections }),
  );

  async function* readSheet<C extends string>(
    sheet: Sheet<C>,
    types: RecordTypes,
    idColumn: NoInfer<C>,
    take: (row: CsvRow<C>, line: number, context: RowContext) => void,
  ): AsyncGenerator<PullEvent> {
    const report = new FileReport(sheet.fileName, types, 'full', out, idColumn);
    out.progress(`Reading ${sheet.fileName}`);
    for await (const { rows, lines, overlong } of sheet.rows(signal)) {
      for (let i = 0; i < rows.length; i += 1) take(rows[i]!, lines[i]!, { report, out });
      // An enrollment has no id of its own.
      for (const { row, line } of overlong) report.skipOverlong(line, types[0] === 'enrollments' ? '' : row[idColumn]);
      yield* out.take();
    }
    report.finish();
    yield* out.drain();
  }
}

/** What the rows of one file become. */
export interface RowContext {
  readonly report: FileReport;
  readonly out: PullOutput;
}
