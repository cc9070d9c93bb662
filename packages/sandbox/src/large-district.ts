import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { termsOf } from './calendar.ts';
import { publish } from './csv-files.ts';
import * as plan from './large-plan.ts';
import type { LargeDistrictOptions, LargePlan } from './large-plan.ts';
import { GRADES } from './model.ts';
import { FAMILY_NAMES, FEMALE_NAMES, MALE_NAMES, plain } from './names.ts';
import { ONEROSTER_COLUMNS, manifestRows } from './oneroster-columns.ts';
import type { OneRosterFile, OneRosterVersion } from './oneroster-columns.ts';
import { ONEROSTER_NAMES } from './oneroster-csv.ts';
import { scramble } from './random.ts';

export type { LargeDistrictOptions };

export interface LargeDistrictReport {
  /** Data rows of each file, such as `users.csv`, without header and manifest. */
  readonly rows: Readonly<Record<string, number>>;
  readonly totalRows: number;
  readonly sizeBytes: number;
}

const ORG = '0100';
const SCHOOL_YEAR = 2027;
const SUBJECTS = ['Homeroom', 'English', 'Mathematics', 'Science', 'Social Studies', 'Art', 'Physical Education'];
const CHUNK_LENGTH = 1 << 17;
const TERMS = termsOf(SCHOOL_YEAR);
const YEAR = TERMS[0]?.sisId ?? '';
const SEMESTERS = `"${TERMS.slice(1)
  .map((term) => term.sisId)
  .join(',')}"`;
const BEGIN = TERMS[0]?.startDate ?? '';
const END = TERMS[0]?.endDate ?? '';

const given = [...FEMALE_NAMES, ...MALE_NAMES];
const plainGiven = given.map(plain);
const plainFamily = FAMILY_NAMES.map(plain);

interface UserRow {
  readonly id: string;
  readonly number: number;
  readonly role: string;
  readonly org: string;
  /** Picks the family name: the same for a household. */
  readonly family: number;
  readonly identifier: string;
  readonly domain: string;
  readonly changes: number;
  readonly agents: string;
  readonly grade: string;
}

function userRow(seed: number, version: OneRosterVersion, user: UserRow): string {
  const g = scramble(seed, user.number, 1) % given.length;
  const f = scramble(seed, user.family, 2) % FAMILY_NAMES.length;
  const username = `${plainGiven[g]}.${plainFamily[f]}${user.number}`;
  const mailbox = user.changes === 0 ? username : `${username}.${user.changes}`;
  const phone = `217-555-01${String((user.number + user.changes) % 100).padStart(2, '0')}`;
  const { id, org, role, identifier, domain, agents, grade } = user;
  const shared =
    `${username},,${given[g]},${FAMILY_NAMES[f]},,${identifier},${mailbox}@${domain}.example,,${phone},` +
    `${agents.includes(',') ? `"${agents}"` : agents},${grade},`;
  if (version === '1.1') return `${id},,,true,${org},${role},${shared}`;
  return `${id},,,true,${shared},,,,,${org},`;
}

const studentId = (student: number): string => `S${1_000_001 + student}`;
const guardianId = (guardian: number): string => `G${5_000_001 + guardian}`;
const staffId = (staff: number): string => `T${900_001 + staff}`;
const classId = (cohort: number, slot: number): string =>
  `${plan.schoolOf(cohort)}-${String(plan.classIndex(cohort, slot)).padStart(3, '0')}`;
const courseId = (slot: number, grade: string): string => `CRS-${slot}-${grade}`;

function* studentsHere(district: LargePlan): Generator<number> {
  for (let student = 0; student < district.studentIndexes; student += 1) if (district.isHere(student)) yield student;
}

function* guardiansHere(district: LargePlan): Generator<{ guardian: number; ward: number }> {
  const blocks = Math.ceil(district.studentIndexes / plan.FAMILY_BLOCK.students);
  for (let guardian = 0; guardian < blocks * plan.FAMILY_BLOCK.guardians; guardian += 1) {
    const ward = district.wardOf(guardian);
    if (ward !== undefined) yield { guardian, ward };
  }
}

