import type { Staff, Term } from '@rollbook/core';
import { dayBefore } from './calendar.ts';
import type { CleverFile } from './clever-columns.ts';
import { CLEVER_RELATIONSHIPS, americanDate, cleverGradeOf, cleverSubjectOf } from './clever-words.ts';
import type { District, DistrictClass, DistrictGuardian, DistrictStudent } from './model.ts';

type Cells = Readonly<Record<string, string | null | undefined>>;

const MOST_CONTACTS = 5;
const MOST_CO_TEACHERS = 9;

function* schools({ schools: all, staff }: District): Generator<Cells> {
  for (const school of all) {
    const principal = staff.find((each) => each.school === school.sisId && each.title === 'Principal');
    const grades = school.grades.map(cleverGradeOf);
    yield {
      School_id: school.sisId,
      School_name: school.name,
      School_number: school.number,
      State_id: school.stateId,
      Low_grade: grades[0],
      High_grade: grades.at(-1),
      Principal: principal && `${principal.givenName} ${principal.familyName}`,
      Principal_email: principal?.email,
      School_address: school.address.street,
      School_city: school.address.city,
      School_state: school.address.state,
      School_zip: school.address.zip,
      School_phone: school.phone,
    };
  }
}

/** A student has a row for each contact, and one if there is none. */
function* students(district: District): Generator<Cells> {
  const guardians = new Map(district.guardians.map((each) => [each.sisId, each]));
  const contacts = new Map<string, Cells[]>();
  for (const { student, guardian, relationship } of district.guardianships) {
    const person = guardians.get(guardian);
    if (person === undefined) continue;
    const cells = contactCells(person, relationship);
    const known = contacts.get(student);
    if (known === undefined) contacts.set(student, [cells]);
    else if (known.length < MOST_CONTACTS) known.push(cells);
  }
  for (const student of district.students) {
    const cells = studentCells(student, district.schoolYear);
    for (const contact of contacts.get(student.sisId) ?? [{}]) yield { ...cells, ...contact };
  }
}

function studentCells(student: DistrictStudent, schoolYear: number): Cells {
  const { address, demographics } = student;
  const grade = student.grade ?? '';
  return {
    School_id: student.school,
    Student_id: student.sisId,
    Student_number: student.studentNumber,
    State_id: student.stateId,
    Last_name: student.familyName,
    Middle_name: student.middleName,
    First_name: student.givenName,
    Grade: grade === '' ? '' : cleverGradeOf(grade),
    Gender: { female: 'F', male: 'M', other: 'X', unspecified: '' }[demographics.sex],
    Graduation_year: grade === '' ? '' : String(schoolYear + 12 - (Number(grade) || 0)),
    DOB: americanDate(student.birthDate),
    Hispanic_Latino: demographics.hispanic ? 'Y' : 'N',
    Home_language: student.language,
    Student_street: address.street,
    Student_city: address.city,
    Student_state: address.state,
    Student_zip: address.zip,
    Student_email: student.email,
    Username: student.username,
  };
}

/** A contact has one telephone: the mobile, if there is one. */
function contactCells(guardian: DistrictGuardian, relationship: string | null): Cells {
  return {
    Contact_relationship: CLEVER_RELATIONSHIPS[relationship ?? ''] ?? '',
    Contact_type: 'Parent/Guardian',
    Contact_name: `${guardian.givenName} ${guardian.familyName}`,
    Contact_phone: guardian.sms ?? guardian.phone,
    Contact_phone_type: guardian.sms === null ? (guardian.phone === null ? '' : 'Home') : 'Cell',
    Contact_email: guardian.email,
    Contact_sis_id: guardian.sisId,
  };
}

/** One row for each school; the district's own people stand at all of them, as Clever knows schools only. */
const schoolsOf = ({ org, schools: all }: District, { schools: own }: Staff): readonly string[] =>
  own.includes(org.sisId) ? all.map(({ sisId }) => sisId) : own;

function* teachers(district: District): Generator<Cells> {
  for (const person of district.staff)
    if (person.role === 'teacher')
      for (const school of schoolsOf(district, person))
        yield {
          School_id: school,
          Teacher_id: person.sisId,
          Teacher_number: person.staffNumber,
          State_teacher_id: person.stateId,
          Teacher_email: person.email,
          First_name: person.givenName,
          Middle_name: person.middleName,
          Last_name: person.familyName,
          Title: person.title,
          Username: person.username,
        };
}

function* staff(district: District): Generator<Cells> {
  for (const person of district.staff)
    if (person.role !== 'teacher')
      for (const school of schoolsOf(district, person))
        yield {
          School_id: school,
          Staff_id: person.sisId,
          Staff_email: person.email,
          First_name: person.givenName,
          Last_name: person.familyName,
          Title: person.title,
          Role: person.role,
          Username: person.username,
        };
}

function* sections(district: District): Generator<Cells> {
  const courses = new Map(district.courses.map((course) => [course.sisId, course]));
  const teachersOf = new Map<string, string[]>();
  for (const { class: section, person, role, primary } of district.enrollments) {
    if (role !== 'teacher') continue;
    const known = teachersOf.get(section) ?? [];
    teachersOf.set(section, primary === true ? [person, ...known] : [...known, person]);
  }
  for (const each of district.classes) {
    const [teacher, ...others] = teachersOf.get(each.sisId) ?? [];
    const course = courses.get(each.course ?? '');
    const term = termOf(each, district.terms);
    yield {
      School_id: each.school,
      Section_id: each.sisId,
      Teacher_id: teacher,
      ...Object.fromEntries(others.slice(0, MOST_CO_TEACHERS).map((id, index) => [`Teacher_${index + 2}_id`, id])),
      Name: each.title,
      Section_number: each.code,
      Grade: each.grades[0] === undefined ? '' : cleverGradeOf(each.grades[0]),
      Course_name: course?.title,
      Course_number: course?.code,
      Period: each.periods[0],
      Subject: cleverSubjectOf(each),
      Term_name: term?.title,
      Term_start: term?.startDate,
      Term_end: term && term.endDate !== null ? dayBefore(term.endDate) : '',
    };
  }
}

/** A section has one term: for a class that meets in several, the one above them. Its last day is a day of it. */
function termOf(each: DistrictClass, terms: readonly Term[]): Term | undefined {
  const own = terms.filter((term) => each.terms.includes(term.sisId));
  return own.length > 1 ? terms.find((term) => term.sisId === own[0]?.parent) : own[0];
}

const ROWS: Readonly<Record<CleverFile, (district: District) => Iterable<Cells>>> = {
  schools,
  students,
  teachers,
  staff,
  sections,
  enrollments: ({ enrollments }) =>
    enrollments
      .filter(({ role }) => role === 'student')
      .map((each) => ({ School_id: each.school, Section_id: each.class, Student_id: each.person })),
};

/** The data rows of one file, without the header, in the given columns. */
export function* cleverRows(district: District, file: CleverFile, columns: readonly string[]): Generator<string[]> {
  for (const cells of ROWS[file](district)) yield columns.map((column) => cells[column] ?? '');
}
