import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { requestSync, type AlertDigest } from '@rollbook/pipeline';
import { PostgresRuns, type Database } from '@rollbook/store';
import { startWorkers, type Workers, type WorkersOptions } from '@rollbook/worker';
import { BACKENDS, freshPrefix, openTestQueues, until, type TestQueues } from '../queue-backends.ts';
import { SECRET_KEYS, SILENT, createSyncFixture, endOf, type SyncFixture } from '../sync-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let fixture: SyncFixture;
beforeAll(async () => {
  fixture = await createSyncFixture();
});
afterAll(() => fixture.stop());

describe.each(BACKENDS)('the pipeline on $name', ({ name, backend }) => {
  let testDatabase: TestDatabase;
  let database: Database;
  let prefix: string;
  let producer: TestQueues;
  const running: Workers[] = [];

  beforeAll(async () => {
    testDatabase = await createTestDatabase(`suite_${name.toLowerCase()}`);
    database = testDatabase.database;
  }, 30_000);
  afterAll(() => testDatabase.drop());
  beforeEach(async () => {
    await database.pool.query('TRUNCATE districts, students, enrollments, roster_changes CASCADE');
    for (const type of ['schools', 'terms', 'courses', 'classes', 'staff', 'guardians', 'guardianships'])
      await database.pool.query(`TRUNCATE ${type}`);
    fixture.site.faults.clear();
    await fixture.configure(database);
    prefix = freshPrefix();
    producer = openTestQueues(backend(testDatabase.url), prefix, { attempts: 2, backoffMs: 50 });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((workers) => workers.stop(0)));
    await producer.close();
  });

  const work = async (options: Partial<WorkersOptions> = {}): Promise<Workers> => {
    const workers = await startWorkers({
      backend: backend(testDatabase.url),
      queuePrefix: prefix,
      database,
      secretKeys: SECRET_KEYS,
      allowPrivateSources: true,
      sweepIntervalMs: 200,
      log: SILENT,
      ...options,
    });
    running.push(workers);
    return workers;
  };
  const request = (syncId: string) =>
    requestSync({ ledger: new PostgresRuns(database.pool), queue: producer.queues }, syncId, { trigger: 'cli' });
  const countStudents = async (): Promise<number> =>
    (await database.pool.query<{ count: number }>(`SELECT count(*)::integer AS count FROM students`)).rows[0]?.count ??
    -1;

  it('carries a run from request to end', async () => {
    await work();
    const { runId } = await request('by-sftp');
    const run = await endOf(database, runId);
    expect(run.run).toMatchObject({ status: 'succeeded', reason: null });
    expect(run.counts.students.created).toBe(fixture.studentCount);
    expect(await countStudents()).toBe(fixture.studentCount);
  }, 30_000);

  it('works with the stages in different workers, and a request made before any of them', async () => {
    const { runId } = await request('by-files');
    await work({ queues: ['apply'] });
    await work({ queues: ['guard', 'diff'] });
    await work({ queues: ['fetch-files'] });
    expect((await endOf(database, runId)).run.status).toBe('succeeded');
  }, 30_000);

  it('puts back a job that was lost', async () => {
    const run = await new PostgresRuns(database.pool).request('by-files', {
      trigger: 'cli',
      preview: false,
      requestedBy: null,
    });
    await work();
    expect((await endOf(database, run.runId)).run.status).toBe('succeeded');
  }, 30_000);

  it('ends a run with wrong credentials at once, with nothing changed and no failed job', async () => {
    await fixture.configure(database, { password: 'wrong' });
    await work();
    const { runId } = await request('by-sftp');
    const run = await endOf(database, runId);
    expect(run.run).toMatchObject({ status: 'failed', reason: 'wrong_credentials' });
    expect(JSON.stringify(run)).not.toContain('wrong"');
    expect(await countStudents()).toBe(0);
    const fetches = producer.queues.all().find(({ name: queue }) => queue === 'fetch-sftp');
    expect(await fetches?.getFailedCount()).toBe(0);
  }, 30_000);

  it('hands a job back to its queue when a shutdown runs out of patience', async () => {
    fixture.site.faults.hang = 'read';
    const first = await work();
    const { runId } = await request('by-sftp');
    const fetches = producer.queues.all().find(({ name: queue }) => queue === 'fetch-sftp');
    await until(
      'the download',
      async () => fixture.site.counters.logins > 0 && (await fetches?.getActiveCount()) === 1,
    );
    const startedAt = Date.now();
    await first.stop(100);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    expect(await fetches?.getWaitingCount()).toBe(1);
    fixture.site.faults.clear();
    await work();
    expect((await endOf(database, runId)).run.status).toBe('succeeded');
    const job = (await fetches?.getJobs(['completed']))?.[0];
    expect(job?.attemptsMade).toBe(1);
  }, 30_000);

  it('tells of a new hold at the web address for alerts, again until it was taken', async () => {
    const bodies: AlertDigest[] = [];
    let refusals = 1;
    const server = createServer((incoming, response) => {
      const status = refusals-- > 0 ? 503 : 204;
      void json(incoming).then((body) => {
        if (status === 204) bodies.push(body as AlertDigest);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const alertUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    try {
      await work({ alertUrl, digestAfterMs: 100 });
      await endOf(database, (await request('by-files')).runId);
      await database.pool.query(`UPDATE students SET sis_id = 'gone-' || sis_id, source_hash = gen_random_uuid()`);
      await database.pool.query('UPDATE districts SET roster_version = roster_version + 1');
      expect((await endOf(database, (await request('by-files')).runId)).run.status).toBe('held');
      await until('the alert', async () => bodies.length > 0);
      expect(bodies).toMatchObject([{ event: 'holds_opened', holds: [{ sync: 'by-files', district: 'riverside' }] }]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }, 60_000);

  it('keeps names, contacts and credentials out of the queue', async () => {
    await work();
    await endOf(database, (await request('by-sftp')).runId);
    const jobs = (await Promise.all(producer.queues.all().map((queue) => queue.getJobs()))).flat();
    expect(jobs).toHaveLength(4);
    for (const job of jobs) {
      expect(Object.keys(job.data as object).sort()).toEqual(['round', 'runId', 'version']);
      expect(JSON.stringify(job.asJSON())).not.toMatch(/@|sesame/);
    }
  }, 30_000);
});
