import { compositeKey, type RecordType, type RosterRecords } from '@rollbook/core';
import { cleverId, type District } from '@rollbook/sandbox';

type Roster = { readonly [T in Exclude<RecordType, never>]: RosterRecords[T][] };

const school = (sisId: string): string => cleverId('school', sisId);
const user = (sisId: string): string => cleverId('user', sisId);
const SUBJECTS: Readonly<Record<string, string>> = {
  English: 'english/language arts',
  Mathematics: 'math',
  Science: 'science',
  'Social Studies': 'social studies',
  'World Languages': 'language',
  Advisory: 'homeroom/advisory',
  'Computer Science': 'technology and engineering',
  'Physical Education': 'PE and health',
  Art: 'arts and music',
  Music: 'arts and music',
};
const RELATIONSHIPS: Readonly<Record<string, string>> = { Mother: 'Parent', Father: 'Parent' };

/**
 * The roster that Clever shows of a district, in ascending order of ids: the district's own, field by field, where Clever
 * has the field. A class of both semesters has the year for its term, and only those terms and courses are there.
 */
export function expectedRoster(district: District): Roster {
  const yearOf = district.terms.find(({ kind }) => kind === 'schoolYear')?.sisId ?? '';
  const termOf = (terms: readonly string[]): string => (terms.length > 1 ? yearOf : (terms[0] ?? ''));
  const usedTerms = new Set(district.classes.map(({ terms }) => termOf(terms)));
  const usedCourses = new Set(district.classes.map(({ course }) => course));
  const parents = district.guardianships.filter(({ relationship }) => RELATIONSHIPS[relationship ?? ''] !== undefined);
  const parentIds = new Set(parents.map(({ guardian }) => guardian));
  const person = { preferredName: null, language: null, phone: null, sms: null };
  return inOrder({
    schools: district.schools.map(({ sisId, name, number, stateId, ncesId }) => ({
      sisId: school(sisId),
      name,
      number,
      stateId,
      ncesId,
      kind: 'school',
      parent: null,
    })),
    terms: district.terms
      .filter(({ sisId }) => usedTerms.has(sisId))
      .map(({ sisId, title, startDate, endDate }) => ({
        sisId: cleverId('term', sisId),
        title,
        kind: null,
        startDate,
        endDate,
        schoolYear: null,
        parent: null,
      })),
    courses: district.courses
      .filter(({ sisId }) => usedCourses.has(sisId))
      .map(({ sisId, title, code }) => ({
        sisId: cleverId('course', sisId),
        title,
        code,
        school: null,
        grades: [],
        subjects: [],
      })),
    classes: district.classes.map((each) => ({
      sisId: cleverId('section', each.sisId),
      title: each.title,
      code: each.code,
      kind: null,
      school: school(each.school ?? ''),
      course: cleverId('course', each.course ?? ''),
      terms: [cleverId('term', termOf(each.terms))],
      grades: each.grades,
      subjects: [each.kind === 'homeroom' ? 'homeroom/advisory' : (SUBJECTS[each.subjects[0] ?? ''] ?? 'other')],
      periods: each.periods,
      location: null,
    })),
    students: district.students.map((each) => ({
      ...person,
      sisId: user(each.sisId),
      givenName: each.givenName,
      middleName: each.middleName,
      familyName: each.familyName,
      preferredName: each.preferredName,
      email: each.email,
      username: each.username,
      language: each.language,
      grade: each.grade,
      studentNumber: each.studentNumber,
      stateId: each.stateId,
      birthDate: each.birthDate,
      school: school(each.school ?? ''),
      schools: each.schools.map(school),
      enabled: null,
    })),
    staff: district.staff.map((each) => {
      const isLeader = each.school === district.org.sisId;
      const isTeacher = each.role === 'teacher';
      return {
        ...person,
        sisId: user(each.sisId),
        givenName: each.givenName,
        middleName: each.middleName,
        familyName: each.familyName,
        email: each.email,
        username: isLeader ? null : each.username,
        role: each.role,
        title: each.title,
        staffNumber: isTeacher ? each.staffNumber : isLeader ? null : each.sisId,
        stateId: isTeacher ? each.stateId : null,
        school: isLeader ? null : school(each.school ?? ''),
        schools: isLeader ? [] : each.schools.map(school),
        enabled: null,
      };
    }),
    guardians: district.guardians
      .filter(({ sisId }) => parentIds.has(sisId))
      .map((each) => ({
        ...person,
        sisId: user(each.sisId),
        givenName: each.givenName,
        middleName: each.middleName,
        familyName: each.familyName,
        email: each.email,
        username: null,
        sms: each.sms,
      })),
    guardianships: parents.map((each) => ({
      sisId: compositeKey(user(each.student), user(each.guardian)),
      student: user(each.student),
      guardian: user(each.guardian),
      relationship: 'Parent',
      kind: 'parent/guardian',
      primary: null,
    })),
    enrollments: district.enrollments.map((each) => ({
      sisId: compositeKey(cleverId('section', each.class), user(each.person), each.role),
      class: cleverId('section', each.class),
      person: user(each.person),
      role: each.role,
      primary: each.role === 'teacher' ? each.primary : null,
      beginDate: null,
      endDate: null,
      school: school(each.school ?? ''),
    })),
  });
}

/** Each list by id, as two lists are the same roster in any order. */
export function inOrder<R extends Readonly<Record<string, readonly { readonly sisId: string }[]>>>(roster: R): R {
  return Object.fromEntries(
    Object.entries(roster).map(([type, records]) => [
      type,
      [...records].sort((one, other) => (one.sisId < other.sisId ? -1 : 1)),
    ]),
  ) as unknown as R;
}
