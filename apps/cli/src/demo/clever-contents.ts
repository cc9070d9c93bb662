import { compositeKey } from '@rollbook/core';
import { CLEVER_RELATIONSHIPS, cleverId, type District } from '@rollbook/sandbox';
import { contentsOf, forEachType, type Contents } from './contents.ts';

/**
 * The records that Clever shows of a pretend district: under Clever's ids, with only the contacts who are parents, and
 * with the terms and courses that a section names. A section has one term: of classes that meet all year, the year.
 */
export function cleverContentsOf(district: District): Contents {
  const own = contentsOf(district);
  const year = district.terms.find(({ kind }) => kind === 'schoolYear')?.sisId ?? '';
  const terms = new Set(district.classes.map((each) => (each.terms.length > 1 ? year : (each.terms[0] ?? ''))));
  const courses = new Set(district.classes.map(({ course }) => course));
  const guardianships = district.guardianships.filter(
    ({ relationship }) => CLEVER_RELATIONSHIPS[relationship ?? ''] === 'Parent',
  );
  const guardians = new Set(guardianships.map(({ guardian }) => guardian));
  const user = (sisId: string): string => cleverId('user', sisId);
  const ids: Readonly<Record<keyof Contents, readonly string[]>> = {
    schools: [...own.schools.keys()].map((sisId) => cleverId('school', sisId)),
    terms: [...terms].map((sisId) => cleverId('term', sisId)),
    courses: [...own.courses.keys()].filter((sisId) => courses.has(sisId)).map((sisId) => cleverId('course', sisId)),
    classes: [...own.classes.keys()].map((sisId) => cleverId('section', sisId)),
    students: [...own.students.keys()].map(user),
    staff: [...own.staff.keys()].map(user),
    guardians: [...guardians].map(user),
    guardianships: guardianships.map((each) => compositeKey(user(each.student), user(each.guardian))),
    enrollments: district.enrollments.map((each) =>
      compositeKey(cleverId('section', each.class), user(each.person), each.role),
    ),
  };
  return forEachType((type) => new Map(ids[type].map((sisId) => [sisId, { sisId }])));
}
