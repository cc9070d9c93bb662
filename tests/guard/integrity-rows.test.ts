import { sound } from '../../packages/sources/src/delivery.fixture.ts';
import { manifest } from '../../packages/sources/src/oneroster-csv/roster.fixture.ts';
import type { RecordType } from '@rollbook/core';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { DeliveredFolder, type Files } from './delivered-folder.ts';

let testDatabase: TestDatabase;
let folder: DeliveredFolder;
let harness: PipelineHarness;

const others = Array.from({ length: 19 }, (_, index) => `S${index + 2}`);
const studentRow = (id: string, role = 'student'): string => `${id},,,TRUE,0123,${role},,,Given,Family,,,,,,,09,\n`;
/** 20 students, `007` and `S2` to `S20`, each in the one class; two teachers, one guardian. */
const DELIVERY = {
  ...sound,
  'users.csv': [
    sound['users.csv'].replace('"D1,0123"', '0123'),
    ...others.map((id) => studentRow(id)),
    'T8,,,TRUE,0123,teacher,,,Given,Family,,,,,,,,\n',
  ].join(''),
  'enrollments.csv': `${sound['enrollments.csv']}${others.map((id) => `E-${id},,,K1,0123,${id},student,,,`).join('\n')}\n`,
};
type Name = keyof typeof DELIVERY;

/** The delivery with one file's text changed. */
function changed(name: Name, change: (text: string) => string): Files {
  const after = change(DELIVERY[name]);
  expect(after).not.toBe(DELIVERY[name]);
  return { ...DELIVERY, [name]: after };
}
const without = (name: string): Files => Object.fromEntries(Object.entries(DELIVERY).filter(([key]) => key !== name));
const headerOnly = (text: string): string => text.slice(0, text.indexOf('\n') + 1);
const linesWithout = (pattern: RegExp) => (text: string) =>
  text
    .split('\n')
    .filter((line) => !pattern.test(line))
    .join('\n');

/** Nothing may be archived, so that whatever counts as gone is seen; every row may be skipped. */
const STRICT = {
  threshold: { default: 0, perType: {} },
  maxSkippedPercent: 100,
  guardiansWithoutContact: 'take',
} as const;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_integrity_rows');
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
  await harness.createSync('sis', 'riverside', STRICT);
  await folder.deliver(DELIVERY);
  expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', reason: null });
});

async function runWith(files: Files): Promise<RunResult> {
  await folder.deliver(files);
  return harness.run('sis');
}
const changesOf = (runId: number) =>
  harness.sql('SELECT record_type, sis_id, action FROM roster_changes WHERE run_id = $1', [runId]);

