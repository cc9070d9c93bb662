import { RECORD_TYPES, type Reason, type SyncError } from '@rollbook/core';
import { payloadOf, requestSync } from '@rollbook/pipeline';
import { generateDistrict, type HttpFault } from '@rollbook/sandbox';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { PipelineHarness } from '../pipeline-harness.ts';
import { CLASSLINK_PROXY, CLASSLINK_SHA256, CLEVER_V31, ONEROSTER_LOOSE, ONEROSTER_V12 } from './http-grounds.ts';
import type { HttpGround } from './http-grounds.ts';
import { expectNoLeak } from './leaks.ts';
import type { SourceKind } from './source-ground.ts';

const DISTRICT = generateDistrict({ seed: 12, schools: 2, students: 90 });
const KINDS: readonly SourceKind<HttpGround>[] = [
  CLEVER_V31,
  CLASSLINK_PROXY,
  CLASSLINK_SHA256,
  ONEROSTER_V12,
  ONEROSTER_LOOSE,
];

/** The run fails for that reason, or its job waits without losing an attempt. */
type Outcome = Reason | 'waits';

const WAIT = { kind: 'status', status: 429 } as const;
/** Each strikes the second request for users, when much has been read, and all that follow. */
const FAULTS: readonly [string, HttpFault, Outcome][] = [
  ['401 (a token that was revoked)', { kind: 'status', status: 401 }, 'wrong_credentials'],
  ['403 (sharing that was switched off)', { kind: 'status', status: 403 }, 'wrong_credentials'],
  ['429 with seconds', { ...WAIT, retryAfterSeconds: 120 }, 'waits'],
  ['429 with a date', { ...WAIT, retryAfterSeconds: 120, retryAfterAs: 'date' }, 'waits'],
  ['429 without a word', { ...WAIT, body: 'empty' }, 'waits'],
  ['503 with seconds', { kind: 'status', status: 503, retryAfterSeconds: 600 }, 'waits'],
  ['500', { kind: 'status', status: 500 }, 'source_unavailable'],
  ['503', { kind: 'status', status: 503, body: 'html' }, 'source_unavailable'],
  ['504 at every size', { kind: 'status', status: 504 }, 'source_unavailable'],
  ['a connection that is reset', { kind: 'reset' }, 'source_unavailable'],
  ['truncated JSON', { kind: 'truncate' }, 'source_unavailable'],
  ['silence', { kind: 'hang' }, 'source_unavailable'],
  ['a log-in page', { kind: 'login-page' }, 'source_unavailable'],
  ['a redirect', { kind: 'redirect' }, 'source_unavailable'],
  ['an object without the list', { kind: 'body', body: {} }, 'invalid_data'],
  ['an empty list from the first request on', { kind: 'empty-collection', from: 1 }, 'invalid_data'],
];

let testDatabase: TestDatabase;
beforeAll(async () => {
  testDatabase = await createTestDatabase('source_faults');
});
afterAll(() => testDatabase.drop());

describe.each(KINDS.map((kind) => [kind.name, kind] as const))('%s', (name, kind) => {
  const district = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  let ground: HttpGround;
  let harness: PipelineHarness;

  beforeAll(async () => {
    ground = await kind.prepare(DISTRICT);
    harness = new PipelineHarness(testDatabase.database, ground.source({ responseTimeoutSeconds: 0.5 }));
    await harness.createSync(district, district);
    expect(await harness.run(district)).toMatchObject({ status: 'succeeded' });
  });
  afterAll(() => ground.clear());

  /** Every record of the district, with its status and the run that changed it last. */
  const roster = (): Promise<object[]> =>
    harness.sql(
      RECORD_TYPES.map(
        (type) =>
          `SELECT '${type}' AS type, sis_id, status, created_run_id, changed_run_id, archived_run_id FROM ${type} WHERE district_id = $1`,
      ).join(' UNION ALL ') + ' ORDER BY 1, 2',
      [district],
    );

  it.each(FAULTS)('%s changes nothing (guard §18, §19)', async (_, fault, outcome) => {
    const before = await roster();
    // A day without news would not be read again, where the source can tell.
    await ground.publish({ ...DISTRICT });
    ground.http.faults.add({ from: 2, ...fault, path: `${ground.root}/users` });
    const payload = payloadOf(await requestSync(harness.context, district, { trigger: 'cli' }));
    harness.queue.jobs.length = 0;
    const thrown = await harness.step('fetch', payload).then(
      () => undefined,
      (error: unknown) => error as SyncError,
    );
    const run = await harness.result(payload.runId);
    if (outcome === 'waits') {
      expect(thrown).toMatchObject({ reason: 'source_unavailable', disposition: 'back-off' });
      expect(thrown?.retryAfterMs).toBeGreaterThan(10_000);
      expect(run.status).toBe('running');
    } else expect(run).toMatchObject({ status: 'failed', reason: outcome });
    expectNoLeak(ground, DISTRICT, thrown, run.message, run.warnings);
    expect(await roster()).toEqual(before);

    ground.http.faults.clear();
    if (outcome === 'waits') {
      await harness.step('fetch', payload);
      await harness.work();
    }
    const next = outcome === 'waits' ? await harness.result(payload.runId) : await harness.run(district);
    expect(next).toMatchObject({ status: 'succeeded', reason: null });
    expect(await roster()).toEqual(before);
  });
});
