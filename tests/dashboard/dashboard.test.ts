import { requestSync } from '@rollbook/pipeline';
import { startServer, type Server } from '@rollbook/server';
import { PostgresRuns, type Database } from '@rollbook/store';
import { startWorkers, type Workers } from '@rollbook/worker';
import { BACKENDS, freshPrefix, openTestQueues, until, type TestQueues } from '../queue-backends.ts';
import { SECRET_KEYS, SILENT, createSyncFixture, endOf, type SyncFixture } from '../sync-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

const PASSWORD = 'a good password';
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

interface BoardQueue {
  readonly name: string;
  readonly jobs: readonly { readonly id: string; readonly failedReason?: string; readonly data: object }[];
}

let fixture: SyncFixture;
beforeAll(async () => {
  fixture = await createSyncFixture(40);
});
afterAll(() => fixture.stop());

describe.each(BACKENDS)('the dashboard on $name', ({ name, backend }) => {
  let testDatabase: TestDatabase;
  let database: Database;
  let server: Server;
  let workers: Workers;
  let producer: TestQueues;

  beforeAll(async () => {
    testDatabase = await createTestDatabase(`dashboard_${name.toLowerCase()}`);
    database = testDatabase.database;
    await fixture.configure(database);
    const shared = { backend: backend(testDatabase.url), queuePrefix: freshPrefix(), database, log: SILENT };
    producer = openTestQueues(shared.backend, shared.queuePrefix, { attempts: 1, backoffMs: 50 });
    workers = await startWorkers({ ...shared, secretKeys: SECRET_KEYS, allowPrivateSources: true });
    server = await startServer({ ...shared, host: '127.0.0.1', port: 0, dashboardPassword: PASSWORD });
  }, 30_000);
  afterAll(async () => {
    await server.stop();
    await workers.stop(0);
    await producer.close();
    await testDatabase.drop();
  });

  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${server.url}${path}`, { headers });
  const authorized = { authorization: basic('rollbook', PASSWORD) };
  const boardQueue = async (queue: string, status: string): Promise<BoardQueue | undefined> => {
    const response = await get(`/queues/api/queues?activeQueue=${queue}&status=${status}`, authorized);
    const { queues } = (await response.json()) as { queues: BoardQueue[] };
    return queues.find((each) => each.name === queue);
  };
  const retry = (queue: string, jobId: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/queues/api/queues/${queue}/${jobId}/retry`, {
      method: 'PUT',
      headers: { ...authorized, ...headers },
    });
  const request = async (syncId: string): Promise<number> => {
    const ledger = new PostgresRuns(database.pool);
    return (await requestSync({ ledger, queue: producer.queues }, syncId, { trigger: 'cli' })).runId;
  };
  const failedJob = (runId: number) =>
    until(`the failed fetch of run ${runId}`, async () =>
      (await boardQueue('fetch-sftp', 'failed'))?.jobs.find(({ id }) => id === `fetch.${runId}.1`),
    );

  it('asks for the password, at every path', async () => {
    for (const path of ['/queues', '/queues/', '/queues/api/queues']) {
      expect((await get(path)).status).toBe(401);
      expect((await get(path, { authorization: basic('rollbook', 'wrong password') })).status).toBe(401);
      expect((await get(path, { authorization: basic('admin', PASSWORD) })).status).toBe(401);
      expect((await get(path, { authorization: 'Bearer x' })).status).toBe(401);
    }
    const page = await get('/queues', authorized);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Rollbook queues');
  });

  it('lists every queue', async () => {
    const response = await get('/queues/api/queues', authorized);
    const { queues } = (await response.json()) as { queues: BoardQueue[] };
    expect(queues.map((queue) => queue.name).sort()).toEqual([
      'apply',
      'diff',
      'fetch-files',
      'fetch-sftp',
      'guard',
      'schedule',
    ]);
  });

  it('shows why a fetch failed, and carries its run to the end when retried after the source came back', async () => {
    fixture.site.faults.refuseConnections = true;
    const runId = await request('by-sftp');
    expect((await endOf(database, runId)).run).toMatchObject({ status: 'failed', reason: 'source_unavailable' });
    const job = await failedJob(runId);
    expect(job.failedReason).toMatch(/^source_unavailable: /);
    expect(JSON.stringify(job)).not.toMatch(/sesame/);
    expect(job.data).toEqual({ version: 1, runId, round: 1 });

    fixture.site.faults.clear();
    expect((await retry('fetch-sftp', job.id)).status).toBe(204);
    await until('the run to succeed', async () => (await endOf(database, runId)).run.status === 'succeeded');
    const { run, counts } = await endOf(database, runId);
    expect(run).toMatchObject({ reason: null, message: null });
    expect(counts.students.created).toBe(fixture.studentCount);
  }, 30_000);

  it('changes nothing when a run is retried that a newer one has overtaken', async () => {
    fixture.site.faults.refuseConnections = true;
    const former = await request('by-sftp');
    const job = await failedJob(former);
    await endOf(database, former);
    fixture.site.faults.clear();
    const newer = await request('by-sftp');
    await endOf(database, newer);
    expect((await retry('fetch-sftp', job.id)).status).toBe(204);
    await until('the job to be done', async () =>
      (await boardQueue('fetch-sftp', 'completed'))?.jobs.some(({ id }) => id === job.id),
    );
    expect((await endOf(database, former)).run.status).toBe('failed');
    const { rows } = await database.pool.query(`SELECT id FROM runs WHERE status IN ('queued', 'running')`);
    expect(rows).toEqual([]);
  }, 30_000);

  it('refuses what another site makes a browser send', async () => {
    const response = await retry('fetch-sftp', 'fetch.1.1', { origin: 'http://evil.example' });
    expect(response.status).toBe(403);
    const own = await retry('fetch-sftp', 'fetch.999.1', { origin: server.url });
    expect(own.status).not.toBe(403);
  });

  it('tells those who watch it that it is well', async () => {
    const response = await get('/healthz');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it('keeps the schedules in line with the syncs', async () => {
    const schedules = producer.queues.all().find((queue) => queue.name === 'schedule');
    expect(await schedules?.getJobSchedulers()).toEqual([]);
    await producer.queues.setSchedules([{ syncId: 'by-sftp', pattern: '0 2 * * *', timezone: 'America/Chicago' }]);
    const [scheduler] = (await schedules?.getJobSchedulers()) ?? [];
    expect(scheduler).toMatchObject({ key: 'sync.by-sftp', pattern: '0 2 * * *', tz: 'America/Chicago' });
    const due = new Date(scheduler?.next ?? 0);
    expect(due.toLocaleTimeString('en-US', { timeZone: 'America/Chicago', hour12: false })).toBe('02:00:00');
    await producer.queues.setSchedules([]);
    expect(await schedules?.getJobSchedulers()).toEqual([]);
  });
});

it('says what to do when its address is taken', async () => {
  const testDatabase = await createTestDatabase('dashboard_taken');
  const options = {
    backend: BACKENDS[0]!.backend(testDatabase.url),
    queuePrefix: freshPrefix(),
    database: testDatabase.database,
    host: '127.0.0.1',
    dashboardPassword: PASSWORD,
    log: SILENT,
  };
  const first = await startServer({ ...options, port: 0 });
  try {
    const port = Number(new URL(first.url).port);
    await expect(startServer({ ...options, port })).rejects.toThrow(/ROLLBOOK_HTTP_PORT/);
  } finally {
    await first.stop();
    await testDatabase.drop();
  }
}, 30_000);
