import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('scope');
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
});
afterAll(() => testDatabase.drop());

it('leaves everything of a school as it is that is taken off the list (guard §13)', async () => {
  await harness.createSync('sis', 'scope');
  roster.school('0101').school('0102').class('c1', '0101').class('c2', '0102').staff('t1', '0101').staff('t2', '0102');
  roster.students(10, '0101', 'a').students(10, '0102', 'b');
  for (let i = 1; i <= 10; i++) roster.enroll(`a${i}`, 'c1').enroll(`b${i}`, 'c2');
  // People of one school in a class of the other, and a family with children in both.
  roster.enroll('b1', 'c1').enroll('b2', 'c1').enroll('t2', 'c1', { role: 'teacher' }).enroll('a1', 'c2');
  roster.guardian('g1', 'a1').guardian('g2', 'b1').guardian('g3', 'a2').guardian('g3', 'b2');
  await harness.run('sis');
  const before = await harness.sql(`SELECT sis_id, status FROM enrollments ORDER BY sis_id`);

  await harness.createSync('sis', 'scope', { schools: [{ sisId: '0101', name: null }] });
  const narrowed = await harness.run('sis');
  expect(narrowed).toMatchObject({ status: 'succeeded', reason: null });
  for (const counts of Object.values(narrowed.counts)) expect(counts).toMatchObject({ archived: 0, withheld: 0 });
  expect(await harness.sql(`SELECT sis_id, status FROM enrollments ORDER BY sis_id`)).toEqual(before);

  // What is linked is still looked after.
  roster.removeStudents('a10');
  expect((await harness.run('sis')).counts.students.archived).toBe(1);
  expect(await harness.ids('students', 'archived')).toEqual(['a10']);
});
