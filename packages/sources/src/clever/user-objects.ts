import type { CleverSource, Staff, Student } from '@rollbook/core';
import { cleverDateOf } from '../clever-date.ts';
import { gradeOf } from '../clever-grade.ts';
import type { CleverObject } from './clever-object.ts';
import type { ObjectReport } from './object-report.ts';
import type { Lack } from './structure-objects.ts';

interface Names {
  readonly givenName: string;
  readonly middleName: string | null;
  readonly familyName: string;
}

function namesOf(user: CleverObject): Names | Lack {
  const name = user.part('name');
  const givenName = name.text('first');
  const familyName = name.text('last');
  if (givenName === null) return { lacks: 'name.first' };
  if (familyName === null) return { lacks: 'name.last' };
  return { givenName, middleName: name.text('middle'), familyName };
}

const schoolsOf = (role: CleverObject | undefined): string[] =>
  role === undefined ? [] : [...role.texts('school'), ...role.texts('schools')];
const unique = (values: readonly string[]): string[] => [...new Set(values)];

export function studentOf(
  user: CleverObject,
  role: CleverObject,
  settings: Pick<CleverSource, 'studentIdSource'>,
  report: ObjectReport,
): Student | Lack {
  const names = namesOf(user);
  if ('lacks' in names) return names;
  const birthDate = cleverDateOf(role.text('dob') ?? '');
  if (birthDate === undefined) report.note('bad_birth_date', user.id, '`dob` is not a date; it was left empty');
  const schools = unique(schoolsOf(role));
  return {
    sisId: user.id,
    ...names,
    preferredName: preferredNameOf(role),
    email: user.text('email') ?? role.text('email'),
    username: role.part('credentials').text('district_username'),
    phone: null,
    sms: null,
    language: role.text('home_language_code') ?? role.text('home_language'),
    grade: gradeOf(role.text('grade') ?? ''),
    studentNumber: role.text(settings.studentIdSource === 'student_id' ? 'sis_id' : 'student_number'),
    stateId: role.text('state_id'),
    birthDate: birthDate ?? null,
    school: schools[0] ?? null,
    schools,
    enabled: null,
  };
}

/** Since v3.1; a text, or parts like those of `name`. */
function preferredNameOf(role: CleverObject): string | null {
  const parts = role.partIfAny('preferred_name');
  if (parts === undefined) return role.text('preferred_name');
  return [parts.text('first'), parts.text('last')].filter((part) => part !== null).join(' ') || null;
}

const ASSISTS_SOMEBODY = /\b(assistant to|secretary|clerk)\b/i;
const AIDE = /\b(aide|para|para-?(educator|professional)|(teaching|teacher|instructional|classroom) assistant)\b/i;
const ADMINISTRATOR = /\b(administrator|principal|superintendent|director|dean|head of school)\b/i;

/**
 * What an employee is, the most teaching-like first. Clever's staff are everybody who neither teaches nor leads the
 * district; only their title says more.
 */
export function staffRoleOf(roles: {
  readonly isTeacher: boolean;
  readonly isDistrictAdmin: boolean;
  readonly title: string | null;
}): string {
  const title = roles.title ?? '';
  if (roles.isTeacher) return 'teacher';
  if (AIDE.test(title)) return 'aide';
  const leads = ADMINISTRATOR.test(title) && !ASSISTS_SOMEBODY.test(title);
  return roles.isDistrictAdmin || leads ? 'administrator' : 'staff';
}

/** One employee, whatever number of the roles teacher, staff and district administrator the user has. */
export function staffOf(user: CleverObject, roles: CleverObject): Staff | Lack {
  const names = namesOf(user);
  if ('lacks' in names) return names;
  const [teacher, staff, admin] = (['teacher', 'staff', 'district_admin'] as const).map((key) => roles.partIfAny(key));
  const first = (key: string): string | null => teacher?.text(key) ?? staff?.text(key) ?? admin?.text(key) ?? null;
  const title = first('title');
  const schools = unique([...schoolsOf(teacher), ...schoolsOf(staff)]);
  const username = (role: CleverObject | undefined) => role?.part('credentials').text('district_username') ?? null;
  return {
    sisId: user.id,
    ...names,
    preferredName: null,
    email: user.text('email'),
    username: username(teacher) ?? username(staff),
    phone: null,
    sms: null,
    language: null,
    role: staffRoleOf({ isTeacher: teacher !== undefined, isDistrictAdmin: admin !== undefined, title }),
    title,
    // Without a number of its own, the SIS's id is what the district's people know.
    staffNumber: first('teacher_number') ?? first('sis_id') ?? first('staff_id'),
    stateId: first('state_id'),
    school: schools[0] ?? null,
    schools,
    enabled: null,
  };
}
