import { tmpdir } from 'node:os';
import { STAGES, requestSync, runStage, type PipelineContext, type RosterSource, type Stage } from '@rollbook/pipeline';
import { createSource } from '@rollbook/sources';
import { PostgresRuns, PostgresSnapshots, openSourceConfig, type Database } from '@rollbook/store';
import { startWorkers, type Workers } from '@rollbook/worker';
import { BACKENDS, freshPrefix, openTestQueues, until, type TestQueues } from '../queue-backends.ts';
import { SECRET_KEYS, SILENT, endOf } from '../sync-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { holdLock, type HeldLock } from './held-lock.ts';
import { CONTROL, TRIED, createTwoDistricts, snapshotTables, stateAfter, type TwoDistricts } from './two-districts.ts';
import { QUICK_TAKEOVER, WorkerChild } from './worker-child.ts';

const SWEEP_INTERVAL_MS = 100;
const NEVER = new AbortController().signal;

/** Where a run is stopped, and how. */
interface Halt {
  readonly stage: Stage;
  /** Null: the site sends slowly. In apply, most of the roster is written by then. */
  readonly lock: string | null;
}

const HALTS: readonly Halt[] = [
  { stage: 'fetch', lock: null },
  { stage: 'diff', lock: 'LOCK TABLE kept_records IN ACCESS EXCLUSIVE MODE' },
  { stage: 'guard', lock: 'LOCK TABLE findings IN ACCESS EXCLUSIVE MODE' },
  { stage: 'apply', lock: 'LOCK TABLE enrollments IN SHARE MODE' },
];

