import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig, type RunSettings } from '@rollbook/core';
import { payloadOf, requestSync, type PipelineContext } from '@rollbook/pipeline';
import { generateDistrict, writeOneRosterFolder } from '@rollbook/sandbox';
import { createSource } from '@rollbook/sources';
import { archiveRecord, loadConfiguration, openSourceConfig, raiseThreshold, withdrawRaise } from '@rollbook/store';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { SECRET_KEYS } from '../sync-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_settings');
});
afterAll(() => testDatabase.drop());

beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder().school('A').school('B').students(10, 'A', 'a').students(10, 'B', 'b');
  harness = new PipelineHarness(testDatabase.database, roster);
});

const configure = (settings: Partial<RunSettings>) => harness.createSync('sis', 'riverside', settings);
const request = async () => payloadOf(await requestSync(harness.context, 'sis', { trigger: 'cli' }));

/** Requests a run, edits something, and only then lets the run go. */
async function runAfter(edit: () => Promise<unknown>): Promise<RunResult> {
  const { runId } = await request();
  await edit();
  await harness.work();
  return harness.result(runId);
}

describe('guard §14: settings are fixed', () => {
  it('the linked schools', async () => {
    await configure({ schools: [{ sisId: 'A', name: null }] });
    const run = await runAfter(() => configure({}));
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { created: 10 } } });
    expect((await harness.run('sis')).counts.students).toMatchObject({ created: 10, unchanged: 10 });
  });

  it('`withhold` and `alwaysAllow`', async () => {
    await configure({});
    await harness.run('sis');
    roster.removeStudents('a1', 'a2', 'b1');
    await configure({ withhold: 'school', alwaysAllow: 1, threshold: { default: 0, perType: {} } });
    const run = await runAfter(() => configure({ threshold: { default: 0, perType: {} } }));
    expect(run).toMatchObject({ status: 'held', counts: { students: { archived: 1, withheld: 2 } } });
    expect(await harness.ids('students', 'archived')).toEqual(['b1']);
  });

  it('a threshold that was raised', async () => {
    await configure({});
    await harness.run('sis');
    roster.removeStudents('a1', 'a2');
    const { pool } = testDatabase.database;
    const raise = { syncId: 'sis', actor: 'pat', comment: null, basisPoints: 2000, recordTypes: null };
    await raiseThreshold(pool, { ...raise, until: '2999-01-01' }, new Date());
    const run = await runAfter(() => withdrawRaise(pool, { syncId: 'sis', actor: 'pat', comment: null }, new Date()));
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 2 } } });
    roster.removeStudents('b1', 'b2');
    expect(await harness.run('sis')).toMatchObject({ status: 'held' });
  });

  it('what the calendar says of that day', async () => {
    await configure({});
    await harness.run('sis');
    roster.removeStudents('a1', 'b1');
    await harness.sql(`UPDATE syncs SET calendar = '{"additionsOnly": true}'`);
    const run = await runAfter(() => harness.sql(`UPDATE syncs SET calendar = '{}'`));
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { archived: 0, withheld: 2 } } });
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { archived: 2 } } });
  });

  it('the settings of people and classes', async () => {
    roster.class('c1', 'A').enroll('a2', 'c1');
    const keep = { archivedStudents: 'keep-archived', unarchiveClasses: false } as const;
    await configure(keep);
    await harness.run('sis');
    for (const [recordType, sisId] of [
      ['students', 'a1'],
      ['classes', 'c1'],
    ] as const)
      await archiveRecord(testDatabase.database.pool, { districtId: 'riverside', recordType, sisId, actor: 'pat' });
    const kept = await runAfter(() => configure({ archivedStudents: 'restore', unarchiveClasses: true }));
    expect(kept.counts).toMatchObject({ students: { restored: 0 }, classes: { restored: 0 } });
    const restored = await runAfter(() => configure(keep));
    expect(restored.counts).toMatchObject({
      students: { restored: 1 },
      classes: { restored: 1 },
      enrollments: { restored: 1 },
    });
  });
});

describe('guard §14: what the configuration of the source says', () => {
  let home: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'rollbook-settings-'));
    for (const [folder, size] of [
      ['first', 12],
      ['second', 15],
    ] as const)
      await writeOneRosterFolder(generateDistrict({ seed: 5, schoolSizes: [size] }), join(home, folder), {
        version: '1.1',
      });
    // The source is opened from the configuration, as a worker does.
    Object.assign(harness.context, {
      openSource: async (...[syncId, people]: Parameters<PipelineContext['openSource']>) =>
        createSource(await openSourceConfig(testDatabase.database, syncId, SECRET_KEYS, people), {
          spoolDir: home,
          allowPrivate: false,
        }),
    });
  });
  afterEach(() => rm(home, { recursive: true }));

  const load = (folder: string, people: object = {}) =>
    loadConfiguration(
      testDatabase.database,
      parseConfig({
        districts: [
          { id: 'riverside', syncs: [{ id: 'sis', source: { type: 'files', path: join(home, folder), ...people } }] },
        ],
      }),
      SECRET_KEYS,
    );
  const studentsNumberedById = async () =>
    (await harness.sql('SELECT 1 FROM students WHERE student_number = sis_id')).length;

  it('of people is fixed; its address is read when `fetch` begins', async () => {
    await load('first');
    const run = await runAfter(() => load('second', { manageGuardians: false, studentIdSource: 'student_id' }));
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { created: 15 } } });
    expect(run.counts.guardians.created).toBeGreaterThan(0);
    expect(await studentsNumberedById()).toBe(0);
    await harness.run('sis');
    expect(await studentsNumberedById()).toBe(15);
  });

  it('may be put right for a run that has failed, which is then tried again', async () => {
    await load('nowhere');
    const payload = await request();
    await harness.work();
    expect(await harness.result(payload.runId)).toMatchObject({ status: 'failed' });
    await load('first');
    expect(await harness.step('fetch', payload)).toEqual({ outcome: 'continued', next: 'diff' });
    await harness.work();
    expect(await harness.result(payload.runId)).toMatchObject({
      status: 'succeeded',
      reason: null,
      counts: { students: { created: 12 } },
    });
  });
});
