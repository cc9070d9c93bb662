import { RECORD_TYPES } from '@rollbook/core';
import { requestSync, payloadOf, type Stage } from '@rollbook/pipeline';
import type { QueueBackend } from '@rollbook/queue';
import { PostgresRuns, openDatabase, type Database } from '@rollbook/store';
import { startWorkers, type Workers } from '@rollbook/worker';
import { PipelineHarness } from '../pipeline-harness.ts';
import { BACKENDS, freshPrefix, openTestQueues, until, type TestQueues } from '../queue-backends.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { SECRET_KEYS, SILENT, endOf } from '../sync-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { holdLock } from './held-lock.ts';
import { createOwnPostgres, createOwnRedis, type OwnServer } from './own-servers.ts';
import { CONTROL, TRIED, createTwoDistricts, snapshotTables, stateAfter, type TwoDistricts } from './two-districts.ts';
import { QUICK_TAKEOVER } from './worker-child.ts';

/** The two districts with workers on the servers given, which a test takes away from under them. */
class Ground {
  readonly #database: Database;
  readonly #districts: TwoDistricts;
  readonly #queues: TestQueues;
  readonly #start: () => Promise<Workers>;
  #workers: Workers | undefined;

  constructor(database: Database, districts: TwoDistricts, backend: QueueBackend) {
    const queuePrefix = freshPrefix();
    this.#database = database;
    this.#districts = districts;
    this.#queues = openTestQueues(backend, queuePrefix);
    this.#start = () =>
      startWorkers({
        backend,
        queuePrefix,
        database,
        settings: QUICK_TAKEOVER,
        sweepIntervalMs: 100,
        secretKeys: SECRET_KEYS,
        allowPrivateSources: true,
        log: SILENT,
      });
  }

  async work(): Promise<void> {
    this.#workers = await this.#start();
  }

  async rest(): Promise<void> {
    await this.#workers?.stop(0);
    this.#workers = undefined;
  }

  async close(): Promise<void> {
    await this.rest();
    await this.#queues.close();
  }