describe.each(BACKENDS)('a worker that dies, on $name', ({ name, backend }) => {
  let districts: TwoDistricts;
  let testDatabase: TestDatabase;
  let database: Database;
  let prefix: string;
  let producer: TestQueues;
  const running: Workers[] = [];
  const children: WorkerChild[] = [];
  let spare: WorkerChild;
  const locks: HeldLock[] = [];

  beforeAll(async () => {
    spare = new WorkerChild();
    testDatabase = await createTestDatabase(`kill_${name.toLowerCase()}`);
    database = testDatabase.database;
    districts = await createTwoDistricts();
    await districts.configure(database);
    prefix = freshPrefix();
    producer = openTestQueues(backend(testDatabase.url), prefix);
    await work();
    await runOf(CONTROL);
    await runOf(TRIED);
    await stopWorkers();
  }, 60_000);
  afterAll(async () => {
    await spare.kill();
    await producer.close();
    await testDatabase.drop();
    await districts.stop();
  }, 30_000);
  beforeEach(() => districts.turnDay());
  afterEach(async () => {
    await Promise.all(locks.splice(0).map((lock) => lock.release()));
    await Promise.all(children.splice(0).map((child) => child.kill()));
    await stopWorkers();
    districts.site.faults.clear();
  }, 30_000);

  const stopWorkers = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((workers) => workers.stop(0)));
  };
  const common = () => ({
    backend: backend(testDatabase.url),
    queuePrefix: prefix,
    sweepIntervalMs: SWEEP_INTERVAL_MS,
  });
  const work = async (): Promise<void> => {
    const options = { ...common(), database, secretKeys: SECRET_KEYS, allowPrivateSources: true, log: SILENT };
    running.push(await startWorkers({ ...options, settings: QUICK_TAKEOVER }));
  };
  /** The child is loaded while the test before it ends. */
  const startChild = async (): Promise<void> => {
    const child = spare;
    children.push(child);
    await child.start({ ...common(), databaseUrl: testDatabase.url, worker: QUICK_TAKEOVER });
    spare = new WorkerChild();
  };
  const request = async (district: string): Promise<number> => {
    const ports = { ledger: new PostgresRuns(database.pool), queue: producer.queues };
    return (await requestSync(ports, `${district}-sis`, { trigger: 'cli' })).runId;
  };
  const runOf = async (district: string): Promise<number> => {
    const runId = await request(district);
    expect((await endOf(database, runId)).run).toMatchObject({ status: 'succeeded', reason: null });
    return runId;
  };
  const openSource = async (syncId: string): Promise<RosterSource> =>
    createSource(await openSourceConfig(database, syncId, SECRET_KEYS), { spoolDir: tmpdir(), allowPrivate: true });
  const stageOf = async (runId: number): Promise<{ stage: Stage; progress: string | null } | undefined> =>
    (await database.pool.query(`SELECT stage, progress FROM runs WHERE id = $1`, [runId])).rows[0];

  /** Requests a run and lets the child carry it to the halt; gives what lets it go on. */
  const runInto = async ({ stage, lock }: Halt): Promise<{ runId: number; letGo: () => Promise<void> }> => {
    const runId = await request(TRIED);
    if (lock === null) {
      districts.site.faults.slowBytesPerSecond = 15_000;
      await startChild();
      await until('the download', async () => (await stageOf(runId))?.progress?.startsWith('Downloading'));
      return { runId, letGo: async () => districts.site.faults.clear() };
    }
    const held = await holdLock(testDatabase.url, lock);
    locks.push(held);
    await startChild();
    await held.waiters();
    expect((await stageOf(runId))?.stage).toBe(stage);
    return { runId, letGo: () => held.release() };
  };

  /** The run has ended as one that nobody disturbed, to the last row. */
  const expectUndisturbed = async (runId: number): Promise<void> => {
    const run = await endOf(database, runId);
    expect(run.run).toMatchObject({ status: 'succeeded', reason: null });
    const controlRun = await runOf(CONTROL);
    const control = await stateAfter(database, CONTROL, controlRun);
    expect(await stateAfter(database, TRIED, runId)).toEqual(control);
    const { counts } = await endOf(database, controlRun);
    expect(counts.students.archived).toBeGreaterThan(0);
    expect(counts.students.updated).toBeGreaterThan(0);
    await until('the snapshots to be dropped', async () => (await snapshotTables(database)).length === 0);
  };

  it.each(HALTS)(
    'in $stage: the next one ends its run, with nothing lost and nothing twice (guard §7)',
    async (halt) => {
      const { runId, letGo } = await runInto(halt);
      await children[0]?.kill();
      await letGo();
      await work();
      await expectUndisturbed(runId);
    },
    40_000,
  );

  it.each(['fetch', 'diff', 'guard'] as const)(
    'between the commit of %s and the job of the next stage: the sweep brings the run on',
    async (last) => {
      const { ledger, snapshots } = {
        ledger: new PostgresRuns(database.pool),
        snapshots: new PostgresSnapshots(database.pool),
      };
      const nowhere = {
        enqueue: async () => undefined,
        state: async () => 'missing' as const,
        remove: async () => undefined,
      };
      const context: PipelineContext = { ledger, snapshots, queue: nowhere, openSource, log: SILENT };
      const { runId, round } = await ledger.request(`${TRIED}-sis`, {
        trigger: 'cli',
        preview: false,
        requestedBy: null,
      });
      for (const stage of STAGES.slice(0, STAGES.indexOf(last) + 1)) {
        const payload = { version: 1 as const, runId, round };
        const { outcome } = await runStage(context, { stage, payload, isLastAttempt: true, signal: NEVER });
        expect(outcome).toBe('continued');
      }
      await work();
      await expectUndisturbed(runId);
    },
    40_000,
  );

  it.each(HALTS.filter(({ stage }) => stage !== 'guard'))(
    'is only frozen in $stage: another one ends its run, and it commits nothing when it thaws',
    async (halt) => {
      const { runId, letGo } = await runInto(halt);
      const frozen = children[0] as WorkerChild;
      frozen.freeze();
      await letGo();
      await work();
      await expectUndisturbed(runId);
      const before = await stateAfter(database, TRIED, runId);
      const lines = frozen.lines.length;
      frozen.thaw();
      await until('the thawed worker to give up', async () =>
        frozen.lines.slice(lines).some((line) => line.includes('another worker took the stage over')),
      );
      expect(await stateAfter(database, TRIED, runId)).toEqual(before);
      await until('the snapshots to be dropped', async () => (await snapshotTables(database)).length === 0);
    },
    40_000,
  );
});
