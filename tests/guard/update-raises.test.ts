import type { RecordType, RunSettings } from '@rollbook/core';
import {
  activeRaise,
  activeUpdateRaise,
  nextRun,
  pauseSync,
  raiseThreshold,
  raiseUpdateThreshold,
  readRun,
  withdrawUpdateRaise,
} from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;
const now = new Date();

beforeAll(async () => {
  testDatabase = await createTestDatabase('update_raises');
}, 30_000);
afterAll(() => testDatabase.drop());

const AT_30: Partial<RunSettings> = { updateThreshold: { students: 3000, staff: 3000, guardians: 3000 } };

/** Ten students and a guardian of each; three of each may be renamed in a run. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, students, guardians, guardianships, roster_changes, decisions CASCADE',
  );
  roster = new RosterBuilder().school('A').students(10, 'A', 's');
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside', AT_30);
  for (const id of roster.records.students.keys()) roster.guardian(`of-${id}`, id);
  await harness.run('sis');
});

const decider = { syncId: 'sis', actor: 'pat', comment: 'another domain' };
const raise = (percent: number, until: string | null = null, recordTypes: readonly RecordType[] | null = null) =>
  raiseUpdateThreshold(testDatabase.database.pool, { ...decider, basisPoints: percent * 100, recordTypes, until }, now);
const active = () => activeUpdateRaise(testDatabase.database.pool, 'sis', now);
const rename = (familyName: string, type: 'students' | 'guardians' = 'students'): void => {
  for (const person of roster.records[type].values()) person.familyName = familyName;
};
const HELD = { status: 'held', counts: { students: { withheldUpdates: 10 } } };
const UPDATED = { status: 'succeeded', counts: { students: { updated: 10, withheldUpdates: 0 } } };

describe('guard §36: the update threshold is raised', () => {
  it('for one run, which makes the updates that were withheld', async () => {
    rename('Other');
    expect(await harness.run('sis')).toMatchObject(HELD);
    await raise(100);
    const run = await harness.run('sis');
    expect(run).toMatchObject(UPDATED);
    const report = await readRun(testDatabase.database, run.runId);
    expect(report.updateFindings).toMatchObject([{ thresholdPercent: 100, thresholdNote: 'raised for this run' }]);
    expect(report.notes).toEqual(['The update threshold is raised to 100 % for one run.']);
    expect(await active()).toBeNull();
    rename('Another');
    expect(await harness.run('sis')).toMatchObject(HELD);
  });

  it('until a day', async () => {
    await raise(100, '2999-01-01');
    rename('Other');
    expect(await harness.run('sis')).toMatchObject(UPDATED);
    rename('Another');
    expect(await harness.run('sis')).toMatchObject(UPDATED);
    expect(await active()).toMatchObject({ until: '2999-01-01' });
  });

  it('apart from the deletion threshold: neither raise is of the other, and both can be in force', async () => {
    await raise(100);
    const { settings } = await nextRun(testDatabase.database.pool, 'sis', now);
    expect(settings).toMatchObject({ threshold: { default: 1000, perType: {} }, limitsNote: null });
    const deletion = { ...decider, basisPoints: 4000, recordTypes: null, until: null };
    await raiseThreshold(testDatabase.database.pool, deletion, now);
    expect(await active()).toMatchObject({ basisPoints: 10_000 });
    expect(await activeRaise(testDatabase.database.pool, 'sis', now)).toMatchObject({ basisPoints: 4000 });
    roster.removeStudents('s1', 's2', 's3', 's4');
    rename('Other');
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { students: { updated: 6, archived: 4 } },
    });
  });

  it('is withdrawn, or replaced by another, and every act is kept', async () => {
    await raise(50);
    await raise(100);
    expect(await active()).toMatchObject({ basisPoints: 10_000, actor: 'pat' });
    await withdrawUpdateRaise(testDatabase.database.pool, decider, now);
    expect(await active()).toBeNull();
    rename('Other');
    expect(await harness.run('sis')).toMatchObject(HELD);
    expect(await harness.sql('SELECT decision, actor, comment, details FROM decisions ORDER BY id')).toMatchObject([
      { decision: 'raise', actor: 'pat', details: { measure: 'updates', basisPoints: 5000, until: null } },
      { decision: 'raise', comment: 'another domain', details: { measure: 'updates', basisPoints: 10_000 } },
      { decision: 'withdraw-raise', details: { measure: 'updates' } },
    ]);
    await expect(withdrawUpdateRaise(testDatabase.database.pool, decider, now)).rejects.toThrow(
      'The update threshold of "sis" is not raised.',
    );
  });

  it('is not used by a run that fails, nor by one of contacts alone', async () => {
    rename('Other');
    await harness.run('sis');
    await raise(100);
    const { students } = roster.records;
    const all = [...students];
    students.clear();
    expect(await harness.run('sis')).toMatchObject({ status: 'failed' });
    for (const [id, student] of all) students.set(id, student);
    await pauseSync(testDatabase.database.pool, { ...decider, until: '2999-01-01', what: 'all-but-contacts' }, now);
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { updated: 0 } } });
    expect(await active()).not.toBeNull();
    await harness.sql('DELETE FROM pauses');
    expect(await harness.run('sis')).toMatchObject(UPDATED);
    expect(await active()).toBeNull();
  });

  it('is used by a run of contacts alone if it was raised for guardians', async () => {
    rename('Other', 'guardians');
    await harness.run('sis');
    await raise(100);
    await pauseSync(testDatabase.database.pool, { ...decider, until: '2999-01-01', what: 'all-but-contacts' }, now);
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { guardians: { updated: 10 } } });
    expect(await active()).toBeNull();
  });

  it('for some types, and never below what is configured', async () => {
    await raise(100, null, ['guardians']);
    rename('Other');
    rename('Other', 'guardians');
    expect(await harness.run('sis')).toMatchObject(HELD);
    await expect(raise(30)).rejects.toThrow('is 30 % already, so that 30 % is no raise');
    await expect(raise(50, null, ['enrollments'])).rejects.toThrow('enrollments have none');
    await expect(raise(50, '2000-01-01')).rejects.toThrow('cannot be raised until 2000-01-01');
  });

  it('not where it is off', async () => {
    await harness.createSync('sis', 'riverside', {});
    await expect(raise(50)).rejects.toThrow('The update threshold of "sis" is off, so that there is nothing to raise.');
  });

  it('only by those who may decide', async () => {
    await harness.sql(`INSERT INTO district_roles (district_id, actor, role) VALUES ('riverside', 'kim', 'approver')`);
    await expect(raise(50)).rejects.toThrow('kim');
  });
});
