import { requestSync, sweep, type PipelineContext } from '@rollbook/pipeline';
import { PostgresRuns } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let logged: object[];
let context: PipelineContext;

beforeAll(async () => {
  testDatabase = await createTestDatabase('sweep');
}, 30_000);
afterAll(() => testDatabase.drop(), 30_000);
beforeEach(async () => {
  await testDatabase.database.pool.query('TRUNCATE districts CASCADE');
  harness = new PipelineHarness(testDatabase.database, new RosterBuilder().school('A').students(3, 'A', 's'));
  for (const id of ['one', 'two', 'three']) await harness.createSync(id, `district-of-${id}`);
  logged = [];
  const note = (fields: object, message: string): void => void logged.push({ ...fields, message });
  context = { ...harness.context, log: { info: note, warn: note, error: note } };
});

const away = (): Promise<never> => Promise.reject(new Error('away'));

class HalfAway extends PostgresRuns {
  override active = away;
  override waitingApprovals = away;
  override cleanUp = away;
  override startWanted(syncId: string): ReturnType<PostgresRuns['startWanted']> {
    return syncId === 'one' ? away() : super.startWanted(syncId);
  }
}

/** A queue that fails for one run. */
const failingFor = (runId: number): PipelineContext['queue'] => ({
  enqueue: (...args) => harness.queue.enqueue(...args),
  remove: () => harness.queue.remove(),
  state: (_name, _stage, payload) =>
    payload.runId === runId ? Promise.reject(new Error('the job cannot be read')) : harness.queue.state(),
});

it('guard §40: one run that cannot be looked at keeps no other from getting its job back', async () => {
  const runs = [];
  for (const id of ['one', 'two', 'three'])
    runs.push(await harness.context.ledger.request(id, { trigger: 'cli', preview: false, requestedBy: null }));
  const [first, ...others] = runs;
  await sweep({ ...context, queue: failingFor(first!.runId) });
  expect(harness.queue.jobs.map(({ payload }) => payload.runId)).toEqual(others.map(({ runId }) => runId));
  expect(logged).toMatchObject([
    { runId: first!.runId, message: 'the sweep of active runs failed here, and will be repeated' },
    { runId: others[0]!.runId },
    { runId: others[1]!.runId },
  ]);
});

it('guard §40: the sweep goes on where a whole step fails, and never throws', async () => {
  await harness.sql(
    `INSERT INTO wanted_runs (sync_id, trigger, anyway) VALUES ('one', 'schedule', false), ('two', 'cli', false)`,
  );
  await sweep({ ...context, ledger: new HalfAway(testDatabase.database.pool) });
  expect(harness.queue.jobs).toHaveLength(1);
  expect(await harness.sql('SELECT sync_id, trigger FROM runs')).toEqual([{ sync_id: 'two', trigger: 'cli' }]);
  expect(logged.map((entry) => (entry as { message: string }).message)).toEqual([
    'the sweep of active runs failed here, and will be repeated',
    'the sweep of approvals failed here, and will be repeated',
    'the sweep of wanted runs failed here, and will be repeated',
    'the run that was due or asked for meanwhile has been started',
    'the sweep of the tables of finished runs failed here, and will be repeated',
  ]);
  await harness.work();
  expect((await requestSync(context, 'two', { trigger: 'cli' })).created).toBe(true);
});
