/**
 * `npm run bench -- --guard [--rounds N]`: a district of 100,000 students in 300 schools loses much in many ways at once;
 * prints how long the guard takes to measure and to explain it, with its peak memory, and a page of the hold.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transformFile } from '@swc/core';
import { DEFAULT_RUN_SETTINGS, RECORD_TYPES } from '@rollbook/core';
import { requestSync, runStage, type PipelineContext, type Stage, type StagePayload } from '@rollbook/pipeline';
import { acquireServices, createLogger } from '@rollbook/runtime';
import { PostgresRuns, PostgresSnapshots, migrate, openDatabase, type Database } from '@rollbook/store';
import { GuardDistrict, SCHOOLS } from './guard-district.ts';
import type { GuardMeasurement } from './guard-stage.ts';

const TARGETS = { guardMs: 2_000, peakRssMb: 200, holdPageMs: 200 } as const;

const { values } = parseArgs({ options: { guard: { type: 'boolean' }, rounds: { type: 'string', default: '3' } } });
const rounds = Number(values.rounds);
if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error(`expected --rounds N, received ${values.rounds}`);

const here = fileURLToPath(new URL('.', import.meta.url));
// Not by way of tsx, whose 40 MB are none of a worker's.
const { code } = await transformFile(join(here, 'guard-stage.ts'), {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
});
const home = await mkdtemp(join(tmpdir(), 'rollbook-bench-guard-'));
const services = await acquireServices({
  databaseUrl: process.env['DATABASE_URL'],
  redisUrl: 'redis://127.0.0.1:1',
  home,
  log: createLogger({ purpose: 'command' }),
});
try {
  await migrate(services.databaseUrl);
  const database = openDatabase({ databaseUrl: services.databaseUrl });
  try {
    const measured: GuardMeasurement[] = [];
    for (let round = 0; round < rounds; round++) measured.push(await measure(database));
    print(measured);
  } finally {
    await database.close();
  }
} finally {
  await services.release();
  await rm(home, { recursive: true, force: true });
}

async function measure(database: Database): Promise<GuardMeasurement> {
  const { pool } = database;
  await pool.query(`TRUNCATE ${RECORD_TYPES.join(', ')}, roster_changes, districts CASCADE`);
  await pool.query(`INSERT INTO districts (id, name, timezone) VALUES ('bench', 'Bench', 'UTC')`);
  await pool.query(
    `INSERT INTO syncs (id, district_id, source_type, source, settings, source_fingerprint)
     VALUES ('bench', 'bench', 'files', '{}', $1, 'bench')`,
    [JSON.stringify(DEFAULT_RUN_SETTINGS)],
  );
  const source = new GuardDistrict();
  await run(database, source, ['fetch', 'diff', 'guard', 'apply']);
  source.day = 2;
  const runId = await run(database, source, ['fetch', 'diff']);
  const answer = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: here,
    env: { ...process.env, BENCH_DATABASE_URL: services.databaseUrl, BENCH_RUN: String(runId) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(answer.toString()) as GuardMeasurement;
}

/** Requests a run and brings it through some stages. @returns its id. */
async function run({ pool }: Database, source: GuardDistrict, stages: readonly Stage[]): Promise<number> {
  const complain = (fields: object, message: string): void => console.error(message, fields);
  const jobs: { stage: Stage; payload: StagePayload }[] = [];
  const context: PipelineContext = {
    ledger: new PostgresRuns(pool),
    snapshots: new PostgresSnapshots(pool),
    queue: {
      enqueue: async (_queue, stage, payload) => void jobs.push({ stage, payload }),
      state: async () => 'missing',
      remove: async () => undefined,
    },
    openSource: async () => source,
    log: { info: () => undefined, warn: complain, error: complain },
  };
  const { runId } = await requestSync(context, 'bench', { trigger: 'cli' });
  for (let job = jobs.shift(); job && stages.includes(job.stage); job = jobs.shift())
    await runStage(context, { ...job, isLastAttempt: true, signal: new AbortController().signal });
  return runId;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

function print(measured: readonly GuardMeasurement[]): void {
  const [first] = measured as [GuardMeasurement];
  const page = median(measured.map(({ holdPageMs }) => Math.max(...holdPageMs)));
  console.log(
    `100,200 students, ${SCHOOLS} schools: ${first.records.toLocaleString('en-US')} records held, ${first.groups} groups, ${first.causes.length} explanations (${[...new Set(first.causes)].join(', ')})`,
  );
  console.log(
    `  guard ${median(measured.map(({ guardMs }) => guardMs)).toFixed(0)} ms (target ${TARGETS.guardMs}), ` +
      `peak resident memory ${Math.max(...measured.map(({ peakRssMb }) => peakRssMb)).toFixed(0)} MB (target ${TARGETS.peakRssMb}), ` +
      `page of the hold ${page.toFixed(0)} ms (target ${TARGETS.holdPageMs})`,
  );
}
