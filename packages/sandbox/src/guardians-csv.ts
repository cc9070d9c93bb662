import { writeCsvFile } from './csv-files.ts';
import type { District } from './model.ts';

export interface GuardiansCsvOptions {
  /** What the first column holds: default the student's SIS id. */
  readonly studentId?: 'sisId' | 'studentNumber';
}

const HEADER = [
  'studentSisId',
  'guardianSisId',
  'firstName',
  'lastName',
  'email',
  'mobilePhone',
  'homePhone',
  'language',
];

/** Writes a district's guardians.csv: one row for each student and guardian (connect-settings.md §2.5). */
export async function writeGuardiansFile(
  district: District,
  path: string,
  { studentId = 'sisId' }: GuardiansCsvOptions = {},
): Promise<void> {
  await writeCsvFile({ name: 'guardians.csv', rows: rows(district, studentId) }, path);
}

function* rows(district: District, studentId: 'sisId' | 'studentNumber'): Generator<readonly string[]> {
  yield HEADER;
  const guardians = new Map(district.guardians.map((each) => [each.sisId, each]));
  const students = new Map(district.students.map((each) => [each.sisId, each]));
  for (const { student, guardian } of district.guardianships) {
    const person = guardians.get(guardian);
    const id = students.get(student)?.[studentId];
    if (person === undefined || id === undefined || id === null) continue;
    const { givenName, familyName, email, sms, phone, language } = person;
    yield [id, guardian, givenName, familyName, email ?? '', sms ?? '', phone ?? '', language ?? ''];
  }
}
