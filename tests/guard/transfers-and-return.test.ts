import { RECORD_TYPES, type RunSettings } from '@rollbook/core';
import { archiveRecord } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { someOf } from './explained.ts';
import { measured } from './measured.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_transfers');
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
const linkedTo = (ids: readonly string[], settings: Partial<RunSettings> = {}) =>
  configure({ schools: ids.map((sisId) => ({ sisId, name: null })), ...settings });
const archiveByHand = (recordType: string, sisId: string) =>
  archiveRecord(testDatabase.database.pool, { districtId: 'riverside', recordType, sisId, actor: 'pat' });

describe('guard §9: transfers', () => {
  it('between linked schools are updates, and count nowhere', async () => {
    await linkedTo(['A', 'B']);
    roster.students(61, 'A', 'a').student('b1', 'B');
    await harness.run('sis');
    for (const id of someOf('a', 1, 60)) roster.student(id, 'B');
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { students: { updated: 60, archived: 0, created: 0, withheld: 0 } },
    });
    expect(await measured(harness, run, 'students')).toEqual([
      ['students', 'A', 0, 61, 6],
      ['students', 'B', 0, 1, 0],
    ]);
    expect(await measured(harness, await harness.run('sis'), 'students')).toEqual([
      ['students', 'A', 0, 1, 0],
      ['students', 'B', 0, 61, 6],
    ]);
  });

  it('to a school that is not linked are archives, and count in the school that is left', async () => {
    await linkedTo(['A', 'B']);
    roster.class('c1', 'A').students(20, 'A', 'a').students(20, 'B', 'b').enroll('a1', 'c1').enroll('a9', 'c1');
    await harness.run('sis');
    for (const id of ['a1', 'a2']) roster.student(id, 'C');
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 2 }, enrollments: { archived: 1 } },
    });
    expect(await measured(harness, run, 'students', 'enrollments')).toEqual([
      ['students', 'A', 2, 20, 2],
      ['students', 'B', 0, 20, 2],
      ['enrollments', 'A', 0, 2, 0],
    ]);
    for (const id of ['b1', 'b2', 'b3']) roster.student(id, 'C');
    expect(await harness.run('sis')).toMatchObject({
      status: 'held',
      counts: { students: { archived: 0, withheld: 3 } },
    });
  });

  it('out of one of several schools are no archives, until none of the linked ones is left', async () => {
    await linkedTo(['A', 'B']);
    roster
      .students(10, 'A', 'a')
      .students(10, 'B', 'b')
      .student('a1', 'A', { schools: ['A', 'B', 'C'] });
    await harness.run('sis');
    roster.student('a1', 'C', { schools: ['C', 'B'] });
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { students: { updated: 1, archived: 0 } },
    });
    roster.student('a1', 'C', { schools: ['C'] });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 1 } } });
    expect(await measured(harness, run, 'students')).toEqual([
      ['students', 'A', 0, 9, 0],
      ['students', 'B', 1, 11, 1],
    ]);
  });

  it('of a student to the staff are one archive and one create, and the run says so', async () => {
    await configure({});
    roster.students(10, 'A', 's').staff('t1', 'A');
    for (const id of ['c1', 'c2', 'c3']) roster.class(id, 'A').enroll('s1', id);
    await harness.run('sis');
    roster.remove('students', 's1').staff('s1', 'A');
    roster.remove('enrollments', 'c2~s1~student').enroll('s1', 'c3', { primary: true });
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 1, created: 0 }, staff: { created: 1, archived: 0 } },
    });
    expect(await measured(harness, run, 'students', 'staff', 'enrollments')).toEqual([
      ['students', 'A', 1, 10, 1],
      ['staff', 'A', 0, 1, 0],
      ['enrollments', 'A', 0, 3, 0],
    ]);
    expect(run.warnings).toEqual([
      {
        code: 'role_changed',
        file: 'staff',
        line: 3,
        message: '"s1" is a student no longer, and a member of the staff in the data',
        count: 1,
      },
    ]);
    // What the data still enrolls goes on under the same id, be it as it was or changed.
    expect(await harness.ids('enrollments')).toEqual(['c1~s1~student', 'c3~s1~student']);
  });

  it('of a member of the staff to the students are told in the same way', async () => {
    await configure({ alwaysAllow: 1 });
    roster.students(2, 'A', 's').staff('t1', 'A').staff('t2', 'A');
    await harness.run('sis');
    roster.remove('staff', 't2').student('t2', 'A');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { created: 1 }, staff: { archived: 1 } } });
    expect(run.warnings.map(({ code, message }) => [code, message])).toEqual([
      ['role_changed', '"t2" is a member of the staff no longer, and a student in the data'],
    ]);
  });
});

