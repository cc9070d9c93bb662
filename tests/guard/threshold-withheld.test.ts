import type { RunSettings } from '@rollbook/core';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { someOf } from './explained.ts';
import { measured } from './measured.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_withheld');
});
afterAll(() => testDatabase.drop());

const configure = (settings: Partial<RunSettings>) => harness.createSync('sis', 'riverside', settings);

/** Ten classes and twenty students in each of two schools, a guardian of each of them, ten students of no school and ten terms. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder().school('A').school('B');
  harness = new PipelineHarness(testDatabase.database, roster);
  await configure({});
  for (const id of someOf('y', 1, 10)) roster.term(id);
  for (const id of someOf('x', 1, 10)) roster.student(id, 'none', { school: null, schools: [] });
  for (const id of someOf('', 1, 10)) roster.class(`ca${id}`, 'A').class(`cb${id}`, 'B');
  roster.students(20, 'A', 'a').students(20, 'B', 'b');
  for (const id of [...someOf('a', 1, 20), ...someOf('b', 1, 20)]) roster.guardian(`of-${id}`, id);
  for (const id of someOf('a', 1, 20)) roster.enroll(id, 'ca1');
  for (const id of someOf('b', 1, 20)) roster.enroll(id, 'cb1');
  await harness.run('sis');
});

describe('guard §7: all or nothing', () => {
  it('never archives a part of a group to fit', async () => {
    roster.removeStudents('a1', 'a2', 'a3');
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'held',
      reason: 'threshold',
      counts: { students: { archived: 0, withheld: 3 } },
    });
    expect(await measured(harness, run, 'students')).toEqual([
      ['students', null, 0, 10, 1],
      ['students', 'A', 3, 20, 2],
      ['students', 'B', 0, 20, 2],
    ]);
    expect(await harness.count('students')).toBe(50);
  });

  /** A loses three of twenty students, which is over, and one of ten classes, which is not; B two and one; the district one of ten. */
  const loseInBoth = (): void => {
    roster.removeStudents('a1', 'a2', 'a3', 'b1', 'b2', 'x1').remove('classes', 'ca10', 'cb10').remove('terms', 'y10');
  };

  it('archives nothing at all with `withhold: sync`', async () => {
    loseInBoth();
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'held',
      reason: 'threshold',
      counts: {
        students: { archived: 0, withheld: 6 },
        classes: { archived: 0, withheld: 2 },
        terms: { archived: 0, withheld: 1 },
        enrollments: { archived: 0 },
        guardianships: { archived: 0 },
      },
    });
    for (const type of ['terms', 'classes', 'students', 'guardians', 'enrollments', 'guardianships'] as const)
      expect(await harness.ids(type, 'archived')).toEqual([]);
  });

  it('withholds every type of the school that is over with `withhold: school`, and archives elsewhere', async () => {
    await configure({ withhold: 'school' });
    loseInBoth();
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'held',
      reason: 'threshold',
      counts: {
        students: { archived: 3, withheld: 3 },
        classes: { archived: 1, withheld: 1 },
        terms: { archived: 1, withheld: 0 },
      },
    });
    expect(await harness.ids('students', 'archived')).toEqual(['b1', 'b2', 'x1']);
    expect(await harness.ids('classes', 'archived')).toEqual(['cb10']);
    expect(await harness.ids('enrollments', 'archived')).toEqual(['cb1~b1~student', 'cb1~b2~student']);
    expect(await harness.ids('guardianships', 'archived')).toEqual(['b1~of-b1', 'b2~of-b2']);
  });

  it('withholds a type of the district alone with `withhold: school`, but what hangs on an archived record goes', async () => {
    await configure({ withhold: 'school' });
    // Five of forty guardianships end while both people stay: one too many. `b1` goes with its own.
    roster.remove('guardianships', ...someOf('a', 1, 5).map((id) => `${id}~of-${id}`)).removeStudents('b1');
    roster.remove('terms', 'y1');
    const run = await harness.run('sis');
    expect(await measured(harness, run, 'terms', 'guardians', 'guardianships')).toEqual([
      ['terms', null, 1, 10, 1],
      ['guardians', null, 0, 40, 4],
      ['guardianships', null, 5, 40, 4],
    ]);
    expect(run).toMatchObject({
      status: 'held',
      counts: {
        terms: { archived: 1 },
        students: { archived: 1, withheld: 0 },
        guardianships: { archived: 1, withheld: 5 },
      },
    });
    expect(await harness.ids('guardianships', 'archived')).toEqual(['b1~of-b1']);
  });

  it('lets an enrollment go with its student, although its class is withheld, and keeps it with a withheld class', async () => {
    await configure({ withhold: 'school' });
    roster.enroll('b1', 'ca1').enroll('b2', 'ca2');
    await harness.run('sis');
    // Two of ten classes of A are over; `b1` is one of twenty students of B.
    roster.remove('classes', 'ca1', 'ca2').removeStudents('b1');
    roster.remove('enrollments', 'ca2~b2~student', ...someOf('a', 1, 20).map((id) => `ca1~${id}~student`));
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'held',
      counts: { classes: { archived: 0, withheld: 2 }, students: { archived: 1 } },
    });
    expect(await harness.ids('enrollments', 'archived')).toEqual(['ca1~b1~student', 'cb1~b1~student']);
  });

  it.each(['sync', 'school'] as const)(
    'creates, updates and restores all the same with `withhold: %s`',
    async (withhold) => {
      await configure({ withhold });
      roster.removeStudents('a20');
      await harness.run('sis');
      roster
        .removeStudents('a1', 'a2', 'a3')
        .student('a4', 'A', { grade: '12' })
        .student('a20', 'A')
        .student('new', 'A');
      roster.class('ca11', 'A').enroll('new', 'ca11').enroll('a20', 'ca1').guardian('of-new', 'new');
      const run = await harness.run('sis');
      expect(run).toMatchObject({
        status: 'held',
        reason: 'threshold',
        counts: {
          classes: { created: 1 },
          students: { created: 1, updated: 1, restored: 1, archived: 0, withheld: 3 },
          guardians: { created: 1 },
          enrollments: { created: 1, restored: 1 },
          guardianships: { created: 1 },
        },
      });
      expect(await harness.sql(`SELECT grade FROM students WHERE sis_id = 'a4'`)).toEqual([{ grade: '12' }]);
      expect(await harness.ids('students', 'archived')).toEqual([]);
      expect(await harness.ids('students')).toContain('new');
    },
  );

  it('creates a record with the e-mail and the number of a withheld one beside it', async () => {
    const same = { email: 'shared@district.example', username: 'shared', studentNumber: '77', stateId: 'S77' };
    roster.student('a1', 'A', same);
    await harness.run('sis');
    roster.removeStudents('a1', 'a2', 'a3').student('heir', 'A', same);
    expect(await harness.run('sis')).toMatchObject({
      status: 'held',
      counts: { students: { created: 1, withheld: 3 } },
    });
    expect(
      await harness.sql(
        `SELECT sis_id, status FROM students
         WHERE email = 'shared@district.example' AND username = 'shared' AND student_number = '77' ORDER BY sis_id`,
      ),
    ).toEqual([
      { sis_id: 'a1', status: 'active' },
      { sis_id: 'heir', status: 'active' },
    ]);
  });

  it('counts a withheld record that comes back as unchanged: it was never away', async () => {
    roster.removeStudents('a1', 'a2', 'a3');
    await harness.run('sis');
    roster.student('a1', 'A').enroll('a1', 'ca1').guardian('of-a1', 'a1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { students: { restored: 0, created: 0, archived: 2, unchanged: 48 }, enrollments: { restored: 0 } },
    });
    expect(await harness.ids('students', 'archived')).toEqual(['a2', 'a3']);
    expect(await harness.sql(`SELECT action FROM roster_changes WHERE sis_id = 'a1'`)).toEqual([]);
  });

  it('goes on with what was withheld in a school as soon as that is not over any more', async () => {
    await configure({ withhold: 'school' });
    loseInBoth();
    await harness.run('sis');
    await configure({ withhold: 'school', threshold: { default: 1499, perType: {} } });
    expect(await harness.run('sis')).toMatchObject({
      status: 'held',
      counts: { students: { archived: 0, withheld: 3 } },
    });
    await configure({ withhold: 'school', threshold: { default: 1500, perType: {} } });
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 3 }, classes: { archived: 1 }, enrollments: { archived: 3 } },
    });
  });
});