describe('guard §19: empty is not gone', () => {
  it.each<[string, Name, (text: string) => string, string]>([
    ['orgs.csv without rows', 'orgs.csv', headerOnly, 'No schools arrived, but 3 are active.'],
    ['academicSessions.csv without rows', 'academicSessions.csv', headerOnly, 'No terms arrived, but 1 are active.'],
    ['courses.csv without rows', 'courses.csv', headerOnly, 'No courses arrived, but 1 are active.'],
    ['classes.csv without rows', 'classes.csv', headerOnly, 'No classes arrived, but 1 are active.'],
    ['enrollments.csv without rows', 'enrollments.csv', headerOnly, 'No enrollments arrived, but 21 are active.'],
    ['users.csv without rows', 'users.csv', headerOnly, 'No students arrived, but 20 are active.'],
    ['users.csv without students', 'users.csv', linesWithout(/,student,/), 'No students arrived, but 20 are active.'],
    ['users.csv without staff', 'users.csv', linesWithout(/,teacher,/i), 'No staff arrived, but 2 are active.'],
    ['users.csv without guardians', 'users.csv', linesWithout(/,parent,/), 'No guardians arrived, but 1 are active.'],
    [
      'users.csv that ties nobody to a guardian',
      'users.csv',
      (text) => text.replace(',G1,', ',,').replace(',007,,\n', ',,,\n'),
      'No guardianships arrived, but 1 are active.',
    ],
  ])('%s is invalid_data', async (_, name, empty, message) => {
    // Even where everything may be archived.
    await harness.createSync('sis', 'riverside', { ...STRICT, threshold: { default: 10_000, perType: {} } });
    const run = await runWith(changed(name, empty));
    expect(run).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    expect(run.message).toContain(message);
    expect(await changesOf(run.runId)).toEqual([]);
  });

  it.each<[Name, RecordType]>([
    ['academicSessions.csv', 'terms'],
    ['courses.csv', 'courses'],
  ])('%s is optional: where it is not there, %s stay, and what refers to them', async (name, recordType) => {
    const run = await runWith(without(name));
    expect(run).toMatchObject({ status: 'succeeded', reason: null, warnings: [] });
    expect(await changesOf(run.runId)).toEqual([]);
    expect(await harness.count(recordType)).toBe(1);
  });

  it('demographics.csv is optional: where it is not there, nobody goes', async () => {
    await runWith({ ...DELIVERY, 'demographics.csv': 'sourcedId,birthDate\n007,2010-02-28\n' });
    const run = await runWith(DELIVERY);
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 0, withheld: 0, skipped: 0 } } });
    expect(await harness.count('students')).toBe(20);
  });

  it.each<[string, RecordType]>([
    ['orgs', 'schools'],
    ['classes', 'classes'],
    ['enrollments', 'enrollments'],
    ['users', 'students'],
  ])('%s declared absent leave everything as it is', async (key, recordType) => {
    const before = await harness.ids(recordType);
    const modes = { orgs: 'bulk', classes: 'bulk', users: 'bulk', enrollments: 'bulk', courses: 'bulk' };
    const rest = without(`${key}.csv`);
    const run = await runWith({
      ...rest,
      'manifest.csv': manifest('1.1', { ...modes, academicSessions: 'bulk', [key]: 'absent' }),
    });
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(await changesOf(run.runId)).toEqual([]);
    expect(await harness.ids(recordType)).toEqual(before);
  });

  it('orgs are absent: whose school nobody knows then is left alone, in a delta and in full', async () => {
    await harness.createSync('sis', 'riverside', {
      threshold: { default: 10_000, perType: {} },
      schools: [{ sisId: '0123', name: null }],
    });
    // As if it had been linked from the first: of a linked roster departments are no part.
    await harness.sql(`DELETE FROM schools WHERE sis_id <> '0123'`);
    const users = DELIVERY['users.csv'].replace('T8,,,TRUE,0123,', 'T8,,,TRUE,MATH,');
    const classes = `${DELIVERY['enrollments.csv']}E-T8,,,K1,0123,T8,teacher,,,\n`;
    const delivery = { ...DELIVERY, 'users.csv': users, 'enrollments.csv': classes };
    await runWith(delivery);
    const renamed = users.replace('T8,,,TRUE,MATH,teacher,,,Given', 'T8,,,TRUE,MATH,teacher,,,Other');
    const { 'orgs.csv': _, ...withoutOrgs } = { ...delivery, 'users.csv': renamed };
    const modes = { academicSessions: 'bulk', courses: 'bulk', classes: 'bulk', orgs: 'absent' };
    for (const mode of ['delta', 'bulk']) {
      const manifestText = manifest('1.1', { ...modes, users: mode, enrollments: mode });
      const run = await runWith({ ...withoutOrgs, 'manifest.csv': manifestText });
      expect(run).toMatchObject({
        status: 'succeeded',
        counts: { staff: { archived: 0 }, enrollments: { archived: 0 } },
      });
      expect(await harness.ids('staff')).toContain('T8');
      expect(await harness.ids('enrollments')).toContain('E-T8');
    }
  });

  it('an empty delta changes nothing', async () => {
    const modes = { orgs: 'bulk', classes: 'bulk', users: 'delta', enrollments: 'delta', courses: 'bulk' };
    const run = await runWith({
      ...DELIVERY,
      'users.csv': headerOnly(DELIVERY['users.csv']),
      'enrollments.csv': headerOnly(DELIVERY['enrollments.csv']),
      'manifest.csv': manifest('1.1', { ...modes, academicSessions: 'bulk' }),
    });
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(await changesOf(run.runId)).toEqual([]);
  });

  it('is asked of active managed records only', async () => {
    await harness.sql('UPDATE courses SET sync_id = NULL');
    expect(await runWith(changed('courses.csv', headerOnly))).toMatchObject({ status: 'succeeded', reason: null });
    expect(await harness.count('courses')).toBe(1);
  });
});

