import { rejectHold, reopenHold } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('same_delivery');
}, 30_000);
afterAll(() => testDatabase.drop());

beforeEach(async () => {
  await testDatabase.database.pool.query('TRUNCATE districts, schools, students, roster_changes CASCADE');
  roster = new RosterBuilder();
  roster.revision = 'one';
  roster.school('A').students(10, 'A', 'a');
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside');
  await harness.run('sis');
});

it('does not read a delivery again that was applied already, and says so in the same counts', async () => {
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded', reason: null });
  expect(run.counts.students).toMatchObject({ created: 0, unchanged: 10 });
  expect(run.counts.schools).toMatchObject({ created: 0, unchanged: 1 });
  expect(roster.pullsRead).toBe(1);
  expect(await harness.run('sis')).toMatchObject({ counts: { students: { unchanged: 10 } } });
});

it('reads a delivery with another revision', async () => {
  roster.revision = 'two';
  roster.student('a1', 'A', { grade: '10' });
  expect((await harness.run('sis')).counts.students).toMatchObject({ updated: 1 });
  expect(roster.pullsRead).toBe(2);
});

it('reads it again when the settings or the schools have changed', async () => {
  await harness.createSync('sis', 'riverside', { withhold: 'school' });
  await harness.run('sis');
  expect(roster.pullsRead).toBe(2);
});

it('reads it again when another sync has changed the roster of the district', async () => {
  await harness.createSync('other', 'riverside');
  const other = new RosterBuilder();
  other.school('B').students(3, 'B', 'b');
  harness.source = other;
  await harness.run('other');
  harness.source = roster;
  await harness.run('sis');
  expect(roster.pullsRead).toBe(2);
});

it('reads it again after a hold, and after a failure that came between nothing is lost', async () => {
  roster.revision = 'two';
  roster.removeStudents('a1', 'a2');
  expect((await harness.run('sis')).status).toBe('held');
  expect((await harness.run('sis')).status).toBe('held');
  expect(roster.pullsRead).toBe(3);
  roster.revision = null;
  roster.records.students.clear();
  expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'invalid_data' });
});

it('reads it again after records that it kept were no longer to be kept', async () => {
  roster.revision = 'two';
  roster.removeStudents('a1', 'a2');
  await harness.run('sis');
  const [hold] = await harness.sql<{ id: number }>('SELECT id FROM holds');
  const decision = { holdId: hold?.id as number, actor: 'pat', comment: 'they stay' };
  await rejectHold(testDatabase.database.pool, decision);
  expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', counts: { students: { kept: 2 } } });
  await harness.run('sis');
  expect(roster.pullsRead).toBe(3);
  await reopenHold(testDatabase.database.pool, decision);
  expect(await harness.run('sis')).toMatchObject({ status: 'held', counts: { students: { withheld: 2 } } });
  expect(roster.pullsRead).toBe(4);
});

it('ends a run whose second round finds the applied delivery, after its first round had warned of another', async () => {
  const { ledger } = harness.context;
  roster.extraEvents.push({
    kind: 'warning',
    warning: { code: 'odd', file: 'students.csv', line: 2, message: 'odd' },
  });
  roster.revision = 'two';
  await harness.run('sis');
  roster.revision = 'three';
  const { runId } = await ledger.request('sis', { trigger: 'cli', preview: false, requestedBy: null });
  await harness.step('fetch', { version: 1, runId, round: 1 });
  await harness.sql(`DELETE FROM snapshots WHERE run_id = $1`, [runId]);
  roster.revision = 'two';
  await harness.work();
  expect(await harness.result(runId)).toMatchObject({ status: 'succeeded', warnings: [{ code: 'odd' }] });
});

it('reads it in full for a preview', async () => {
  await harness.run('sis', true);
  expect(roster.pullsRead).toBe(2);
});
