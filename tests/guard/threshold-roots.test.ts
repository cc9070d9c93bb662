import { compositeKey, type RunSettings } from '@rollbook/core';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { someOf } from './explained.ts';
import { measured } from './measured.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_roots');
});
afterAll(() => testDatabase.drop());

beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder().school('A').school('B').school('C');
  harness = new PipelineHarness(testDatabase.database, roster);
});

const configure = (settings: Partial<RunSettings>) => harness.createSync('sis', 'riverside', settings);
const linkedTo = (...ids: string[]) => configure({ schools: ids.map((sisId) => ({ sisId, name: null })) });
const enrollment = (person: string, classId = 'c1', role = 'student') => compositeKey(classId, person, role);
const schoolsOf = (sisId: string) =>
  harness.sql(`SELECT school_id, school_ids FROM students WHERE sis_id = $1`, [sisId]);

describe('guard §5: the home school', () => {
  it('is the school named first, if it is linked, and the others are kept', async () => {
    await linkedTo('A', 'B');
    roster.student('s1', 'B', { schools: ['A', 'B', 'C'] });
    const run = await harness.run('sis');
    expect(await schoolsOf('s1')).toEqual([{ school_id: 'B', school_ids: ['A', 'B', 'C'] }]);
    expect(run.status).toBe('succeeded');
    expect(await measured(harness, await harness.run('sis'), 'students')).toEqual([['students', 'B', 0, 1, 0]]);
  });

  it('is the first linked one of their schools, if the one named first is not linked', async () => {
    await linkedTo('A', 'B');
    roster.student('s1', 'C', { schools: ['C', 'B', 'A'] }).staff('t1', 'C', { schools: ['C', 'A'] });
    await harness.run('sis');
    expect(await schoolsOf('s1')).toEqual([{ school_id: 'B', school_ids: ['A', 'B', 'C'] }]);
    const [, , student, member] = await measured(harness, await harness.run('sis'), 'schools', 'students', 'staff');
    expect([student, member]).toEqual([
      ['students', 'B', 0, 1, 0],
      ['staff', 'A', 0, 1, 0],
    ]);
  });

  it('of an enrollment is that of its class, whatever the enrollment and the person say', async () => {
    await configure({});
    roster.class('c1', 'A').class('c2', 'B').students(10, 'B', 'b');
    for (const id of someOf('b', 1, 10)) roster.enroll(id, 'c1', { school: 'B' }).enroll(id, 'c2', { school: 'C' });
    await harness.run('sis');
    roster.remove('enrollments', enrollment('b1'));
    expect(await measured(harness, await harness.run('sis'), 'enrollments')).toEqual([
      ['enrollments', 'A', 1, 10, 1],
      ['enrollments', 'B', 0, 10, 1],
    ]);
  });
});

