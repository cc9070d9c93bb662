import { clever } from '../../packages/sources/src/clever-csv/clever.fixture.ts';
import { sound } from '../../packages/sources/src/delivery.fixture.ts';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { DeliveredFolder, type Files } from './delivered-folder.ts';
import { someOf } from './explained.ts';

let testDatabase: TestDatabase;
let folder: DeliveredFolder;
let harness: PipelineHarness;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_mass_update_files');
  folder = await DeliveredFolder.create();
}, 30_000);
afterAll(async () => {
  await folder.remove();
  await testDatabase.drop();
});

beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  harness = new PipelineHarness(testDatabase.database, folder.source);
  await harness.createSync('sis', 'riverside', {});
});

const runWith = async (files: Files): Promise<RunResult> => {
  await folder.deliver(files);
  return harness.run('sis');
};
const massUpdatesOf = ({ warnings }: RunResult): string[] =>
  warnings.filter(({ code }) => code === 'mass_update').map(({ message }) => message);
const header = (text: string): string => text.slice(0, text.indexOf('\n') + 1);

describe('guard §36: in files of OneRoster', () => {
  const ids = someOf('S', 1, 25);
  const users = (row: (id: string) => string): string => `${header(sound['users.csv'])}${ids.map(row).join('\n')}\n`;
  const user = (id: string, given = 'José', family = 'Muñoz'): string =>
    `${id},,,true,0123,student,u${id},,${given},${family},,N${id},${id}@example.org,,,,09,`;
  const demographics = `sourcedId,status,dateLastModified,birthDate\n${ids.map((id) => `${id},,,2012-03-04`).join('\n')}\n`;
  const delivery = (usersFile: string, more: Files = { 'demographics.csv': demographics }): Files => ({
    ...sound,
    'users.csv': usersFile,
    'enrollments.csv':
      header(sound['enrollments.csv']) + ids.map((id) => `E${id},,,K1,0123,${id},student,,,\n`).join(''),
    ...more,
  });

  beforeEach(async () => {
    expect(await runWith(delivery(users((id) => user(id))))).toMatchObject({
      status: 'succeeded',
      counts: { students: { created: 25 } },
    });
  });

  it('tells letters lost to "?"', async () => {
    const run = await runWith(delivery(users((id) => user(id, 'Jos?', 'Mu?oz'))));
    expect(massUpdatesOf(run)).toEqual([
      expect.stringMatching(
        /^25 of 25 students of school "0123" .*\(givenName: 25, familyName: 25\)\. Letters seem to be lost: in 25 of them/,
      ),
    ]);
  });

  it('tells a file that was encoded twice', async () => {
    const twice = Buffer.from(users((id) => user(id))).toString('latin1');
    const run = await runWith(delivery(twice));
    expect(massUpdatesOf(run)).toEqual([expect.stringContaining('Text seems to be encoded twice: in 25 of them')]);
  });

  it('tells a demographics.csv that is gone', async () => {
    const run = await runWith(
      delivery(
        users((id) => user(id)),
        {},
      ),
    );
    expect(massUpdatesOf(run)).toEqual([
      expect.stringMatching(
        /^birthDate is empty in the data for 25 of the 25 students .* A column or a file with birthDate/,
      ),
    ]);
  });

  it.each([
    [
      'grade',
      ({ 'users.csv': text, ...rest }: Files) => ({ ...rest, 'users.csv': withoutColumn(String(text), 'grades') }),
    ],
    [
      'email',
      ({ 'users.csv': text, ...rest }: Files) => ({ ...rest, 'users.csv': withoutColumn(String(text), 'email') }),
    ],
    [
      'studentNumber',
      ({ 'users.csv': text, ...rest }: Files) => ({
        ...rest,
        'users.csv': withoutColumn(String(text), 'identifier'),
      }),
    ],
  ])('tells an optional column that is gone: %s', async (field, spoil) => {
    const run = await runWith(spoil(delivery(users((id) => user(id)))));
    expect(run).toMatchObject({ status: 'succeeded', message: null });
    expect(massUpdatesOf(run).join('\n')).toContain(`${field} is empty in the data for 25 of the 25 students`);
  });
});

/** A file of CSV without quotes, less a column. */
function withoutColumn(text: string, name: string): string {
  const rows = text
    .trimEnd()
    .split(/\r?\n/)
    .map((row) => row.split(','));
  const at = rows[0]?.indexOf(name) ?? -1;
  if (at < 0) throw new Error(`no column ${name}`);
  return `${rows.map((row) => row.toSpliced(at, 1).join(',')).join('\n')}\n`;
}

describe('guard §36: in files of Clever', () => {
  const students = `School_id,Student_id,Student_number,State_id,Last_name,First_name,Grade,DOB,Student_email\n${someOf(
    'S',
    1,
    25,
  )
    .map((id) => `0123,${id},N${id},ST${id},Muñoz,José,9,3/7/2011,${id}@example.org`)
    .join('\n')}\n`;
  const delivery = (text: string): Files => ({
    ...clever,
    'students.csv': text,
    'enrollments.csv': header(clever['enrollments.csv']),
  });

  it.each([
    ['birthDate', 'DOB'],
    ['stateId', 'State_id'],
    ['grade', 'Grade'],
    ['email', 'Student_email'],
    ['studentNumber', 'Student_number'],
  ])('tells a column that is gone: %s', async (field, column) => {
    await runWith(delivery(students));
    const run = await runWith(delivery(withoutColumn(students, column)));
    expect(run).toMatchObject({ status: 'succeeded', message: null });
    expect(massUpdatesOf(run).join('\n')).toContain(`${field} is empty in the data for 25 of the 25 students`);
  });
});