describe('guard §20: rows that cannot be used', () => {
  it.each<[string, Name, (text: string) => string, RecordType, string, number, string, RecordType?]>([
    [
      'an unknown role',
      'users.csv',
      (t) => t.replace('S4,,,TRUE,0123,student', 'S4,,,TRUE,0123,pupil'),
      'students',
      'unknown_role',
      7,
      'S4',
    ],
    [
      'an unknown role of a teacher',
      'users.csv',
      (t) => t.replace('Teacher', 'Lector'),
      'staff',
      'unknown_role',
      3,
      'T7',
      // Nobody knows of which type the row is; it counts against the first.
      'students',
    ],
    [
      'a student without a name',
      'users.csv',
      (t) => t.replace('S2,,,TRUE,0123,student,,,Given,Family', 'S2,,,TRUE,0123,student,,,,'),
      'students',
      'missing_value',
      5,
      'S2',
    ],
    [
      'a date that is none',
      'enrollments.csv',
      (t) => t.replace('2026-12-20', '2026-12-32'),
      'enrollments',
      'bad_date',
      2,
      'E1',
    ],
    [
      'an enrollment without its class',
      'enrollments.csv',
      (t) => t.replace('E-S2,,,K1', 'E-S2,,,'),
      'enrollments',
      'missing_value',
      4,
      'E-S2',
    ],
    [
      'a term with a date that is none',
      'academicSessions.csv',
      (t) => t.replace('2026-08-15', '15.8.2026'),
      'terms',
      'bad_date',
      2,
      'T1',
    ],
    ['a class without a title', 'classes.csv', (t) => t.replace('Algebra 1', ''), 'classes', 'missing_value', 2, 'K1'],
    [
      'more values than columns',
      'courses.csv',
      (t) => t.replace('Math,01', 'Math,01,x'),
      'courses',
      'ragged_row',
      2,
      'C1',
    ],
  ])('%s is skipped and reported, and its record stays', async (...row) => {
    const [, name, change, recordType, code, line, sisId, countedAs = recordType] = row;
    const run = await runWith(changed(name, change));
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(run.counts[countedAs].skipped).toBe(1);
    expect(run.warnings).toContainEqual(expect.objectContaining({ code, file: name, line }));
    expect(run.counts[recordType]).toMatchObject({ updated: 0, archived: 0, withheld: 0 });
    expect(await harness.ids(recordType)).toContain(sisId);
    expect(await changesOf(run.runId)).not.toContainEqual(expect.objectContaining({ record_type: recordType }));
  });

  it('a row without an id protects nobody', async () => {
    const run = await runWith(changed('users.csv', (text) => text.replace('S4,,', ',,')));
    expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(run.warnings).toContainEqual(expect.objectContaining({ code: 'missing_id', file: 'users.csv', line: 7 }));
    expect(run.counts.students).toMatchObject({ skipped: 1, withheld: 1 });
  });

  it('a new record is created as soon as its row can be used', async () => {
    const row = (role: string) => ({
      ...DELIVERY,
      'users.csv': DELIVERY['users.csv'] + studentRow('S21', role),
    });
    expect((await runWith(row('pupil'))).counts.students).toMatchObject({ created: 0, skipped: 1 });
    expect((await runWith(row('student'))).counts.students).toMatchObject({ created: 1, skipped: 0 });
  });

  /** The delivery of another day, with so many of its 20 students in a row that cannot be used. */
  async function runWithSkipped(maxSkippedPercent: number, skipped: number): Promise<RunResult> {
    await harness.createSync('sis', 'riverside', { ...STRICT, maxSkippedPercent });
    let users = DELIVERY['users.csv'].replace('Charles', 'Carl');
    for (const id of others.slice(0, skipped)) users = users.replace(studentRow(id), studentRow(id, 'pupil'));
    return runWith({ ...DELIVERY, 'users.csv': users });
  }

  it.each([
    [0, 0],
    [5, 1],
    [10, 2],
  ])('the rest is used with %d %% allowed and %i of 20 skipped', async (maxSkippedPercent, skipped) => {
    const run = await runWithSkipped(maxSkippedPercent, skipped);
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { skipped }, staff: { updated: 1 } } });
  });

  it.each([
    [0, 1],
    [4.99, 1],
    [5, 2],
    [10, 3],
  ])('nothing is used with %d %% allowed and %i of 20 skipped', async (maxSkippedPercent, skipped) => {
    const run = await runWithSkipped(maxSkippedPercent, skipped);
    expect(run).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    expect(run.message).toContain(`${skipped} of 20 students rows could not be used; at most ${maxSkippedPercent} %`);
    expect(await changesOf(run.runId)).toEqual([]);
  });
});
