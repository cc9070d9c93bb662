import { compositeKey } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';
import { contactId } from '../contact-identity.ts';
import type { CsvRow } from '../csv-scanner.ts';
import { FileReport } from '../file-report.ts';
import { invalidData } from '../invalid-data.ts';
import { textOrNull } from '../oneroster/cells.ts';
import { ownText } from '../own-text.ts';
import { PullOutput } from '../pull-output.ts';
import type { Column } from './columns.ts';
import type { OpenGuardians } from './guardians-source.ts';
import type { StudentIds, StudentKey } from './student-ids.ts';

/** A student has no more guardians than this; of more, the first in the file are kept (connect-settings.md §2.2). */
const MOST_GUARDIANS = 6;

type Row = CsvRow<Column>;

/**
 * The guardians and guardianships of guardians.csv, each row a pair of student and guardian. The students must be known
 * by now. Rows of students who are not among them are left out, which is no fault of the file: it may be that of the
 * whole district. The guardians' ids of each student are kept in memory, at most six (17 MB for 100,000 students with
 * two). Throws `invalid_data` if not one row names a student.
 */
export async function* readGuardians(
  file: OpenGuardians,
  students: StudentIds,
  signal: AbortSignal,
): AsyncGenerator<PullEvent> {
  const key = await studentKeyOf(file, students, signal);
  const out = new PullOutput();
  const report = new FileReport(file.fileName, ['guardians', 'guardianships'], 'full', out, 'student ID');
  const taken = new Map<string, string[]>();
  out.progress(`Reading ${file.fileName}`);
  for (const type of ['guardians', 'guardianships'] as const) out.delivers(type, 'full', file.fileName);
  for await (const { rows, lines, overlong } of file.rows(signal)) {
    for (let i = 0; i < rows.length; i += 1) take(rows[i]!, lines[i]!);
    for (const { row, line } of overlong) report.skipOverlong(line, row['guardian ID']);
    yield* out.take();
  }
  report.finish();
  yield* out.drain();

  function take(row: Row, line: number): void {
    const givenId = row['guardian ID'];
    if (row['student ID'] === '') return report.skipBlank(line, givenId, 'student ID');
    const student = students.find(row['student ID'], key);
    if (student === null)
      return report.note('unknown_student', line, 'the student is not in the roster; the guardian was left out');
    const blank = (['first name', 'last name'] as const).find((column) => row[column] === '');
    if (blank !== undefined && givenId === '') return report.skipBlank(line, '', blank);
    const guardian = givenId === '' ? idFor(row, student) : givenId;
    if (!isAmongFirst(student, guardian)) {
      const what = `a student has more than ${MOST_GUARDIANS} guardians; those that come last in the file were left out`;
      return report.note('too_many_guardians', line, what);
    }
    report.checkId(guardian, line);
    // The guardianship stands even if the guardian's own facts cannot be used.
    if (blank !== undefined) report.skipBlank(line, guardian, blank, ['guardians']);
    else out.add('guardians', guardianOf(row, guardian), line, false);
    const pair = { student, guardian, relationship: null, kind: null, primary: null };
    out.add('guardianships', { sisId: compositeKey(student, guardian), ...pair }, line, false);
  }

  function isAmongFirst(student: string, guardian: string): boolean {
    const known = taken.get(student);
    if (known === undefined) taken.set(ownText(student), [ownText(guardian)]);
    else if (!known.includes(guardian)) {
      if (known.length >= MOST_GUARDIANS) return false;
      known.push(ownText(guardian));
    }
    return true;
  }
}

/**
 * What the file calls students by: the SIS ID, or the student number if more of its rows name a student that way. The
 * file as a whole goes by one of them, because the number of one student may be the ID of another, and that student's
 * data would be shown to the wrong family.
 */
async function studentKeyOf(file: OpenGuardians, students: StudentIds, signal: AbortSignal): Promise<StudentKey> {
  if (!students.isWhole) return 'sisId';
  let count = 0;
  const found = { sisId: 0, studentNumber: 0 };
  for await (const { rows } of file.rows(signal))
    for (const { 'student ID': id } of rows) {
      if (id === '') continue;
      count += 1;
      for (const key of ['sisId', 'studentNumber'] as const) if (students.find(id, key) !== null) found[key] += 1;
    }
  if (count > 0 && found.sisId === 0 && found.studentNumber === 0)
    throw invalidData(
      `${file.fileName}: none of its ${count} rows names a student of the roster, neither by SIS ID nor by student number.`,
      'Nothing was changed. Ask the district which student ID its export writes: it must be the one of the roster, leading zeros included.',
    );
  return found.studentNumber > found.sisId ? 'studentNumber' : 'sisId';
}

const idFor = (row: Row, student: string): string =>
  contactId({
    name: `${row['first name']} ${row['last name']}`,
    email: row['e-mail'],
    phone: row['mobile number'] || row['other phone'],
    student,
  });

const guardianOf = (row: Row, sisId: string) => ({
  sisId,
  givenName: row['first name'],
  middleName: null,
  familyName: row['last name'],
  preferredName: null,
  email: textOrNull(row['e-mail']),
  username: null,
  phone: textOrNull(row['other phone']),
  sms: textOrNull(row['mobile number']),
  language: textOrNull(row.language),
});
