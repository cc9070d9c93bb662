import type { Staff } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';
import type { FileReport } from '../file-report.ts';
import { textOrNull } from '../oneroster/cells.ts';
import type { PullOutput } from '../pull-output.ts';
import type { FileRow } from './layout.ts';
import type { SectionIndex } from './section-index.ts';

interface Member {
  readonly record: Staff;
  readonly line: number;
  readonly isTeacher: boolean;
}

/**
 * Everybody of teachers.csv and staff.csv. A row repeated with another School_id is someone at several schools, and so
 * is a teacher of a section elsewhere. Someone in both files, known by e-mail, is one member under the teacher's id, as
 * it is one user in Clever. Small next to the students, so it is kept in memory.
 */
export class StaffRoom {
  readonly #sections: SectionIndex;
  readonly #members = new Map<string, Member>();
  readonly #teachersByEmail = new Map<string, Member>();

  constructor(sections: SectionIndex) {
    this.#sections = sections;
  }

  takeTeacher(row: FileRow<'teachers'>, line: number, report: FileReport): void {
    const sisId = row.Teacher_id;
    const blank = blankOf(row, ['Teacher_id', 'First_name', 'Last_name', 'School_id']);
    if (blank !== undefined) return report.skipBlank(line, sisId, blank);
    report.checkId(sisId, line);
    const member = this.#join(
      {
        ...person(row),
        sisId,
        middleName: textOrNull(row.Middle_name),
        email: textOrNull(row.Teacher_email),
        role: 'teacher',
        staffNumber: textOrNull(row.Teacher_number),
        stateId: textOrNull(row.State_teacher_id),
      },
      line,
      true,
      report,
    );
    const email = emailKey(member.record);
    if (email !== '' && !this.#teachersByEmail.has(email)) this.#teachersByEmail.set(email, member);
  }

  takeStaff(row: FileRow<'staff'>, line: number, report: FileReport): void {
    const sisId = row.Staff_id;
    const blank = blankOf(row, ['Staff_id', 'First_name', 'Last_name', 'School_id']);
    if (blank !== undefined) return report.skipBlank(line, sisId, blank);
    report.checkId(sisId, line);
    const record: Staff = {
      ...person(row),
      sisId,
      middleName: null,
      email: textOrNull(row.Staff_email),
      role: textOrNull(row.Role.trim()),
      staffNumber: null,
      stateId: null,
    };
    const email = emailKey(record);
    const teacher = this.#teachersByEmail.get(email) ?? this.#teacherOfSameId(record);
    if (teacher !== undefined) {
      addSchool(teacher.record, row.School_id);
      teacher.record.title ??= record.title;
      teacher.record.username ??= record.username;
      return;
    }
    if (this.#members.get(sisId)?.isTeacher === true)
      return report.skip(
        line,
        sisId,
        'repeated_id',
        `the id "${sisId}" is that of a teacher with another e-mail; the row was skipped.`,
      );
    this.#join(record, line, false, report);
  }

  *deliver(out: PullOutput, teachersFile: string, staffFile: string | undefined): Generator<PullEvent> {
    for (const isTeacher of [true, false]) {
      out.continueWith('staff', isTeacher ? teachersFile : (staffFile ?? teachersFile));
      for (const member of this.#members.values())
        if (member.isTeacher === isTeacher) {
          const { record, line } = member;
          if (isTeacher) for (const school of this.#sections.schoolsOfTeacher(record.sisId)) addSchool(record, school);
          out.add('staff', record, line, false);
        }
      yield* out.drain();
    }
  }

  /** Two people may have one id in two files; without an e-mail in both nothing says that they are two. */
  #teacherOfSameId(staff: Staff): Member | undefined {
    const member = this.#members.get(staff.sisId);
    if (member?.isTeacher !== true) return undefined;
    const emails = [emailKey(member.record), emailKey(staff)];
    return emails.includes('') ? member : undefined;
  }

  /** The first row of an id says who it is; further ones add their school. */
  #join(record: Staff, line: number, isTeacher: boolean, report: FileReport): Member {
    const known = this.#members.get(record.sisId);
    if (known === undefined) {
      const member = { record, line, isTeacher };
      this.#members.set(record.sisId, member);
      return member;
    }
    const isSame = SAME.every((field) => known.record[field] === record[field]);
    if (!isSame)
      report.note('repeated_id', line, `the id "${record.sisId}" stands above with other values, which were kept`);
    else if (known.record.schools.includes(record.schools[0] ?? ''))
      report.note('repeated_row', line, 'the row stands above already, with the same school; it was left out');
    addSchool(known.record, record.schools[0] ?? '');
    return known;
  }
}

const SAME = ['givenName', 'middleName', 'familyName', 'email', 'username', 'title', 'role'] as const;

function addSchool(record: Staff, school: string): void {
  if (!record.schools.includes(school)) record.schools.push(school);
}

const emailKey = ({ email }: Staff): string => email?.trim().toLowerCase() ?? '';

const blankOf = <C extends string>(row: Readonly<Record<C, string>>, columns: readonly C[]): C | undefined =>
  columns.find((column) => row[column] === '');

type PersonCells = Pick<FileRow<'staff'>, 'First_name' | 'Last_name' | 'Title' | 'Username' | 'School_id'>;

/** What both files have of a person. */
function person(row: PersonCells) {
  return {
    givenName: row.First_name,
    familyName: row.Last_name,
    preferredName: null,
    username: textOrNull(row.Username),
    phone: null,
    sms: null,
    language: null,
    title: textOrNull(row.Title),
    school: row.School_id,
    schools: [row.School_id],
    enabled: null,
  };
}
