import { sound } from '../../packages/sources/src/delivery.fixture.ts';
import { manifest } from '../../packages/sources/src/oneroster-csv/roster.fixture.ts';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { DeliveredFolder, type Files } from './delivered-folder.ts';
import { someOf } from './explained.ts';
import { measured } from './measured.ts';

let testDatabase: TestDatabase;
let folder: DeliveredFolder;
let harness: PipelineHarness;

const header = (text: string): string => text.slice(0, text.indexOf('\n') + 1);
const person = (id: string, { status = '', role = 'student', orgs = '0123' } = {}): string =>
  `${id},${status},,true,"${orgs}",${role},,,Given,Family,,,,,,,09,`;
const enrollment = (id: string, status = ''): string => `E-${id},${status},,K1,0123,${id},student,,,`;

/** OneRoster 1.1: people in the one class K1 of school 0123; MATH is a department of it, and 0200 another school. */
const delivery = (people: readonly string[], enrollments: readonly string[]): Files => ({
  ...sound,
  'orgs.csv': `${sound['orgs.csv']}0200,,,South High,School,,D1\n`,
  'users.csv': `${header(sound['users.csv'])}${people.join('\n')}\n`,
  'enrollments.csv': `${header(sound['enrollments.csv'])}${enrollments.join('\n')}\n`,
});

const TEACHER = person('T1', { role: 'teacher' });
const students = (from: number, to: number): string[] => someOf('S', from, to).map((id) => person(id));
const enrolled = (from: number, to: number): string[] => someOf('S', from, to).map((id) => enrollment(id));

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_threshold_files');
  folder = await DeliveredFolder.create();
}, 30_000);
afterAll(async () => {
  await folder.remove();
  await testDatabase.drop();
});

/** Twenty students and a teacher. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  harness = new PipelineHarness(testDatabase.database, folder.source);
  await harness.createSync('sis', 'riverside', { schools: [{ sisId: '0123', name: null }] });
  const first = await runWith(delivery([TEACHER, ...students(1, 20)], enrolled(1, 20)));
  expect(first).toMatchObject({ status: 'succeeded', counts: { students: { created: 20 } } });
});

async function runWith(files: Files): Promise<RunResult> {
  await folder.deliver(files);
  return harness.run('sis');
}
const codesOf = ({ warnings }: RunResult): string[] => warnings.map(({ code }) => code);

it('guard §5: a department stands for the school above it', async () => {
  const moved = [TEACHER, person('S1', { orgs: 'MATH' }), person('S2', { orgs: '0200,MATH' }), ...students(3, 20)];
  const run = await runWith(delivery(moved, enrolled(1, 20)));
  expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 0, updated: 1, unchanged: 19 } } });
  expect(await harness.sql(`SELECT school_id, school_ids FROM students WHERE sis_id = 'S2'`)).toEqual([
    { school_id: '0123', school_ids: ['0123', '0200'] },
  ]);
});

describe('guard §8: in files', () => {
  it.each(['tobedeleted', 'inactive', 'ToBeDeleted'])(
    'a row marked as %s counts as one that is absent',
    async (status) => {
      const people = [TEACHER, person('S1', { status }), ...students(3, 20)];
      const run = await runWith(delivery(people, [enrollment('S1', status), ...enrolled(3, 20)]));
      expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 2 } } });
      expect(await measured(harness, run, 'students')).toEqual([['students', '0123', 2, 20, 2]]);
      expect(await harness.ids('students', 'archived')).toEqual(['S1', 'S2']);
      // S1 stays marked, and archived: it is not archived again.
      const more = [TEACHER, ...someOf('S', 1, 5).map((id) => person(id, { status })), ...students(6, 20)];
      const held = await runWith(delivery(more, enrolled(6, 20)));
      expect(held).toMatchObject({ status: 'held', counts: { students: { archived: 0, withheld: 3 } } });
    },
  );

  it('a row of any other status is active, with a warning', async () => {
    const people = [
      TEACHER,
      person('S1', { status: 'pending' }),
      person('S2', { status: 'deleted?' }),
      ...students(3, 20),
    ];
    const run = await runWith(delivery(people, enrolled(1, 20)));
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 0, unchanged: 20 } } });
    expect(run.warnings.filter(({ code }) => code === 'unknown_status')).toMatchObject([
      { file: 'users.csv', line: 3, message: expect.stringContaining('the row was read as active (2 rows in all)') },
    ]);
  });

  it('a delta archives what it marks or shows at a school that is not linked, and nothing that it leaves out', async () => {
    const leaving = [person('S1', { status: 'tobedeleted' }), person('S2', { orgs: '0200' })];
    const files = delivery([...leaving, person('S21')], [enrollment('S21')]);
    const modes = {
      orgs: 'bulk',
      academicSessions: 'bulk',
      courses: 'bulk',
      classes: 'bulk',
      users: 'delta',
      enrollments: 'delta',
      demographics: 'absent',
    };
    const run = await runWith({ ...files, 'manifest.csv': manifest('1.1', modes) });
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: {
        students: { archived: 2, created: 1 },
        staff: { archived: 0 },
        enrollments: { archived: 2, created: 1 },
      },
    });
    expect(await harness.ids('students', 'archived')).toEqual(['S1', 'S2']);
    expect(await measured(harness, run, 'students')).toEqual([['students', '0123', 2, 20, 2]]);
  });
});

describe('guard §9: in files', () => {
  it('a student who is a teacher now is one archive and one create, told as a change of role', async () => {
    const run = await runWith(
      delivery([TEACHER, person('S1', { role: 'teacher' }), ...students(2, 20)], enrolled(2, 20)),
    );
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 1 }, staff: { created: 1 } } });
    expect(codesOf(run)).toContain('role_changed');
    expect(await harness.ids('staff')).toEqual(['S1', 'T1']);
  });

  it('a student of a school that is not linked is an archive, who is not called a change of role', async () => {
    const run = await runWith(delivery([TEACHER, person('S1', { orgs: '0200' }), ...students(2, 20)], enrolled(1, 20)));
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 1 }, enrollments: { archived: 1 } },
    });
    expect(await measured(harness, run, 'students', 'enrollments')).toEqual([
      ['students', '0123', 1, 20, 2],
      ['enrollments', '0123', 0, 20, 2],
    ]);
    expect(codesOf(run)).not.toContain('role_changed');
  });
});
