import { compositeKey, type RecordType, type Student } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_references');
}, 30_000);
afterAll(() => testDatabase.drop());

/** Every row may be skipped: what becomes of single ones is looked at here. */
const LENIENT = { maxSkippedPercent: 100, guardiansWithoutContact: 'take' } as const;

beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside', LENIENT);
  roster.school('A').school('B').class('c1', 'A').students(20, 'A', 'a').staff('t1', 'A');
  roster.enroll('a1', 'c1').enroll('a2', 'c1').guardian('g1', 'a1').guardian('g2', 'a2');
});

const unknownReferences = (run: RunResult): string[] =>
  run.warnings.filter(({ code }) => code === 'unknown_reference').map(({ message }) => message);
const one = (table: RecordType, sisId: string, columns: string) =>
  harness.sql(`SELECT ${columns} FROM ${table} WHERE sis_id = $1 AND status = 'active'`, [sisId]);

describe('guard §21: references', () => {
  it('that are optional are left out, and the row is kept', async () => {
    roster.term('T1').term('T2', { parent: 'no-year' }).course('C1', 'no-site');
    roster.class('c2', 'A', { course: 'no-course', terms: ['no-term', 'T1'] });
    roster.student('s1', 'A', { schools: ['A', 'no-school'] });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(unknownReferences(run).sort()).toEqual([
      'course "no-course" is not in the data; the reference was left out',
      'parent "no-year" is not in the data; the reference was left out',
      'school "no-school" is not in the data; the reference was left out',
      'school "no-site" is not in the data; the reference was left out',
      'term "no-term" is not in the data; the reference was left out',
    ]);
    expect(await one('classes', 'c2', 'course_id, term_ids, school_id')).toEqual([
      { course_id: null, term_ids: ['T1'], school_id: 'A' },
    ]);
    expect(await one('terms', 'T2', 'parent_id')).toEqual([{ parent_id: null }]);
    expect(await one('courses', 'C1', 'school_id')).toEqual([{ school_id: null }]);
    expect(await one('students', 's1', 'school_id, school_ids')).toEqual([{ school_id: 'A', school_ids: ['A'] }]);
  });

  it.each<[string, () => RosterBuilder, RecordType, string]>([
    ['the class of an enrollment', () => roster.enroll('a3', 'no-class'), 'enrollments', 'class "no-class"'],
    ['the person of an enrollment', () => roster.enroll('nobody', 'c1'), 'enrollments', 'person "nobody"'],
    ['the school of a class', () => roster.class('c9', 'no-school'), 'classes', 'school "no-school"'],
    ['the student of a guardianship', () => roster.guardian('g9', 'nobody'), 'guardianships', 'student "nobody"'],
    [
      'the guardian of a guardianship',
      () => roster.guardian('g9', 'a3').remove('guardians', 'g9'),
      'guardianships',
      'guardian "g9"',
    ],
  ])('to %s are required: the row is skipped', async (_, add, recordType, named) => {
    const before = roster.records[recordType].size;
    add();
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(unknownReferences(run)).toEqual([`${named} is not in the data; the row was skipped`]);
    expect(run.counts[recordType]).toMatchObject({ created: before, skipped: 1 });
    expect(await harness.count(recordType)).toBe(before);
  });

  it('that are required and lost leave the record as it was', async () => {
    roster.class('c2', 'A').enroll('a3', 'c2');
    await harness.run('sis');
    roster.class('c2', 'no-school').enroll('a1', 'no-class', { sisId: compositeKey('c1', 'a1', 'student') });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    // The class is in the data (guard §37), and so is what is enrolled in it.
    expect(run.counts.classes).toMatchObject({ updated: 0, archived: 0, skipped: 0 });
    expect(await one('classes', 'c2', 'school_id')).toEqual([{ school_id: 'A' }]);
    expect(run.counts.enrollments).toMatchObject({ updated: 0, archived: 0, unchanged: 2, skipped: 1 });
    expect(await harness.count('enrollments')).toBe(3);
  });

  it('count among the rows that may be skipped (guard §20)', async () => {
    await harness.createSync('sis', 'riverside', { maxSkippedPercent: 5 });
    for (let i = 3; i <= 19; i++) roster.enroll(`a${i}`, 'c1');
    roster.enroll('nobody', 'c1');
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { enrollments: { skipped: 1 } } });
    roster.enroll('nobody else', 'c1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    expect(run.message).toContain('2 of 21 enrollments rows could not be used');
  });

  it.each<[string, 'absent' | 'delta']>([
    ['are not delivered', 'absent'],
    ['arrive as a delta', 'delta'],
  ])('to types that %s are looked up in the roster', async (_, delivery) => {
    await harness.run('sis');
    for (const type of ['schools', 'classes', 'students', 'guardians'] as const) {
      roster.deliveries[type] = delivery;
      roster.records[type].clear();
    }
    roster.enroll('a3', 'c1').enroll('a4', 'no-class').enroll('nobody', 'c1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(run.counts.enrollments).toMatchObject({ created: 1, archived: 0, unchanged: 2, skipped: 2 });
    expect(run.counts.guardianships).toMatchObject({ archived: 0, unchanged: 2, skipped: 0 });
    expect(unknownReferences(run).sort()).toEqual([
      'class "no-class" is not in the data; the row was skipped',
      'person "nobody" is not in the data; the row was skipped',
    ]);
    expect(await one('enrollments', compositeKey('c1', 'a3', 'student'), 'school_id')).toEqual([{ school_id: 'A' }]);
  });
});

