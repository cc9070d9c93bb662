import { tmpdir } from 'node:os';
import { CleverSource, parseConfig, runSettings, type RunSettings } from '@rollbook/core';
import { cleverId, generateDistrict, startCleverSite, type CleverSite } from '@rollbook/sandbox';
import { createSource } from '@rollbook/sources';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

const DISTRICT = generateDistrict({ seed: 3, schoolSizes: [60, 50, 70] });

let testDatabase: TestDatabase;
let site: CleverSite;
let harness: PipelineHarness;

beforeAll(async () => {
  testDatabase = await createTestDatabase('clever');
}, 30_000);
afterAll(() => testDatabase.drop());

beforeEach(async () => {
  await testDatabase.database.pool.query('TRUNCATE districts, schools, students, roster_changes CASCADE');
  site = await startCleverSite({ districts: [DISTRICT] });
  const { clientId, clientSecret, apiUrl, tokenUrl, account } = site;
  const access = { clientId, clientSecret, districtId: account.id };
  const config = CleverSource.parse({ type: 'clever', apiUrl, tokenUrl, pageSize: 100, ...access });
  harness = new PipelineHarness(
    testDatabase.database,
    createSource(config, { spoolDir: tmpdir(), allowPrivate: true, log: () => undefined }),
  );
  await harness.createSync('sis', 'riverside', settingsWith());
  expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', reason: null });
});
afterEach(() => site.stop());

/** The settings of a sync with these schools, as a configuration file sets them. */
function settingsWith(schools?: readonly { readonly sisId: string; readonly name?: string }[]): RunSettings {
  const sync = { id: 'sis', source: { type: 'clever', token: 'any' }, ...(schools === undefined ? {} : { schools }) };
  const [parsed] = parseConfig({ districts: [{ id: 'riverside', syncs: [sync] }] }).districts[0]?.syncs ?? [];
  if (parsed === undefined) throw new Error('The configuration has no sync.');
  return runSettings(parsed);
}

const archivedOf = ({ counts }: RunResult): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts).flatMap(([type, { archived }]) => (archived > 0 ? [[type, archived]] : [])),
  );

it('finds nothing to do when nothing has changed', async () => {
  site.account.sync();
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded', counts: { students: { unchanged: 180 } } });
  for (const counts of Object.values(run.counts))
    expect(counts).toMatchObject({ created: 0, updated: 0, archived: 0, restored: 0, skipped: 0 });
});

it('lets terms and courses come back under other ids without a hold (guard §4)', async () => {
  const before = await harness.count('courses');
  site.account.set({ madeAnew: 1 });
  const run = await harness.run('sis');
  expect(run).toMatchObject({ status: 'succeeded', counts: { courses: { created: before, archived: before } } });
  expect(Object.keys(archivedOf(run)).sort()).toEqual(['courses', 'terms']);
});

it.each([
  ['student_contacts'],
  ['teachers'],
  ['school_admins'],
  ['district_admins'],
  ['students'],
  ['sections'],
  ['schools'],
])('archives nothing for want of the scope %p (guard §19)', async (scope) => {
  site.account.set({ removedScopes: [scope] });
  const run = await harness.run('sis');
  expect([run.status, archivedOf(run)]).toEqual(['succeeded', {}]);
  expect(run.warnings.map(({ code }) => code)).toContain('missing_permission');
  site.account.set({ removedScopes: [] });
  expect(await harness.run('sis')).toMatchObject({
    status: 'succeeded',
    counts: { staff: { created: 0, updated: 0 } },
  });
});

it('holds the archives when many students are not shared any more, although sections still name them', async () => {
  site.account.set({ unsharedStudents: DISTRICT.students.slice(0, 40).map(({ sisId }) => sisId) });
  expect(await harness.run('sis')).toMatchObject({ status: 'held', reason: 'threshold' });
  expect(await harness.count('students')).toBe(180);
});

it.each([
  ['an empty list of students', () => site.account.set({ empty: ['student'] }), 'invalid_data'],
  ['an empty list of sections', () => site.account.set({ empty: ['sections'] }), 'invalid_data'],
  ['an empty list of contacts', () => site.account.set({ empty: ['contact'] }), 'invalid_data'],
  [
    'a token that is revoked between two pages',
    () => {
      site.plan({ before: '/v3.1/users', occurrence: 2, happens: () => site.account.disconnect() });
    },
    'wrong_credentials',
  ],
  [
    'a page that is cut short',
    () => site.http.faults.add({ kind: 'body', path: '/v3.1/users', body: { data: [] } }),
    'invalid_data',
  ],
] as const)('changes nothing upon %s (guard §18, §19)', async (_, happens, reason) => {
  happens();
  expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason });
  expect([await harness.count('students'), await harness.count('classes')]).toEqual([180, DISTRICT.classes.length]);
  expect(await harness.count('guardians')).toBeGreaterThan(0);
});

it('links schools by their ids in Clever, and names the one that is meant by its name', async () => {
  await harness.createSync('linked', 'lakeside', settingsWith([{ sisId: cleverId('school', '0101') }]));
  expect(await harness.run('linked')).toMatchObject({ status: 'succeeded', counts: { students: { created: 60 } } });
  const [school] = DISTRICT.schools;
  await harness.createSync('linked', 'lakeside', settingsWith([{ sisId: '0101', name: school?.name ?? '' }]));
  const run = await harness.run('linked');
  expect(run).toMatchObject({ status: 'failed', reason: 'schools_not_found' });
  const [row] = await harness.sql<{ missing: { sisId: string; nearest: string[] }[] }>(
    'SELECT schools_not_found AS missing FROM runs WHERE id = $1',
    [run.runId],
  );
  expect(row?.missing).toMatchObject([{ sisId: '0101', nearest: [cleverId('school', '0101')] }]);
});