describe('guard §6: roots only', () => {
  /** Ten students of A in class `c1` with a teacher and a guardian each; `c2` has the first two. */
  beforeEach(async () => {
    await configure({});
    roster.class('c1', 'A').class('c2', 'A').students(10, 'A', 's').staff('t1', 'A').staff('t2', 'A');
    for (const id of someOf('s', 1, 10)) roster.enroll(id, 'c1').guardian(`of-${id}`, id);
    roster.enroll('s1', 'c2').enroll('s2', 'c2');
    for (const id of ['t1', 't2']) roster.enroll(id, 'c1', { sisId: enrollment(id, 'c1', 'teacher'), role: 'teacher' });
    await harness.run('sis');
  });

  const archivedBy = (recordType: 'enrollments' | 'guardianships') =>
    harness.sql(`SELECT sis_id, archived_by FROM ${recordType} WHERE status = 'archived' ORDER BY sis_id`);

  it('what hangs on an archived student is not counted again, and goes with it', async () => {
    roster.removeStudents('s1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 1 }, enrollments: { archived: 2 }, guardianships: { archived: 1 } },
    });
    expect(await measured(harness, run, 'students', 'enrollments', 'guardianships')).toEqual([
      ['students', 'A', 1, 10, 1],
      ['enrollments', 'A', 0, 14, 1],
      ['guardianships', null, 0, 10, 1],
    ]);
    expect(await archivedBy('enrollments')).toEqual([
      { sis_id: 'c1~s1~student', archived_by: 'parent' },
      { sis_id: 'c2~s1~student', archived_by: 'parent' },
    ]);
    expect(await archivedBy('guardianships')).toEqual([{ sis_id: 's1~of-s1', archived_by: 'parent' }]);
  });

  it.each([
    { type: 'classes', id: 'c2', ends: ['c2~s1~student', 'c2~s2~student'] },
    { type: 'staff', id: 't2', ends: ['c1~t2~teacher'] },
  ] as const)('nor is what hangs on archived $type', async ({ type, id, ends }) => {
    await configure({ alwaysAllow: 1 });
    roster.remove(type, id).remove('enrollments', ...ends);
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { enrollments: { archived: ends.length } } });
    expect(await measured(harness, run, 'enrollments')).toEqual([['enrollments', 'A', 0, 14, 1]]);
    expect(await archivedBy('enrollments')).toEqual(ends.map((sis_id) => ({ sis_id, archived_by: 'parent' })));
  });

  it('nor is the guardianship of an archived guardian', async () => {
    roster.remove('guardians', 'of-s1').remove('guardianships', 's1~of-s1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { guardians: { archived: 1 } } });
    expect(await measured(harness, run, 'guardians', 'guardianships')).toEqual([
      ['guardians', null, 1, 10, 1],
      ['guardianships', null, 0, 10, 1],
    ]);
    expect(await archivedBy('guardianships')).toEqual([{ sis_id: 's1~of-s1', archived_by: 'parent' }]);
  });

  it('what ends while its class and its person stay is counted', async () => {
    roster.remove('enrollments', enrollment('s1')).remove('guardianships', 's2~of-s2');
    const run = await harness.run('sis');
    expect(await measured(harness, run, 'enrollments', 'guardianships')).toEqual([
      ['enrollments', 'A', 1, 14, 1],
      ['guardianships', null, 1, 10, 1],
    ]);
    expect(await archivedBy('enrollments')).toEqual([{ sis_id: 'c1~s1~student', archived_by: 'sync' }]);
    roster.remove('enrollments', enrollment('s2'), enrollment('s3'));
    const over = await harness.run('sis');
    expect(over).toMatchObject({ status: 'held', counts: { enrollments: { archived: 0, withheld: 2 } } });
    expect(await measured(harness, over, 'enrollments')).toEqual([['enrollments', 'A', 2, 13, 1]]);
  });

  it('what hangs on a withheld record stays with it, and goes on with it when it is back', async () => {
    roster.removeStudents('s1', 's2');
    const held = await harness.run('sis');
    expect(held).toMatchObject({ status: 'held', counts: { students: { withheld: 2 }, enrollments: { withheld: 0 } } });
    expect([await archivedBy('enrollments'), await archivedBy('guardianships')]).toEqual([[], []]);
    roster.student('s1', 'A').enroll('s1', 'c1').enroll('s1', 'c2').guardian('of-s1', 's1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 1, restored: 0 }, enrollments: { archived: 2, restored: 0 } },
    });
    expect(await archivedBy('enrollments')).toEqual([
      { sis_id: 'c1~s2~student', archived_by: 'parent' },
      { sis_id: 'c2~s2~student', archived_by: 'parent' },
    ]);
  });

  it('what went with a record comes back when the data has it again, and no more than that', async () => {
    roster.removeStudents('s1');
    await harness.run('sis');
    roster.student('s1', 'A').enroll('s1', 'c1').guardian('of-s1', 's1');
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { students: { restored: 1 }, enrollments: { restored: 1 }, guardianships: { restored: 1 } },
    });
    // Its class and its person are active again: it is archived for itself.
    expect(await archivedBy('enrollments')).toEqual([{ sis_id: 'c2~s1~student', archived_by: 'sync' }]);
  });

  it('what hangs on a person of two records stays with the one that stays', async () => {
    // A teacher who is a parent too, under one id.
    roster.guardian('t1', 's3');
    await harness.run('sis');
    roster.remove('guardians', 't1').remove('guardianships', compositeKey('s3', 't1'));
    roster.deliveries.enrollments = 'absent';
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { guardians: { archived: 1 }, staff: { archived: 0 } } });
    expect(await archivedBy('enrollments')).toEqual([]);
  });

  it('what ends of a person of two records, one of which stays, is counted', async () => {
    roster.guardian('t1', 's3');
    await harness.run('sis');
    roster.remove('guardians', 't1').remove('guardianships', compositeKey('s3', 't1'));
    roster.remove('enrollments', enrollment('t1', 'c1', 'teacher'));
    const run = await harness.run('sis');
    expect(await measured(harness, run, 'enrollments')).toEqual([['enrollments', 'A', 1, 14, 1]]);
    expect(await archivedBy('enrollments')).toEqual([{ sis_id: 'c1~t1~teacher', archived_by: 'sync' }]);
  });

  it('goes with its root although the data still lists it, and although its type was not delivered', async () => {
    roster.remove('students', 's1');
    roster.deliveries.guardianships = 'absent';
    await configure({ maxSkippedPercent: 100 });
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 1 }, enrollments: { archived: 2 }, guardianships: { archived: 1 } },
    });
    expect(await archivedBy('guardianships')).toEqual([{ sis_id: 's1~of-s1', archived_by: 'parent' }]);
  });
});

describe('guard §8: absent or marked', () => {
  beforeEach(async () => {
    await configure({});
    roster.class('c1', 'A').students(20, 'A', 's');
    for (const id of someOf('s', 1, 20)) roster.enroll(id, 'c1');
    await harness.run('sis');
  });

  /** The one is not in the data any more, the other is marked there, with the enrollment. */
  const leave = (absent: string, marked: string): void => {
    roster
      .removeStudents(absent)
      .gone.add(`students/${marked}`)
      .add(`enrollments/${enrollment(marked)}`);
  };

  it('counts what is absent and what is marked alike in a full delivery', async () => {
    leave('s1', 's2');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 2 } } });
    expect(await measured(harness, run, 'students')).toEqual([['students', 'A', 2, 20, 2]]);
    expect(await harness.ids('students', 'archived')).toEqual(['s1', 's2']);
    leave('s3', 's4');
    expect(await harness.run('sis')).toMatchObject({ status: 'held', counts: { students: { withheld: 2 } } });
  });

  it('counts what is marked alone in a delta: absence means nothing', async () => {
    roster.deliveries.students = 'delta';
    roster.deliveries.enrollments = 'delta';
    roster.records.students.clear();
    roster.records.enrollments.clear();
    roster.student('s1', 'A').student('s2', 'A').gone.add('students/s1').add('students/s2');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 2 } } });
    expect(await measured(harness, run, 'students', 'enrollments')).toEqual([
      ['students', 'A', 2, 20, 2],
      ['enrollments', 'A', 0, 20, 2],
    ]);
    roster.records.students.clear();
    roster.student('s3', 'A').student('s4', 'A').gone.add('students/s3').add('students/s4');
    expect(await harness.run('sis')).toMatchObject({ status: 'held', counts: { students: { withheld: 2 } } });
  });

  it('archives nothing for a mark on a record that the roster does not hold', async () => {
    roster.student('s99', 'A').gone.add('students/s99');
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { students: { created: 0, archived: 0, unchanged: 20 } },
    });
  });
});