describe('guard §10: return', () => {
  const student = () =>
    harness.sql<{ id: number; status: string }>(
      `SELECT status, school_id, grade, created_run_id, changed_run_id, archived_run_id FROM students WHERE sis_id = 's1'`,
    );

  it('restores the same record with its history, wherever it returns to', async () => {
    await configure({});
    roster.students(10, 'A', 's').students(10, 'B', 'b');
    const first = await harness.run('sis');
    roster.removeStudents('s1');
    const second = await harness.run('sis');
    expect(await student()).toMatchObject([{ status: 'archived', school_id: 'A', archived_run_id: second.runId }]);
    roster.student('s1', 'B', { grade: '10' });
    const third = await harness.run('sis');
    expect(third.counts.students).toMatchObject({ restored: 1, created: 0, updated: 0, unchanged: 19 });
    expect(await student()).toEqual([
      {
        status: 'active',
        school_id: 'B',
        grade: '10',
        created_run_id: first.runId,
        changed_run_id: third.runId,
        archived_run_id: null,
      },
    ]);
    expect(
      await harness.sql(`SELECT run_id, action, before, after FROM roster_changes WHERE sis_id = 's1' ORDER BY run_id`),
    ).toEqual([
      { run_id: second.runId, action: 'archive', before: { status: 'active' }, after: { status: 'archived' } },
      {
        run_id: third.runId,
        action: 'restore',
        before: { status: 'archived', school_id: 'A', school_ids: ['A'], grade: '09' },
        after: { status: 'active', school_id: 'B', school_ids: ['B'], grade: '10' },
      },
    ]);
  });

  it('restores the records of every type', async () => {
    const oneOfEach = (school: string, n: number): RosterBuilder =>
      roster
        .school(school)
        .term(`y${n}`)
        .course(`k${n}`, school)
        .class(`c${n}`, school)
        .staff(`t${n}`, school)
        .student(`s${n}`, school)
        .guardian(`g${n}`, `s${n}`)
        .enroll(`s${n}`, `c${n}`);
    await configure({ threshold: { default: 10_000, perType: {} } });
    oneOfEach('A', 1);
    oneOfEach('B', 2);
    await harness.run('sis');
    roster.removeStudents('s1').remove('schools', 'A').remove('terms', 'y1').remove('courses', 'k1');
    roster.remove('classes', 'c1').remove('staff', 't1').remove('guardians', 'g1');
    const away = await harness.run('sis');
    oneOfEach('A', 1);
    const back = await harness.run('sis');
    for (const type of RECORD_TYPES) {
      expect([type, away.counts[type]]).toMatchObject([type, { archived: 1 }]);
      expect([type, back.counts[type]]).toMatchObject([type, { restored: 1, created: 0, updated: 0 }]);
      expect([type, await harness.ids(type, 'archived')]).toEqual([type, []]);
    }
  });

  it('keeps students archived whom a user archived if that is set, with what hangs on them', async () => {
    await configure({ archivedStudents: 'keep-archived' });
    roster.class('c1', 'A').class('c2', 'A').students(10, 'A', 's').enroll('s1', 'c1').guardian('g1', 's1');
    await harness.run('sis');
    await archiveByHand('students', 's1');
    roster.enroll('s1', 'c2').enroll('s2', 'c2').guardian('g1', 's2').guardian('g2', 's1').guardian('g2', 's3');
    const run = await harness.run('sis');
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { students: { restored: 0, updated: 0, unchanged: 10 } },
    });
    expect(await harness.ids('students', 'archived')).toEqual(['s1']);
    expect(await harness.ids('enrollments')).toEqual(['c2~s2~student']);
    expect(await harness.ids('enrollments', 'archived')).toEqual(['c1~s1~student']);
    expect(await harness.ids('guardianships')).toEqual(['s2~g1', 's3~g2']);
    expect(await harness.ids('guardianships', 'archived')).toEqual(['s1~g1']);

    await configure({ archivedStudents: 'restore' });
    expect(await harness.run('sis')).toMatchObject({
      counts: {
        students: { restored: 1 },
        enrollments: { restored: 1, created: 1 },
        guardianships: { restored: 1, created: 1 },
      },
    });
  });

  it('restores students whom a sync archived, whatever is set', async () => {
    await configure({ archivedStudents: 'keep-archived' });
    roster.students(10, 'A', 's');
    await harness.run('sis');
    roster.removeStudents('s1');
    await harness.run('sis');
    roster.student('s1', 'A');
    expect(await harness.run('sis')).toMatchObject({ counts: { students: { restored: 1, created: 0 } } });
  });

  it('keeps classes archived that a user archived, with their enrollments, unless `unarchiveClasses` is on', async () => {
    await configure({});
    roster
      .class('c1', 'A')
      .class('c2', 'A')
      .students(3, 'A', 's')
      .enroll('s1', 'c1')
      .enroll('s2', 'c1')
      .enroll('s1', 'c2');
    await harness.run('sis');
    await archiveByHand('classes', 'c1');
    roster.class('c1', 'A', { title: 'Renamed' }).enroll('s3', 'c1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { classes: { restored: 0, updated: 0, unchanged: 2 } } });
    expect(await harness.ids('classes', 'archived')).toEqual(['c1']);
    expect(await harness.ids('enrollments')).toEqual(['c2~s1~student']);
    expect(await harness.ids('enrollments', 'archived')).toEqual(['c1~s1~student', 'c1~s2~student']);

    await configure({ unarchiveClasses: true });
    expect(await harness.run('sis')).toMatchObject({
      counts: { classes: { restored: 1 }, enrollments: { restored: 2, created: 1 } },
    });
    expect(await harness.sql(`SELECT title FROM classes WHERE sis_id = 'c1'`)).toEqual([{ title: 'Renamed' }]);
  });
});
