import type { RecordType, RunSettings } from '@rollbook/core';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_who_is_in_the_data');
}, 30_000);
afterAll(() => testDatabase.drop());

/** Nothing may be archived without asking: whatever counts as gone is seen. */
const STRICT = { threshold: { default: 0, perType: {} }, guardiansWithoutContact: 'take' } as const;
const LINKED: Partial<RunSettings> = { ...STRICT, schools: [{ sisId: '0101', name: 'North' }] };
const ALL: Partial<RunSettings> = { ...STRICT, schools: null };
const CHOICES: readonly [string, Partial<RunSettings>][] = [
  ['one school is linked', LINKED],
  ['all schools are taken', ALL],
];

async function begin(settings: Partial<RunSettings>): Promise<void> {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside', settings);
  roster.school('0101').school('0102').school('D1', 'district');
  roster.class('k1', '0101').class('k2', '0101').class('k3', '0102');
  roster.students(10, '0101', 'a').students(10, '0102', 'b').staff('t1', '0101').staff('t2', '0102');
  for (const id of ['a1', 'a2', 'a3']) roster.enroll(id, 'k1');
  roster.enroll('t1', 'k1', { role: 'teacher', sisId: 'k1~t1' }).enroll('a4', 'k2').guardian('g1', 'a1');
  expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
}

const NOWHERE: readonly [string, { school: string | null; schools: string[] }, string][] = [
  ['names no school', { school: null, schools: [] }, 'no school'],
  ['names a school that is not in the data', { school: '101', schools: ['101'] }, '"101" (did you mean "0101"?)'],
];
const changes = (run: RunResult) =>
  harness.sql('SELECT record_type, sis_id, action FROM roster_changes WHERE run_id = $1 ORDER BY 1, 2', [run.runId]);
const codes = (run: RunResult): string[] => run.warnings.map(({ code }) => code);
const schoolOf = async (type: RecordType, id: string) =>
  (await harness.sql(`SELECT school_id, status FROM ${type} WHERE sis_id = $1`, [id]))[0];