  async request(district: string): Promise<number> {
    const ports = { ledger: new PostgresRuns(this.#database.pool), queue: this.#queues.queues };
    return (await requestSync(ports, `${district}-sis`, { trigger: 'cli' })).runId;
  }

  /** The first run of both districts. */
  async settle(): Promise<void> {
    await this.work();
    for (const district of [CONTROL, TRIED]) await endOf(this.#database, await this.request(district));
    await this.rest();
  }

  /** A run that stands in the middle of its download. */
  async download(): Promise<number> {
    this.#districts.site.faults.slowBytesPerSecond = 3_000;
    const runId = await this.request(TRIED);
    let seen: unknown;
    const isDownloading = async (): Promise<boolean> => {
      const { rows } = await this.#database.pool.query<{ progress: string | null }>(
        'SELECT status, stage, round, progress FROM runs WHERE id = $1',
        [runId],
      );
      seen = rows[0];
      return rows[0]?.progress?.startsWith('Downloading') ?? false;
    };
    await until(() => `the download; the run is at ${JSON.stringify(seen)}`, isDownloading);
    return runId;
  }

  /** The run ends like one that nothing befell. */
  async expectUndisturbed(runId: number): Promise<void> {
    this.#districts.site.faults.clear();
    expect((await endOf(this.#database, runId)).run).toMatchObject({ status: 'succeeded', reason: null });
    const controlRun = await this.request(CONTROL);
    expect((await endOf(this.#database, controlRun)).counts.students.archived).toBeGreaterThan(0);
    const control = await stateAfter(this.#database, CONTROL, controlRun);
    expect(await stateAfter(this.#database, TRIED, runId)).toEqual(control);
    await until('the snapshots to be dropped', async () => (await snapshotTables(this.#database)).length === 0);
  }
}

let districts: TwoDistricts;
let ground: Ground;
beforeAll(async () => {
  districts = await createTwoDistricts();
});
afterAll(() => districts.stop());
beforeEach(() => districts.turnDay());

describe('Redis', () => {
  let redis: Awaited<ReturnType<typeof createOwnRedis>>;
  let testDatabase: TestDatabase;

  beforeAll(async () => {
    redis = await createOwnRedis();
    await redis.start();
    testDatabase = await createTestDatabase('own_redis');
    await districts.configure(testDatabase.database);
    ground = new Ground(testDatabase.database, districts, { backend: 'redis', url: redis.url });
    await ground.settle();
  }, 30_000);
  afterEach(() => ground.rest(), 20_000);
  afterAll(async () => {
    await ground.close();
    await redis.remove();
    await testDatabase.drop();
  }, 30_000);

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'may be restarted in the middle of a run, also by %s',
    async (signal) => {
      await ground.work();
      const runId = await ground.download();
      await redis.stop(signal);
      await redis.start();
      await ground.expectUndisturbed(runId);
    },
    40_000,
  );

  it('may lose every job in the middle of a run', async () => {
    await ground.work();
    const runId = await ground.download();
    await redis.stop('SIGKILL');
    redis.forget();
    await redis.start();
    await ground.expectUndisturbed(runId);
  }, 40_000);

  it('may lose every job before anybody worked on it', async () => {
    const runId = await ground.request(TRIED);
    await redis.stop('SIGTERM');
    redis.forget();
    await redis.start();
    await ground.work();
    await ground.expectUndisturbed(runId);
  }, 40_000);
});

const emptyRoster = (database: Database) =>
  database.pool.query(`TRUNCATE districts, ${RECORD_TYPES.join(', ')}, roster_changes CASCADE`);

describe('PostgreSQL', () => {
  let postgres: OwnServer;
  let database: Database;

  beforeAll(async () => {
    postgres = await createOwnPostgres();
    database = openDatabase({ databaseUrl: postgres.url });
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await postgres.remove();
  }, 30_000);

  const restart = async (signal: NodeJS.Signals): Promise<void> => {
    await postgres.stop(signal);
    await postgres.start();
  };

  describe.each(BACKENDS)('with the queues on $name', ({ backend }) => {
    beforeAll(async () => {
      await emptyRoster(database);
      await districts.configure(database);
      ground = new Ground(database, districts, backend(postgres.url));
      await ground.settle();
    }, 60_000);
    afterEach(() => ground.rest(), 20_000);
    afterAll(() => ground.close(), 20_000);

    it.each([
      ['restarted', 'SIGINT'],
      ['crashed', 'SIGQUIT'],
    ] as const)(
      'may be %s in the middle of a fetch',
      async (_, signal) => {
        await ground.work();
        const runId = await ground.download();
        await restart(signal);
        await ground.expectUndisturbed(runId);
      },
      40_000,
    );

    it.each([
      ['diff', 'LOCK TABLE kept_records IN ACCESS EXCLUSIVE MODE'],
      ['apply', 'LOCK TABLE enrollments IN SHARE MODE'],
    ])(
      'may crash in the middle of %s, and the run goes back to fetch',
      async (_, statement) => {
        const runId = await ground.request(TRIED);
        const lock = await holdLock(postgres.url, statement);
        await ground.work();
        await lock.waiters();
        await restart('SIGQUIT');
        await lock.release();
        await ground.expectUndisturbed(runId);
        const { rows } = await database.pool.query('SELECT round FROM runs WHERE id = $1', [runId]);
        expect(rows).toEqual([{ round: 2 }]);
      },
      40_000,
    );
  });

  it.each(['diff', 'guard', 'apply'] as const)(
    'empties a complete snapshot when it crashes before %s: it is fetched anew, and nobody is archived for it',
    async (stage) => {
      await emptyRoster(database);
      const roster = new RosterBuilder().school('0101').students(40, '0101', 'a');
      const harness = new PipelineHarness(database, roster);
      await harness.createSync('sis', stage);
      await harness.run('sis');
      roster.removeStudents('a7').student('new', '0101');
      const payload = payloadOf(await requestSync(harness.context, 'sis', { trigger: 'cli' }));
      const stages: Stage[] = ['fetch', 'diff', 'guard', 'apply'];
      for (const before of stages.slice(0, stages.indexOf(stage))) await harness.step(before, payload);
      await restart('SIGQUIT');
      const [snapshot] = await harness.sql<{ prefix: string }>('SELECT table_prefix AS prefix FROM snapshots');
      expect(await harness.sql(`SELECT 1 FROM snapshot."${snapshot?.prefix}_students"`)).toEqual([]);
      if (stage === 'guard') await harness.step('guard', payload);
      const next = stage === 'diff' ? 'diff' : 'apply';
      expect(await harness.step(next, payload)).toEqual({ outcome: 'restarted', next: 'fetch' });
      expect(await harness.count('students')).toBe(40);
      await harness.work();
      const run = await harness.result(payload.runId);
      expect(run).toMatchObject({ status: 'succeeded', reason: null });
      expect(run.counts.students).toMatchObject({ created: 1, archived: 1, unchanged: 39 });
      expect(await harness.ids('students', 'archived')).toEqual(['a7']);
    },
    40_000,
  );
});
