import type { RunSettings } from '@rollbook/core';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guardian_contacts');
}, 30_000);
afterAll(() => testDatabase.drop());

/** Guardians of one student: with an e-mail, with a number for messages, with another number only, with nothing. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, students, guardians, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder();
  harness = new PipelineHarness(testDatabase.database, roster);
  await configure({});
  roster.school('A').students(2, 'A', 's').guardian('mail', 's1').guardian('number', 's1', { email: null, sms: '555' });
  roster.guardian('phone', 's1', { email: null, phone: '555' }).guardian('nothing', 's1', { email: null });
});

const configure = (settings: Partial<RunSettings>) => harness.createSync('sis', 'riverside', settings);
const leftOut = (id: string, line: number) => ({
  code: 'guardian_without_contact',
  file: 'guardians',
  line,
  message: `guardian "${id}" has neither an e-mail nor a number for messages, and was left out`,
});

it('new guardians who cannot be reached are left out and reported, and come when they can be', async () => {
  const first = await harness.run('sis');
  expect(first).toMatchObject({ status: 'succeeded', warnings: [leftOut('phone', 4), leftOut('nothing', 5)] });
  expect(await harness.ids('guardians')).toEqual(['mail', 'number']);
  expect(await harness.ids('guardianships')).toEqual(['s1~mail', 's1~number']);
  roster.guardian('nothing', 's1');
  const second = await harness.run('sis');
  expect(second.counts.guardians).toMatchObject({ created: 1, unchanged: 2 });
  expect(second.warnings).toMatchObject([leftOut('phone', 4)]);
  expect(await harness.ids('guardianships')).toEqual(['s1~mail', 's1~nothing', 's1~number']);
});

it('guardians who lose their contacts stay, and are emptied of them', async () => {
  await harness.run('sis');
  roster.guardian('mail', 's1', { email: null });
  const run = await harness.run('sis');
  expect(run.counts.guardians).toMatchObject({ updated: 1, archived: 0 });
  expect(await harness.ids('guardians')).toEqual(['mail', 'number']);
  expect(await harness.sql(`SELECT email FROM guardians WHERE sis_id = 'mail'`)).toEqual([{ email: null }]);
});

it('all are taken where that is set, and nobody is archived when it is taken back', async () => {
  await configure({ guardiansWithoutContact: 'take' });
  expect(await harness.run('sis')).toMatchObject({ warnings: [] });
  expect(await harness.count('guardians')).toBe(4);
  await configure({});
  expect((await harness.run('sis')).counts.guardians).toMatchObject({ archived: 0, unchanged: 4 });
});

it('the limit of guardians counts only those who can be reached', async () => {
  await configure({ maxGuardiansPerStudent: 2 });
  const run = await harness.run('sis');
  expect(run.warnings.map(({ code }) => code)).toEqual(['guardian_without_contact', 'guardian_without_contact']);
  expect(await harness.ids('guardians')).toEqual(['mail', 'number']);
});

it('a delivery that is compared again is judged anew, and warns once', async () => {
  const { ledger } = harness.context;
  const { runId } = await ledger.request('sis', { trigger: 'cli', preview: false, requestedBy: null });
  for (const stage of ['fetch', 'diff', 'guard'] as const) await harness.step(stage, { version: 1, runId, round: 1 });
  // Somebody else's commit: the run compares again.
  await harness.sql(`UPDATE districts SET roster_version = roster_version + 1`);
  await harness.work();
  expect(await harness.result(runId)).toMatchObject({
    status: 'succeeded',
    warnings: [{ code: 'another_round' }, leftOut('phone', 4), leftOut('nothing', 5)],
  });
  expect(await harness.ids('guardians')).toEqual(['mail', 'number']);
});
