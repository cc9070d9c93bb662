import {
  payloadOf,
  requestSync,
  runStage,
  type ActiveRun,
  type PullEvent,
  type RosterSource,
  type StageResult,
} from '@rollbook/pipeline';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
const roster = new RosterBuilder().school('A').students(3, 'A', 's');

beforeAll(async () => {
  testDatabase = await createTestDatabase('lease_watch');
}, 30_000);
afterAll(() => testDatabase.drop(), 30_000);
beforeEach(async () => {
  await testDatabase.database.pool.query('TRUNCATE districts, schools, students CASCADE');
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside');
});

/** A source that reads for ever, unless it is stopped: it calls `first`, and tells what is to be told. */
function endless(first: () => Promise<unknown>, told: readonly PullEvent[] = []): RosterSource & { stopped: number } {
  const source = {
    stopped: 0,
    survey: () => roster.survey(),
    async *pull(signal: AbortSignal): AsyncIterable<PullEvent> {
      await first();
      yield* told;
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      source.stopped += 1;
      throw new Error('the connection was closed');
    },
  };
  return source;
}

/** Runs the fetch of a run as a worker does that looks at its lease so often. */
const fetchFrom = (source: RosterSource, run: ActiveRun, leaseCheckIntervalMs: number): Promise<StageResult> => {
  const context = { ...harness.context, openSource: () => Promise.resolve(source), leaseCheckIntervalMs };
  const { signal } = new AbortController();
  return runStage(context, { stage: 'fetch', payload: payloadOf(run), isLastAttempt: true, signal });
};

describe('guard §40: a fetch whose lease was lost', () => {
  it.each([
    ['says nothing', [], 20],
    ['tells how far it is', [{ kind: 'progress', message: 'page 1' }], 600_000],
  ] as const)('stops reading at once, which is no failure, from a source that %s', async (_, told, checkMs) => {
    const run = await requestSync(harness.context, 'sis', { trigger: 'cli' });
    const takeOver = () => harness.context.ledger.begin({ stage: 'fetch', runId: run.runId, round: 1 });
    const source = endless(takeOver, told);
    expect(await fetchFrom(source, run, checkMs)).toEqual({ outcome: 'stale' });
    expect(source.stopped).toBe(1);
    expect(await harness.result(run.runId)).toMatchObject({ status: 'running', reason: null });
    await harness.work();
    expect(await harness.result(run.runId)).toMatchObject({ status: 'succeeded' });
  });

  it('stops when the run has ended without it', async () => {
    const run = await requestSync(harness.context, 'sis', { trigger: 'cli' });
    const failure = { reason: 'internal', message: 'given up', advice: 'look' } as const;
    const source = endless(() => harness.context.ledger.abandon(run, failure));
    expect(await fetchFrom(source, run, 20)).toEqual({ outcome: 'stale' });
    expect(await harness.result(run.runId)).toMatchObject({ status: 'failed', message: 'given up' });
  });
});
