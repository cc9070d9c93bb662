import { requestSync } from '@rollbook/pipeline';
import { fingerprintOf, generateSshKeyPair, startSftpSite, type SftpSite } from '@rollbook/sandbox';
import { DASHBOARD_USER, startServer, type Server } from '@rollbook/server';
import { PostgresRuns, readRun, type Database } from '@rollbook/store';
import { startWorkers, type Workers } from '@rollbook/worker';
import { BACKENDS, freshPrefix, openTestQueues, until, type TestQueues } from '../queue-backends.ts';
import { SECRET_KEYS, SILENT, createSyncFixture, endOf, type SyncFixture } from '../sync-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

const PASSWORD = 'dashboard password';
const USERS = [{ username: 'riverside', password: 'open sesame' }];

interface ListedQueue {
  readonly name: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly ListedJob[];
}
interface ListedJob {
  readonly id: string;
  readonly failedReason?: string;
  readonly stacktrace: readonly string[];
  readonly returnValue: unknown;
}

let fixture: SyncFixture;
beforeAll(async () => {
  fixture = await createSyncFixture();
});
afterAll(() => fixture.stop());

describe.each(BACKENDS)('the dashboard on $name', ({ name, backend }) => {
  const { privateKey } = generateSshKeyPair();
  let testDatabase: TestDatabase;
  let database: Database;
  let server: Server;
  let workers: Workers;
  let producer: TestQueues;
  let site: SftpSite;

  /** A site that goes down and comes back is still the same: at the same port, with the same key. */
  const openSite = (port: number): Promise<SftpSite> =>
    startSftpSite({ root: fixture.folder, users: USERS, port, hostKey: privateKey });

  beforeAll(async () => {
    testDatabase = await createTestDatabase(`dashboard_${name.toLowerCase()}`);
    database = testDatabase.database;
    site = await openSite(0);
    await fixture.configure(database, { port: site.port, hostKey: fingerprintOf(privateKey) });
    const common = { backend: backend(testDatabase.url), queuePrefix: freshPrefix(), database, log: SILENT };
    producer = openTestQueues(common.backend, common.queuePrefix, { attempts: 1 });
    server = await startServer({ ...common, host: '127.0.0.1', port: 0, dashboardPassword: PASSWORD });
    workers = await startWorkers({
      ...common,
      secretKeys: SECRET_KEYS,
      allowPrivateSources: true,
      sweepIntervalMs: 200,
    });
  }, 30_000);
  afterAll(async () => {
    await workers.stop(0);
    await server.stop();
    await producer.close();
    await site.stop();
    await testDatabase.drop();
  }, 30_000);

  const basic = (user: string, password: string): string =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const call = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> =>
    fetch(server.url + path, {
      ...init,
      headers: { authorization: basic(DASHBOARD_USER, PASSWORD), ...init.headers },
      redirect: 'manual',
    });
  const listed = async (queue: string, status: string): Promise<ListedQueue> => {
    const response = await call(`/queues/api/queues?activeQueue=${queue}&status=${status}&page=1&jobsPerPage=20`);
    expect(response.status).toBe(200);
    const { queues } = (await response.json()) as { queues: ListedQueue[] };
    return queues.find((each) => each.name === queue) ?? Promise.reject(new Error(`the dashboard has no ${queue}`));
  };
  const retry = (jobId: string, headers: Record<string, string> = {}): Promise<Response> =>
    call(`/queues/api/queues/fetch-sftp/${jobId}/retry`, { method: 'PUT', headers });
  const request = async (): Promise<number> => {
    const ports = { ledger: new PostgresRuns(database.pool), queue: producer.queues };
    return (await requestSync(ports, 'by-sftp', { trigger: 'cli' })).runId;
  };
  const studentCount = async (): Promise<number | undefined> =>
    (await database.pool.query<{ count: number }>('SELECT count(*)::integer AS count FROM students')).rows[0]?.count;

  /** A run whose source was down. */
  const failedRun = async (): Promise<{ runId: number; jobId: string }> => {
    await site.stop();
    const runId = await request();
    expect((await endOf(database, runId)).run).toMatchObject({ status: 'failed', reason: 'source_unavailable' });
    const jobId = `fetch.${runId}.1`;
    await until('the failed job', async () =>
      (await listed('fetch-sftp', 'failed')).jobs.some((job) => job.id === jobId),
    );
    return { runId, jobId };
  };

  it('says that it is up, to everybody', async () => {
    const response = await fetch(`${server.url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it('asks for the password', async () => {
    for (const path of ['/queues', '/queues/', '/queues/api/queues', '/queues/static/main.js']) {
      const response = await fetch(server.url + path, { redirect: 'manual' });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Basic');
    }
    for (const authorization of [
      basic(DASHBOARD_USER, 'wrong'),
      basic('admin', PASSWORD),
      basic(DASHBOARD_USER, ''),
      'Basic',
      `Bearer ${PASSWORD}`,
    ])
      expect((await call('/queues', { headers: { authorization } })).status).toBe(401);
    expect((await call('/queues')).status).toBe(200);
  });

  it('lists every queue', async () => {
    const response = await call('/queues/api/queues');
    const { queues } = (await response.json()) as { queues: ListedQueue[] };
    expect(queues.map((queue) => queue.name).sort()).toEqual(
      producer.queues
        .all()
        .map((queue) => queue.name)
        .sort(),
    );
  });

  it('shows a failed job with its reason and nothing personal, and carries its run on when it is retried', async () => {
    const { runId, jobId } = await failedRun();
    const queue = await listed('fetch-sftp', 'failed');
    const job = queue.jobs.find(({ id }) => id === jobId);
    expect(job?.failedReason).toMatch(/^source_unavailable: /);
    expect(job?.stacktrace.join('\n')).not.toMatch(/\n\s+at /);
    expect(JSON.stringify(queue)).not.toMatch(/sesame|riverside\b.*password|@[a-z]/);
    expect(await studentCount()).toBe(0);

    expect((await retry(jobId, { origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await retry(jobId, { origin: 'null' })).status).toBe(403);
    expect((await listed('fetch-sftp', 'failed')).jobs.map(({ id }) => id)).toContain(jobId);

    site = await openSite(site.port);
    expect((await retry(jobId, { origin: server.url })).status).toBe(204);
    await until('the run to go on', async () => (await readRun(database, runId)).run.status === 'succeeded');
    const run = await readRun(database, runId);
    expect(run.run).toMatchObject({ id: String(runId), reason: null, message: null });
    expect(await studentCount()).toBe(fixture.studentCount);
    expect((await listed('fetch-sftp', 'failed')).counts['failed']).toBe(0);
  }, 30_000);

  it('changes nothing by a retry of a run that a newer one has superseded', async () => {
    const { runId, jobId } = await failedRun();
    site = await openSite(site.port);
    const newer = await request();
    expect((await endOf(database, newer)).run.status).toBe('succeeded');
    const read = async (): Promise<unknown> =>
      (
        await database.pool.query(
          `SELECT r.id, r.status, r.reason, r.finished_at, d.roster_version FROM runs r, districts d ORDER BY r.id`,
        )
      ).rows;
    const before = await read();
    expect((await retry(jobId)).status).toBe(204);
    await until('the retried job', async () =>
      (await listed('fetch-sftp', 'completed')).jobs.some(
        ({ id, returnValue }) => id === jobId && JSON.stringify(returnValue) === '{"outcome":"stale"}',
      ),
    );
    expect(await read()).toEqual(before);
    expect((await readRun(database, runId)).run.status).toBe('failed');
  }, 30_000);

  it('tells a stranger that a page asked from elsewhere is refused, whatever it would do', async () => {
    for (const [method, path] of [
      ['POST', '/queues/api/queues/fetch-sftp/add'],
      ['PUT', '/queues/api/queues/pause'],
      ['PUT', '/queues/api/queues/fetch-sftp/obliterate'],
    ] as const) {
      const response = await call(path, { method, headers: { origin: 'https://elsewhere.example' } });
      expect(response.status).toBe(403);
    }
    expect((await listed('fetch-sftp', 'completed')).counts['completed']).toBeGreaterThan(0);
  });
});