interface StaffMember {
  readonly index: number;
  readonly school: string;
  readonly role: 'teacher' | 'administrator' | 'aide';
}

const STAFF_OF_SCHOOL = plan.SCHOOL_TEACHERS + plan.SCHOOL_OTHER_STAFF;

function* staffHere(district: LargePlan): Generator<StaffMember> {
  for (let index = 0; index < district.schools * STAFF_OF_SCHOOL; index += 1) {
    const place = index % STAFF_OF_SCHOOL;
    const school = plan.schoolOf(Math.floor(index / STAFF_OF_SCHOOL) * plan.SCHOOL_COHORTS);
    const role = place < plan.SCHOOL_TEACHERS ? 'teacher' : place < STAFF_OF_SCHOOL - 2 ? 'administrator' : 'aide';
    yield { index, school, role };
  }
}

const familyOf = (student: number): number =>
  Math.floor(student / plan.FAMILY_BLOCK.students) * 4 + Math.min(student % 5, 3);

function* users(district: LargePlan, version: OneRosterVersion): Generator<string> {
  for (const student of studentsHere(district)) {
    const cohort = district.cohortOf(student);
    yield userRow(district.seed, version, {
      id: studentId(student),
      number: student,
      role: 'student',
      org: plan.schoolOf(cohort),
      family: familyOf(student),
      identifier: String(student + 1).padStart(8, '0'),
      domain: 'students.riverside',
      changes: district.changesOf(student),
      agents: district.guardiansOf(student).map(guardianId).join(','),
      grade: plan.gradeOf(cohort),
    });
  }
  for (const { index, school, role } of staffHere(district)) {
    const [id, number] = [staffId(index), 100_000_000 + index];
    const fixed = { changes: 0, agents: '', grade: '', domain: 'riverside', identifier: id.slice(1) };
    yield userRow(district.seed, version, { id, number, role, org: school, family: number, ...fixed });
  }
  for (const { guardian, ward } of guardiansHere(district)) {
    const number = 200_000_000 + guardian;
    const fixed = { agents: '', grade: '', domain: 'mail', identifier: '', role: 'parent' };
    const org = plan.schoolOf(district.cohortOf(ward));
    const changes = district.changesOf(number);
    yield userRow(district.seed, version, {
      id: guardianId(guardian),
      number,
      org,
      family: familyOf(ward),
      changes,
      ...fixed,
    });
  }
}

const roleRow = (person: string, role: string, org: string): string =>
  `${person}.${org},,,${person},primary,${role},,,${org},`;

function* roles(district: LargePlan): Generator<string> {
  for (const student of studentsHere(district))
    yield roleRow(studentId(student), 'student', plan.schoolOf(district.cohortOf(student)));
  for (const { index, school, role } of staffHere(district))
    yield roleRow(staffId(index), role === 'administrator' ? 'siteAdministrator' : role, school);
  for (const { guardian, ward } of guardiansHere(district))
    yield roleRow(guardianId(guardian), 'parent', plan.schoolOf(district.cohortOf(ward)));
}

function* classes(district: LargePlan): Generator<string> {
  for (let cohort = 0; cohort < district.cohorts; cohort += 1) {
    const grade = plan.gradeOf(cohort);
    for (let slot = 0; slot < plan.classesOf(cohort); slot += 1) {
      const subject = SUBJECTS[slot] ?? '';
      const type = slot === 0 ? 'homeroom' : 'scheduled';
      yield (
        `${classId(cohort, slot)},,,${subject} ${grade} (${cohort + 1}),${grade},${courseId(slot, grade)},${slot}-${grade},` +
        `${type},Room ${100 + (cohort % plan.SCHOOL_COHORTS)},${plan.schoolOf(cohort)},${SEMESTERS},${subject},,${slot}`
      );
    }
  }
}