describe.each(CHOICES)('guard §37: whoever is in the data is not absent, where %s', (_, settings) => {
  beforeEach(() => begin(settings));

  it.each(NOWHERE)('a student whose row %s stays, with enrollments and guardians', async (__, place, cause) => {
    roster.student('a1', '0101', { ...place, grade: '12' }).student('a2', '0101', { ...place });
    for (let night = 1; night <= 2; night++) {
      const run = await harness.run('sis');
      expect(run).toMatchObject({ status: 'succeeded', reason: null });
      expect(await changes(run)).toEqual([]);
      expect(codes(run).filter((code) => code !== 'school_not_linked')).toEqual(['place_unknown']);
      const warning = run.warnings.find(({ code }) => code === 'place_unknown');
      expect(warning).toMatchObject({ file: 'students.csv', line: 2, count: 2 });
      expect(warning?.message).toContain(cause);
      expect(warning?.message).toContain('"a1" (line 2), "a2" (line 3)');
    }
    expect(await schoolOf('students', 'a1')).toEqual({ school_id: '0101', status: 'active' });
    expect(await harness.count('enrollments')).toBe(5);
    expect(await harness.count('guardianships')).toBe(1);
    // Corrected, the row is taken as it is.
    roster.student('a1', '0101', { grade: '12' }).student('a2', '0101');
    expect((await harness.run('sis')).counts.students).toMatchObject({ updated: 1, archived: 0 });
  });

  it.each(NOWHERE)('a member of the staff whose row %s stays', async (__, place) => {
    roster.staff('t1', '0101', { ...place });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(await changes(run)).toEqual([]);
    expect(run.warnings.find(({ code }) => code === 'place_unknown')).toMatchObject({ file: 'staff.csv', count: 1 });
  });

  it.each(NOWHERE)('a class whose row %s stays, and its enrollments are present', async (__, { school }, cause) => {
    roster.class('k1', '0101', { school, title: 'Renamed' }).enroll('a5', 'k1').remove('enrollments', 'k1~a3~student');
    await harness.createSync('sis', 'riverside', { ...settings, threshold: { default: 10_000, perType: {} } });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(await changes(run)).toEqual([{ record_type: 'enrollments', sis_id: 'k1~a3~student', action: 'archive' }]);
    expect(run.warnings.find(({ code }) => code === 'place_unknown')?.message).toContain(cause);
    expect(codes(run)).not.toContain('unknown_reference');
    expect(await schoolOf('classes', 'k1')).toEqual({ school_id: '0101', status: 'active' });
    expect(await schoolOf('enrollments', 'k1~a5~student')).toEqual({ school_id: '0101', status: 'active' });
    expect(await changes(await harness.run('sis'))).toEqual([]);
  });

  it.each(NOWHERE)('in a delta too: a row that %s changes nothing', async (__, place) => {
    for (const type of ['schools', 'classes', 'students', 'staff', 'enrollments'] as const) {
      roster.deliveries[type] = 'delta';
      roster.records[type].clear();
    }
    roster.student('a1', '0101', { ...place, grade: '12' }).class('k1', '0101', { school: place.school, title: 'New' });
    roster.enroll('a1', 'k1', { beginDate: '2026-09-01' }).enroll('a6', 'k1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(await changes(run)).toEqual([{ record_type: 'enrollments', sis_id: 'k1~a1~student', action: 'update' }]);
    expect(run.counts.enrollments).toMatchObject({ created: 1, skipped: 0 });
    expect(await schoolOf('enrollments', 'k1~a6~student')).toEqual({ school_id: '0101', status: 'active' });
  });

  it('somebody new whose schools are unknown is left out, with the enrollments, and counted', async () => {
    roster.student('n1', '101').enroll('n1', 'k1').guardian('ng', 'n1').class('k9', '101').enroll('a1', 'k9');
    await harness.createSync('sis', 'riverside', { ...settings, maxSkippedPercent: 100 });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(
      (await changes(run)).filter(({ record_type }: { record_type?: string }) => record_type !== 'guardians'),
    ).toEqual([]);
    expect(run.counts.classes).toMatchObject({ created: 0, skipped: 1 });
    expect(run.warnings.find(({ code }) => code === 'place_unknown')?.message).toContain('was left out');
  });

  it('whoever was archived stays archived while the place cannot be told', async () => {
    await harness.createSync('sis', 'riverside', { ...settings, threshold: { default: 10_000, perType: {} } });
    roster.removeStudents('a2');
    await harness.run('sis');
    roster.student('a2', '101').enroll('a2', 'k1');
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', message: null });
    expect(run.counts.students).toMatchObject({ restored: 0, created: 0, updated: 0 });
    expect(await harness.ids('students', 'archived')).toEqual(['a2']);
    expect(await harness.ids('enrollments', 'archived')).toEqual(['k1~a2~student']);
  });

  it('nor does a row that cannot be used end what hangs on the record (guard §20)', async () => {
    roster.remove('students', 'a1').remove('classes', 'k2');
    for (const [recordType, sisId] of [
      ['students', 'a1'],
      ['classes', 'k2'],
    ] as const) {
      const file = `${recordType}.csv`;
      roster.skipped.push({
        kind: 'skipped',
        recordTypes: [recordType],
        sisId,
        warning: { code: 'missing_value', file, line: 9, message: 'blank' },
      });
    }
    await harness.createSync('sis', 'riverside', { ...settings, maxSkippedPercent: 100 });
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(await changes(run)).toEqual([]);
    expect(run.counts.enrollments).toMatchObject({ skipped: 0, unchanged: 5 });
  });
});

describe('guard §37: only a school that is in the data and not linked', () => {
  beforeEach(() => begin({ ...LINKED, threshold: { default: 10_000, perType: {} } }));

  it('says that somebody has left, beside an unknown one too', async () => {
    roster
      .student('a1', '0102')
      .student('a2', '0102', { schools: ['101', '0102'] })
      .class('k2', '0102');
    const run = await harness.run('sis');
    expect(run.counts).toMatchObject({ students: { archived: 2 }, classes: { archived: 1 } });
    expect(await harness.ids('students', 'archived')).toEqual(['a1', 'a2']);
    expect(await harness.count('enrollments', 'archived')).toBe(3);
  });

  it('so does a department', async () => {
    roster.staff('t1', 'D1');
    expect((await harness.run('sis')).counts.staff).toMatchObject({ archived: 1 });
  });

  it('counts nobody as missing for transfer grace', async () => {
    await harness.createSync('sis', 'riverside', { ...LINKED, transferGrace: 2 });
    roster.student('a1', '101');
    for (let night = 1; night <= 3; night++) {
      const run = await harness.run('sis');
      expect(run).toMatchObject({ status: 'succeeded' });
      expect(codes(run)).not.toContain('transfer_grace');
    }
    expect(await harness.sql('SELECT * FROM absences')).toEqual([]);
  });
});

describe('guard §37: where all schools are taken', () => {
  beforeEach(() => begin(ALL));

  it('somebody new without a school is created, and updated as long as there is none', async () => {
    roster.student('n1', '0101', { school: null, schools: [] });
    expect((await harness.run('sis')).counts.students).toMatchObject({ created: 1 });
    roster.student('n1', '0101', { school: null, schools: [], grade: '11' });
    const run = await harness.run('sis');
    expect(run.counts.students).toMatchObject({ updated: 1 });
    expect(codes(run)).toEqual([]);
    roster.student('n1', '0101', { grade: '11' });
    expect((await harness.run('sis')).counts.students).toMatchObject({ updated: 1 });
    expect(await schoolOf('students', 'n1')).toEqual({ school_id: '0101', status: 'active' });
  });
});