describe('guard §22: repeated ids', () => {
  let known: Student;
  beforeEach(() => {
    known = roster.records.students.get('a1') as Student;
  });
  /** More rows of the student `a1`, further down. */
  function again(...rows: { readonly grade: string; readonly gone?: boolean }[]): void {
    roster.extraEvents.push({
      kind: 'rows',
      recordType: 'students',
      file: 'students.csv',
      rows: rows.map(({ grade, gone = false }, index) => ({ record: { ...known, grade }, line: 90 + index, gone })),
    });
  }
  const unusable = (line: number): PullEvent => ({
    kind: 'skipped',
    recordTypes: ['students'],
    sisId: 'a1',
    warning: { code: 'bad_date', file: 'students.csv', line, message: 'students.csv: a date that is none' },
  });
  const repeats = (run: RunResult) =>
    run.warnings.filter(({ code }) => code === 'repeated_id').map(({ line, message }) => [line, message]);

  it('in rows that are identical are one, silently', async () => {
    again({ grade: '09' }, { grade: '09' });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', warnings: [] });
    expect(run.counts.students).toMatchObject({ created: 20, skipped: 0 });
  });

  it('in rows that differ are reported, and the last row wins', async () => {
    again({ grade: '10' }, { grade: '11' });
    const run = await harness.run('sis');
    expect(run.counts.students).toMatchObject({ created: 20, skipped: 0 });
    const message = 'id "a1" stands again further down with other values; the last row was taken';
    expect(repeats(run)).toEqual([
      [2, message],
      [90, message],
    ]);
    expect(await one('students', 'a1', 'grade')).toEqual([{ grade: '11' }]);
  });

  it('do not enlarge what is measured', async () => {
    await harness.createSync('sis', 'riverside', { ...LENIENT, threshold: { default: 1000, perType: {} } });
    await harness.run('sis');
    roster.removeStudents('a18', 'a19', 'a20');
    again({ grade: '10' }, { grade: '10' }, { grade: '10' });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(await harness.sql(`SELECT active, to_archive FROM findings WHERE verdict = 'hold'`)).toEqual([
      { active: 20, to_archive: 3 },
    ]);
  });

  it.each<[string, readonly { grade: string; gone?: boolean }[]]>([
    ['below', [{ grade: '10' }, { grade: '10', gone: true }]],
    ['above', [{ grade: '10', gone: true }, { grade: '10' }]],
  ])('let a row that is marked as deleted give way to one that is not, %s it (guard §38)', async (_, rows) => {
    await harness.run('sis');
    again(...rows);
    roster.remove('students', 'a1');
    const run = await harness.run('sis');
    expect(run.counts.students).toMatchObject({ updated: 1, archived: 0 });
  });

  it.each([
    ['below', 99],
    ['above', 1],
  ])('let a row that cannot be used give way to one that can, %s it', async (_, line) => {
    roster.extraEvents.push(unusable(line));
    again({ grade: '10' });
    roster.remove('students', 'a1');
    roster.enroll('a1', 'c1');
    const run = await harness.run('sis');
    expect(run.counts.students).toMatchObject({ created: 20, skipped: 0 });
    expect(repeats(run)).toEqual([]);
    expect(await one('students', 'a1', 'grade')).toEqual([{ grade: '10' }]);
  });
});
