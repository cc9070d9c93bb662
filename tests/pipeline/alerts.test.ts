import { enqueueDigestIfDue, sendDigest, type AlertContext, type AlertDigest } from '@rollbook/pipeline';
import { PostgresAlerts, rejectHold } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { SILENT } from '../sync-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

/** Who is told of new holds, and how often (guard §23). */
let testDatabase: TestDatabase;
let harness: PipelineHarness;
let told: AlertDigest[];
let slots: string[];
let context: AlertContext;

beforeAll(async () => {
  testDatabase = await createTestDatabase('alerts');
});
afterAll(() => testDatabase.drop());
beforeEach(async () => {
  await testDatabase.database.pool.query('TRUNCATE districts, schools, classes, students, staff CASCADE');
  harness = new PipelineHarness(testDatabase.database, new RosterBuilder());
  told = [];
  slots = [];
  context = {
    alerts: new PostgresAlerts(testDatabase.database.pool),
    notifier: { send: async (digest) => void told.push(digest) },
    queue: { enqueueDigest: async ({ slot }) => void slots.push(slot) },
    log: SILENT,
  };
});

/** A district whose only sync is held: 12 of 100 students are gone, all of grade 12. */
async function heldSync(name: string): Promise<RosterBuilder> {
  const roster = new RosterBuilder().school('A').class('c', 'A').staff('t', 'A');
  for (let i = 1; i <= 100; i++) roster.student(`s${i}`, 'A', { grade: i <= 12 ? '12' : '11' });
  await harness.createSync(`${name}-sis`, name);
  harness.source = roster;
  await harness.run(`${name}-sis`);
  roster.remove('students', ...Array.from({ length: 12 }, (_, i) => `s${i + 1}`));
  expect((await harness.run(`${name}-sis`)).status).toBe('held');
  return roster;
}

it('tells of 25 held syncs in one digest', async () => {
  for (let i = 1; i <= 25; i++) await heldSync(`district${String(i).padStart(2, '0')}`);
  expect(await sendDigest(context)).toEqual({ told: 25 });
  expect(told).toHaveLength(1);
  const [digest] = told as [AlertDigest];
  expect(digest.text.split('\n')).toHaveLength(26);
  expect(digest.text).toMatch(/^25 syncs are held in 25 districts/);
  expect(digest.holds[0]).toMatchObject({
    district: 'district01',
    sync: 'district01-sis',
    records: 12,
    schools: ['A'],
  });
  expect(digest.holds[0]?.looksLike[0]).toContain('grade 12 at School A are gone');
  expect(JSON.stringify(digest)).not.toMatch(/Family|@/);
  expect(await sendDigest(context)).toEqual({ told: 0 });
  expect(told).toHaveLength(1);
});

it('tells of the same hold once, not once a night, and of other records again', async () => {
  const roster = await heldSync('riverside');
  await sendDigest(context);
  await harness.run('riverside-sis');
  expect(await sendDigest(context)).toEqual({ told: 0 });
  roster.remove('students', 's13');
  await harness.run('riverside-sis');
  expect(await sendDigest(context)).toEqual({ told: 1 });
});

it('leaves out what was decided, or put right, before anybody was told', async () => {
  const roster = await heldSync('riverside');
  const [hold] = await harness.sql<{ id: number }>('SELECT id FROM holds');
  await rejectHold(testDatabase.database.pool, { holdId: hold?.id as number, actor: 'tester', comment: 'still here' });
  expect(await sendDigest(context)).toEqual({ told: 0 });
  await heldSync('lakeside');
  harness.source = roster.students(12, 'A', 's');
  await harness.run('lakeside-sis');
  expect(await sendDigest(context)).toEqual({ told: 0 });
  expect(told).toEqual([]);
});

it('tells later what could not be told, and asks for it once in a slot', async () => {
  await heldSync('riverside');
  const failing = { ...context, notifier: { send: () => Promise.reject(new Error('status 500 at https://secret')) } };
  await expect(sendDigest(failing)).rejects.toThrow('Nobody could be told of new holds.');
  const atOnce = new Date(Date.now() + 60_000);
  await enqueueDigestIfDue(context, undefined, atOnce);
  expect(slots).toEqual([]);
  await enqueueDigestIfDue(context, undefined, new Date(Date.now() + 16 * 60_000));
  expect(slots).toHaveLength(1);
  expect(new Date(slots[0] as string).getTime() % (15 * 60_000)).toBe(0);
  expect(await sendDigest(context)).toEqual({ told: 1 });
  await enqueueDigestIfDue(context, undefined, new Date(Date.now() + 60 * 60_000));
  expect(slots).toHaveLength(1);
});

it('tells once when two workers tell at the same time', async () => {
  await heldSync('riverside');
  const results = await Promise.all([sendDigest(context), sendDigest(context)]);
  expect(results.map(({ told: count }) => count).sort()).toEqual([0, 1]);
  expect(told).toHaveLength(1);
});
