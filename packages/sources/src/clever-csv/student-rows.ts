import { cleverDateOf } from '../clever-date.ts';
import { gradeOf } from '../clever-grade.ts';
import type { Sheet } from '../csv-sheet.ts';
import { textOrNull } from '../oneroster/cells.ts';
import { ownText } from '../own-text.ts';
import type { RosterSettings } from '../roster-settings.ts';
import { takeContact } from './contact-rows.ts';
import type { Column, FileRow } from './layout.ts';
import type { RowContext } from './read-clever-roster.ts';
import type { SectionIndex } from './section-index.ts';

/** The schools of the sections that students are enrolled in. Lists are shared: nearly all name one and the same. */
export class StudentSchools {
  readonly #schools = new Map<string, readonly string[]>();
  readonly #lists = new Map<string, readonly string[]>();

  static async read(
    sheet: Sheet<Column<'enrollments'>>,
    sections: SectionIndex,
    signal: AbortSignal,
  ): Promise<StudentSchools> {
    const schools = new StudentSchools();
    for await (const { rows } of sheet.rows(signal))
      for (const { Student_id: student, Section_id: section } of rows) {
        const school = sections.schoolOf(section);
        if (student !== '' && school !== undefined) schools.#add(student, school);
      }
    return schools;
  }

  of(student: string): readonly string[] {
    return this.#schools.get(student) ?? [];
  }

  #add(student: string, school: string): void {
    const known = this.#schools.get(student);
    if (known === undefined) this.#schools.set(ownText(student), this.#shared([school]));
    else if (!known.includes(school)) this.#schools.set(student, this.#shared([...known, school]));
  }

  #shared(list: readonly string[]): readonly string[] {
    const key = JSON.stringify(list);
    const known = this.#lists.get(key) ?? list;
    this.#lists.set(key, known);
    return known;
  }
}

/** The students that have been given out: at which schools, and how many contacts of each. */
export class StudentsTaken {
  readonly #contacts = new Map<string, number>();
  readonly #schools = new Map<string, string>();
  readonly #furtherSchools = new Map<string, string[]>();
  /** Schools are few: each is kept once. */
  readonly #names = new Map<string, string>();

  has(student: string): boolean {
    return this.#contacts.has(student);
  }

  isAt(student: string, school: string): boolean {
    return this.#schools.get(student) === school || this.#furtherSchools.get(student)?.includes(school) === true;
  }

  add(student: string, school: string): void {
    const name = this.#names.get(school) ?? ownText(school);
    this.#names.set(name, name);
    const further = this.#furtherSchools.get(student);
    if (further !== undefined) further.push(name);
    else if (this.has(student)) this.#furtherSchools.set(student, [name]);
    else {
      const own = ownText(student);
      this.#contacts.set(own, 0);
      this.#schools.set(own, name);
    }
  }

  contactsOf(student: string): number {
    return this.#contacts.get(student) ?? 0;
  }

  addContact(student: string): void {
    if (this.has(student)) this.#contacts.set(student, this.contactsOf(student) + 1);
  }
}

export interface StudentContext extends RowContext {
  readonly settings: RosterSettings;
  readonly withContacts: boolean;
  readonly schools: StudentSchools;
  readonly taken: StudentsTaken;
}

/** More rows of one student than this are not read as contacts (clever.md §5). */
const MOST_CONTACTS = 5;

/**
 * One row of students.csv. The student is taken from the first row of an id that can be used; further rows of it,
 * wherever they stand, are there for their contacts, or say of which other school somebody is (guard §38).
 */
export function takeStudent(row: FileRow<'students'>, line: number, context: StudentContext): void {
  const { report, taken } = context;
  const sisId = row.Student_id;
  if (sisId === '') return report.skipBlank(line, sisId, 'Student_id');
  const isFurther = taken.has(sisId);
  const isNew = !isFurther || (row.School_id !== '' && !taken.isAt(sisId, row.School_id));
  if (isNew && addStudent(row, line, context)) taken.add(sisId, row.School_id);
  if (!hasContact(row)) {
    if (!isNew)
      report.note(
        'repeated_row',
        line,
        'the student stands in a row above, and this row names no contact; it was left out',
      );
    return;
  }
  if (!context.withContacts) return;
  if (taken.contactsOf(sisId) >= MOST_CONTACTS)
    return report.note(
      'too_many_contacts',
      line,
      `a student has more than ${MOST_CONTACTS} contacts; the rest was left out`,
    );
  taken.addContact(sisId);
  takeContact(row, line, context);
}

const hasContact = (row: FileRow<'students'>): boolean =>
  row.Contact_name !== '' || row.Contact_sis_id !== '' || row.Contact_email !== '' || row.Contact_phone !== '';

function addStudent(row: FileRow<'students'>, line: number, context: StudentContext): boolean {
  const { report, out, settings, schools } = context;
  const sisId = row.Student_id;
  for (const column of ['First_name', 'Last_name', 'School_id'] as const)
    if (row[column] === '') {
      report.skipBlank(line, sisId, column);
      return false;
    }
  report.checkId(sisId, line);
  const birthDate = cleverDateOf(row.DOB);
  if (birthDate === undefined)
    report.note('bad_birth_date', line, 'column `DOB`: expected a date as M/D/YYYY or YYYY-MM-DD; it was left empty');
  const school = row.School_id;
  const record = {
    sisId,
    givenName: row.First_name,
    middleName: textOrNull(row.Middle_name),
    familyName: row.Last_name,
    preferredName: null,
    email: textOrNull(row.Student_email),
    username: textOrNull(row.Username),
    phone: null,
    sms: null,
    language: textOrNull(row.Home_language),
    grade: gradeOf(row.Grade),
    studentNumber: settings.studentIdSource === 'student_id' ? sisId : textOrNull(row.Student_number),
    stateId: textOrNull(row.State_id),
    birthDate: birthDate ?? null,
    school,
    schools: [school, ...schools.of(sisId).filter((other) => other !== school)],
    enabled: null,
  };
  out.add('students', record, line, false);
  return true;
}
