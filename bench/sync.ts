/**
 * A worker in a process of its own, so that its memory can be read; BENCH_DATABASE_URL names the database. For each folder named on
 * standard input it runs the stages one after the other, as the workers would, and prints a {@link SyncMeasurement}.
 */
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { DEFAULT_RUN_SETTINGS, FilesSource } from '@rollbook/core';
import { requestSync, runStage, type PipelineContext, type Stage, type StagePayload } from '@rollbook/pipeline';
import { createSource } from '@rollbook/sources';
import { PostgresRuns, PostgresSnapshots, openDatabase } from '@rollbook/store';

export interface SyncMeasurement {
  readonly totalMs: number;
  readonly stagesMs: Partial<Record<Stage, number>>;
  readonly peakRssMb: number;
  readonly status: string;
  /** Records created, updated, archived and restored. */
  readonly changed: number;
  readonly unchanged: number;
}

const databaseUrl = process.env['BENCH_DATABASE_URL'] as string;
let folder = '';
const database = openDatabase({ databaseUrl });
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
  openSource: async () =>
    createSource(FilesSource.parse({ type: 'files', path: folder }), { spoolDir: tmpdir(), allowPrivate: true }),
  log: { info: () => undefined, warn: complain, error: complain },
};

for await (const line of createInterface({ input: process.stdin })) {
  folder = line;
  await createSync();
  console.log(JSON.stringify(await measureRun()));
}
await database.close();

async function measureRun(): Promise<SyncMeasurement> {
  const startedAt = performance.now();
  const { runId } = await requestSync(context, 'bench', { trigger: 'cli' });
  const stagesMs: Partial<Record<Stage, number>> = {};
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const stageStartedAt = performance.now();
    await runStage(context, { ...job, isLastAttempt: true, signal: new AbortController().signal });
    stagesMs[job.stage] = performance.now() - stageStartedAt;
  }
  const totalMs = performance.now() - startedAt;
  const { rows } = await database.pool.query<Pick<SyncMeasurement, 'status' | 'changed' | 'unchanged'>>(
    `SELECT status,
       (SELECT sum((c ->> 'created')::int + (c ->> 'updated')::int + (c ->> 'archived')::int + (c ->> 'restored')::int)::int
        FROM jsonb_each(counts) AS t (name, c)) AS changed,
       (SELECT sum((c ->> 'unchanged')::int)::int FROM jsonb_each(counts) AS t (name, c)) AS unchanged
     FROM runs WHERE id = $1`,
    [runId],
  );
  await context.ledger.cleanUp();
  const counts = rows[0] as Pick<SyncMeasurement, 'status' | 'changed' | 'unchanged'>;
  return { totalMs, stagesMs, peakRssMb: process.resourceUsage().maxRSS / 1024, ...counts };
}

async function createSync(): Promise<void> {
  await database.pool.query(
    `INSERT INTO districts (id, name, timezone) VALUES ('bench', 'Bench', 'UTC') ON CONFLICT DO NOTHING`,
  );
  await database.pool.query(
    `INSERT INTO syncs (id, district_id, source_type, source, settings, source_fingerprint)
     VALUES ('bench', 'bench', 'files', '{}', $1, 'bench') ON CONFLICT DO NOTHING`,
    [JSON.stringify(DEFAULT_RUN_SETTINGS)],
  );
}