const enrollmentRow = (target: string, school: string, person: string, role: string, primary: boolean): string =>
  `${target}.${person},,,${target},${school},${person},${role},${primary},${BEGIN},${END}`;

function* enrollments(district: LargePlan): Generator<string> {
  for (let cohort = 0; cohort < district.cohorts; cohort += 1) {
    const firstTeacher = Math.floor(cohort / plan.SCHOOL_COHORTS) * STAFF_OF_SCHOOL;
    for (let slot = 0; slot < plan.classesOf(cohort); slot += 1) {
      const teacher = firstTeacher + Math.floor(plan.classIndex(cohort, slot) / plan.CLASSES_PER_TEACHER);
      yield enrollmentRow(classId(cohort, slot), plan.schoolOf(cohort), staffId(teacher), 'teacher', true);
    }
  }
  for (const student of studentsHere(district)) {
    const cohort = district.cohortOf(student);
    const school = plan.schoolOf(cohort);
    for (let slot = 0; slot < plan.classesOf(cohort); slot += 1)
      yield enrollmentRow(classId(cohort, slot), school, studentId(student), 'student', false);
  }
}

function* courses(): Generator<string> {
  for (const grade of GRADES)
    for (const [slot, subject] of SUBJECTS.entries())
      yield `${courseId(slot, grade)},,,${YEAR},${subject} ${grade},${slot}-${grade},${grade},${ORG},${subject},`;
}

function* orgs(district: LargePlan): Generator<string> {
  yield `${ORG},,,Riverside Unified School District,district,1704400,`;
  for (let school = 0; school < district.schools; school += 1) {
    const id = plan.schoolOf(school * plan.SCHOOL_COHORTS);
    yield `${id},,,School ${id},school,17044${id},${ORG}`;
  }
}

function* academicSessions(): Generator<string> {
  for (const term of TERMS)
    yield `${term.sisId},,,${term.title},${term.kind},${term.startDate},${term.endDate},${term.parent ?? ''},${term.schoolYear}`;
}

type LargeFile = Exclude<OneRosterFile, 'demographics'>;

const ROWS: Readonly<Record<LargeFile, (district: LargePlan, version: OneRosterVersion) => Iterable<string>>> = {
  academicSessions,
  orgs,
  courses,
  classes,
  users,
  roles,
  enrollments,
};

/** Joins rows into chunks of some 128 KiB: one write for a thousand rows. */
function* toChunks(header: readonly string[], rows: Iterable<string>, count: () => void): Generator<string> {
  let chunk = `${header.join(',')}\r\n`;
  for (const row of rows) {
    chunk += `${row}\r\n`;
    count();
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

/**
 * Writes a large district as loose OneRoster CSV files into `dir`, in constant memory: each row is computed from its index. For
 * measurements; throws a UsageError when rows or day are out of range.
 */
export async function writeLargeDistrict(options: LargeDistrictOptions): Promise<LargeDistrictReport> {
  const { version, dir } = options;
  const district = plan.planLargeDistrict(options);
  const files = Object.keys(ROWS).filter((file): file is LargeFile => file !== 'roles' || version === '1.2');
  const rows: Record<string, number> = {};
  let sizeBytes = 0;

  await publish(dir, [...files.map((file) => `${file}.csv`), 'manifest.csv'], ONEROSTER_NAMES, async (name, path) => {
    const out = createWriteStream(path);
    const file = files.find((each) => `${each}.csv` === name);
    if (file === undefined) {
      const [header = [], ...manifest] = manifestRows(version, new Set(files));
      const lines = manifest.map((row) => row.join(','));
      await pipeline(Readable.from(toChunks(header, lines, () => {})), out);
    } else {
      let written = 0;
      const header: readonly string[] = ONEROSTER_COLUMNS[version][file] ?? [];
      await pipeline(Readable.from(toChunks(header, ROWS[file](district, version), () => (written += 1))), out);
      rows[name] = written;
    }
    sizeBytes += out.bytesWritten;
  });
  return { rows, totalRows: Object.values(rows).reduce((sum, each) => sum + each, 0), sizeBytes };
}
