/**
 * The guard of one run in a process of its own, so that its time and memory are its own: BENCH_DATABASE_URL names the
 * database, BENCH_RUN the run, compared already. Then it applies the run, looks at its hold as a page does, and prints a
 * {@link GuardMeasurement}.
 */
import { runStage, type PipelineContext, type Stage, type StagePayload } from '@rollbook/pipeline';
import { PostgresRuns, PostgresSnapshots, openDatabase, readHold } from '@rollbook/store';

export interface GuardMeasurement {
  /** Findings, detectors, and the commit of both. */
  readonly guardMs: number;
  readonly peakRssMb: number;
  readonly causes: readonly string[];
  readonly groups: number;
  readonly records: number;
  /** The first hundred records of the hold, and a hundred from the middle. */
  readonly holdPageMs: readonly [number, number];
}

const PAGE = 100;
const database = openDatabase({ databaseUrl: process.env['BENCH_DATABASE_URL'] as string });
const complain = (fields: object, message: string): void => console.error(message, fields);
const jobs: { stage: Stage; payload: StagePayload }[] = [];
const context: PipelineContext = {
  ledger: new PostgresRuns(database.pool),
  snapshots: new PostgresSnapshots(database.pool),
  queue: {
    enqueue: async (_queue, stage, payload) => void jobs.push({ stage, payload }),
    state: async () => 'missing',
    remove: async () => undefined,
  },
  openSource: () => Promise.reject(new Error('the source is not read here')),
  log: { info: () => undefined, warn: complain, error: complain },
};
const runId = Number(process.env['BENCH_RUN']);
const stage = async (name: Stage): Promise<number> => {
  const startedAt = performance.now();
  const payload = { version: 1, runId, round: 1 } as const;
  await runStage(context, { stage: name, payload, isLastAttempt: true, signal: new AbortController().signal });
  return performance.now() - startedAt;
};
await database.pool.query('CHECKPOINT');
const guardMs = await stage('guard');
const peakRssMb = process.resourceUsage().maxRSS / 1024;
await stage('apply');
const { rows } = await database.pool.query<{ id: number }>('SELECT id FROM holds WHERE run_id = $1', [runId]);
const holdId = rows[0]?.id as number;
const read = async (offset: number): Promise<number> => {
  const startedAt = performance.now();
  await readHold(database, holdId, { offset, limit: PAGE });
  return performance.now() - startedAt;
};
const { hold, explanations, groups } = await readHold(database, holdId, { limit: PAGE });
const holdPageMs = [await read(0), await read(Math.floor(hold.records / 2))] as const;
await database.close();
const causes = explanations.map(({ cause }) => cause);
console.log(
  JSON.stringify({
    guardMs,
    peakRssMb,
    causes,
    groups: groups.length,
    records: hold.records,
    holdPageMs,
  } satisfies GuardMeasurement),
);
