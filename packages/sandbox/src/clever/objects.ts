import type { District, DistrictClass, DistrictSchool } from '../model.ts';
import { createdAt, objectId } from './object-id.ts';
import type { Collection, CleverSwitches, Role } from './switches.ts';
import { contactObject, guardianshipsByGuardian, staffObjects, studentObject, userId } from './user-objects.ts';
import { visibleOf, type Visible } from './visible.ts';
import * as words from './words.ts';

export type CleverObject = { readonly id: string; readonly roles?: Partial<Record<Role, object>> } & Readonly<
  Record<string, unknown>
>;

export type ApiVersion = 'v3.0' | 'v3.1';

export interface ObjectContext {
  readonly districtId: string;
  readonly version: ApiVersion;
  /** ISO 8601. */
  readonly lastSync: string;
  readonly switches: CleverSwitches;
}

/** Every object that the district shares, by collection, in ascending order of ids. */
export type CleverObjects = Readonly<Record<Exclude<Collection, 'districts'>, readonly CleverObject[]>>;

/** What Clever makes of a district (clever.md §3). Values that are not there are shown as the switch `absent` says. */
export function objectsOf(district: District, context: ObjectContext): CleverObjects {
  const visible = visibleOf(district, context.switches);
  const sections = visible.classes.map((each) => sectionObject(each, visible, district, context));
  const users = [
    ...visible.students.map((each) => studentObject(each, context)),
    ...visible.staff.flatMap((each) => staffObjects(each, context, district.org.sisId)),
    ...contactObjects(visible, context),
  ];
  const { empty } = context.switches;
  const finish = (collection: Collection, objects: readonly CleverObject[]): CleverObject[] =>
    empty.includes(collection)
      ? []
      : objects
          .map((object) => withAbsent(object, context.switches.absent) as CleverObject)
          .sort((one, other) => (one.id < other.id ? -1 : 1));
  return {
    schools: finish(
      'schools',
      visible.schools.map((each) => schoolObject(each, context)),
    ),
    users: finish('users', withoutRoles(users, empty)),
    sections: finish('sections', sections),
    courses: finish('courses', courseObjects(district, sections, context)),
    terms: finish('terms', termObjects(district, sections, context)),
    resources: [],
  };
}

/** The users without these roles; who has no other is gone. */
export function withoutRoles(users: readonly CleverObject[], gone: readonly string[]): CleverObject[] {
  if (gone.length === 0) return [...users];
  return users.flatMap((user) => {
    const roles = Object.entries(user.roles ?? {}).filter(([role]) => !gone.includes(role));
    return roles.length === 0 ? [] : [{ ...user, roles: Object.fromEntries(roles) }];
  });
}

function* contactObjects(visible: Visible, context: ObjectContext): Generator<CleverObject> {
  const byGuardian = guardianshipsByGuardian(visible.guardianships);
  for (const guardian of visible.guardians)
    yield contactObject(guardian, byGuardian.get(guardian.sisId) ?? [], context);
}

function schoolObject(school: DistrictSchool, { districtId, lastSync }: ObjectContext): CleverObject {
  const id = objectId('school', school.sisId);
  const { street, city, state, zip } = school.address;
  return {
    created: createdAt(id),
    district: districtId,
    high_grade: words.gradeWord(school.grades.at(-1) ?? ''),
    last_modified: lastSync,
    location: { address: street, city, state, zip },
    low_grade: words.gradeWord(school.grades[0] ?? ''),
    mdr_number: undefined,
    name: school.name,
    nces_id: school.ncesId ?? undefined,
    phone: school.phone,
    principal: {},
    school_number: school.number ?? '',
    sis_id: school.sisId,
    state_id: school.stateId ?? undefined,
    id,
    ext: {},
  };
}

/** The one term of a section: of a class that meets in several, the one that holds them all. */
function termOf(each: DistrictClass, district: District): string | undefined {
  if (each.terms.length < 2) return each.terms[0];
  const parents = new Set(district.terms.filter(({ sisId }) => each.terms.includes(sisId)).map(({ parent }) => parent));
  return parents.size === 1 ? ([...parents][0] ?? each.terms[0]) : each.terms[0];
}

function sectionObject(
  each: DistrictClass,
  visible: Visible,
  district: District,
  { districtId, lastSync, version, switches }: ObjectContext,
): CleverObject {
  const id = objectId('section', each.sisId);
  const { teachers = [], students = [] } = visible.members.get(each.sisId) ?? {};
  const term = switches.withoutTerm.includes(each.sisId) ? undefined : termOf(each, district);
  const course = switches.withoutCourse.includes(each.sisId) ? null : each.course;
  return {
    course: course === null ? undefined : objectId('course', course, switches.madeAnew),
    created: createdAt(id),
    district: districtId,
    grade: each.grades[0] === undefined ? '' : words.gradeWord(each.grades[0]),
    last_modified: lastSync,
    name: switches.composedNames ? composedName(each, teachers[0], district) : each.title,
    period: each.periods[0] ?? '',
    school: objectId('school', each.school ?? ''),
    section_number: each.code ?? '',
    sis_id: each.sisId,
    students: students.map(userId),
    subject: each.kind === 'homeroom' ? 'homeroom/advisory' : words.subjectWord(each.subjects[0]),
    teacher: teachers[0] === undefined ? undefined : userId(teachers[0]),
    teachers: teachers.map(userId),
    term_id: term === undefined ? undefined : objectId('term', term, switches.madeAnew),
    id,
    ext: {},
    lms_status: version === 'v3.1' ? { synced_in_lms: false } : undefined,
  };
}

function composedName(each: DistrictClass, teacher: string | undefined, { courses, staff }: District): string {
  const course = courses.find(({ sisId }) => sisId === each.course)?.title;
  const surname = staff.find(({ sisId }) => sisId === teacher)?.familyName;
  return [course, surname, each.periods[0]].filter((part) => part !== undefined).join(' - ');
}

/** Courses are made up from sections: one without any is gone. */
function courseObjects(district: District, sections: readonly CleverObject[], context: ObjectContext): CleverObject[] {
  const used = new Set(sections.map(({ course }) => course));
  return district.courses
    .map(({ sisId, title, code }) => ({
      district: context.districtId,
      name: title,
      number: code ?? undefined,
      id: objectId('course', sisId, context.switches.madeAnew),
    }))
    .filter(({ id }) => used.has(id));
}

function termObjects(district: District, sections: readonly CleverObject[], context: ObjectContext): CleverObject[] {
  const used = new Set(sections.map(({ term_id: term }) => term));
  return district.terms
    .map(({ sisId, title, startDate, endDate }) => ({
      district: context.districtId,
      name: title,
      start_date: startDate ?? undefined,
      end_date: endDate === null ? undefined : words.dayBefore(endDate),
      id: objectId('term', sisId, context.switches.madeAnew),
    }))
    .filter(({ id }) => used.has(id));
}

/** Shows what is not there: as `""`, as `null`, or not at all. */
export function withAbsent(value: unknown, absent: CleverSwitches['absent']): unknown {
  if (value === undefined) return absent === 'blank' ? '' : absent === 'null' ? null : undefined;
  if (Array.isArray(value)) return value.map((each) => withAbsent(each, absent));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withAbsent(each, absent)]));
}
