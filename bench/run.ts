/**
 * `npm run bench [-- --rows N[,N…]] [--rounds N]`: times the pipeline on generated districts beside a hand-written psql
 * script on the same files and server, in turn, and prints medians, ratios, rows per second and peak memory.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transformFile } from '@swc/core';
import { RECORD_TYPES } from '@rollbook/core';
import { acquireServices, createLogger } from '@rollbook/runtime';
import { writeLargeDistrict } from '@rollbook/sandbox';
import { migrate, openDatabase, type Database } from '@rollbook/store';
import type { SyncMeasurement } from './sync.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000,1000000' }, rounds: { type: 'string', default: '3' } },
});
const sizes = values.rows.split(',').map(Number);
const rounds = Number(values.rounds);
if (![...sizes, rounds].every((number) => Number.isInteger(number) && number > 0))
  throw new Error(`expected --rows N[,N…] and --rounds N, received --rows ${values.rows} --rounds ${values.rounds}`);
if (spawnSync('psql', ['--version']).status !== 0)
  throw new Error('The comparison needs psql on the PATH: apt-get install -y postgresql-client');

/** Where the targets stand: ratios of our time to the script's. */
const TARGETS = {
  'first sync': 1.6,
  'unchanged next day': 0.9,
  'unchanged records in rewritten files': null,
  'a day with changes': null,
} as const;
type Day = keyof typeof TARGETS;
const DAYS = Object.keys(TARGETS) as Day[];

/** Generated files end their lines as Windows does. */
const LINE_END_BYTES = 2;

const here = fileURLToPath(new URL('.', import.meta.url));
const home = await mkdtemp(join(tmpdir(), 'rollbook-bench-'));
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
    for (const rows of sizes) await benchDistrict(database, rows);
  } finally {
    await database.close();
  }
} finally {
  await services.release();
  await rm(home, { recursive: true, force: true });
}

async function benchDistrict(database: Database, rows: number): Promise<void> {
  const folderOf = (name: string): string => join(home, `district-${rows}`, name);
  const folders: Record<Day, string> = {
    'first sync': folderOf('day-1'),
    'unchanged next day': folderOf('day-2'),
    'unchanged records in rewritten files': folderOf('rewritten'),
    'a day with changes': folderOf('day-3'),
  };
  for (const [index, day] of ([1, 2, 2, 3] as const).entries()) {
    const dir = folders[DAYS[index] as Day];
    await mkdir(dir, { recursive: true });
    await writeLargeDistrict({ seed: 1, rows, dir, day, version: '1.1' });
  }
  // Without the last line's end: the same records, but no longer the same bytes.
  for (const file of ['users.csv', 'enrollments.csv']) {
    const path = join(folders['unchanged records in rewritten files'], file);
    await truncate(path, (await stat(path)).size - LINE_END_BYTES);
  }
  const script = Object.fromEntries(DAYS.map((day) => [day, [] as number[]])) as Record<Day, number[]>;
  const ours = Object.fromEntries(DAYS.map((day) => [day, [] as SyncMeasurement[]])) as Record<Day, SyncMeasurement[]>;
  const worker = await startWorker();
  for (let round = 0; round < rounds; round++) {
    await empty(database);
    for (const day of DAYS) script[day].push(await timeScript(database, day, folders[day]));
    await empty(database);
    for (const day of DAYS) {
      await checkpoint(database);
      ours[day].push(await worker.run(folders[day]));
    }
  }
  await worker.end();
  for (const day of DAYS) print(rows, day, script[day], ours[day]);
}

async function empty({ pool }: Database): Promise<void> {
  await pool.query(`TRUNCATE ${RECORD_TYPES.join(', ')}, roster_changes, districts CASCADE`);
}

/** So that the one measured second does not pay for what the one before it wrote. */
async function checkpoint({ pool }: Database): Promise<void> {
  await pool.query('CHECKPOINT');
}

async function timeScript(database: Database, day: Day, folder: string): Promise<number> {
  await database.pool.query('DROP SCHEMA IF EXISTS bench CASCADE');
  await database.pool.query('CREATE SCHEMA bench');
  await checkpoint(database);
  const file = join(here, 'baseline', day === 'first sync' ? 'first-day.sql' : 'next-day.sql');
  const startedAt = performance.now();
  execFileSync('psql', [
    '-X',
    '-q',
    '-d',
    services.databaseUrl,
    '-v',
    `folder=${folder}`,
    '-v',
    'district=bench',
    '-f',
    file,
  ]);
  return performance.now() - startedAt;
}

/** One process for all rounds, as a worker is: the first run pays for compiling, the memory is that of all runs. */
async function startWorker(): Promise<{ run(folder: string): Promise<SyncMeasurement>; end(): Promise<void> }> {
  // Not by way of tsx, whose 40 MB are none of a worker's.
  const { code } = await transformFile(join(here, 'sync.ts'), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  });
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: here,
    env: { ...process.env, BENCH_DATABASE_URL: services.databaseUrl },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async run(folder) {
      child.stdin.write(`${folder}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the worker ended early');
      const measurement = JSON.parse(value) as SyncMeasurement;
      if (measurement.status !== 'succeeded') throw new Error(`the run ended ${measurement.status}`);
      return measurement;
    },
    async end() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

function print(rows: number, day: Day, script: readonly number[], ours: readonly SyncMeasurement[]): void {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  const scriptMs = median(script);
  const totalMs = median(ours.map((run) => run.totalMs));
  const target = TARGETS[day];
  const stages = (['fetch', 'diff', 'apply'] as const).map((stage) => {
    const stageMs = median(ours.map((run) => run.stagesMs[stage] ?? 0));
    if (stageMs === 0) return `${stage} not needed`;
    return `${stage} ${seconds(stageMs)} (${Math.round(rows / (stageMs / 1000)).toLocaleString('en-US')} rows/s)`;
  });
  const peak = Math.max(...ours.map((run) => run.peakRssMb));
  console.log(
    `${rows.toLocaleString('en-US')} rows, ${day}: ${ours[0]?.changed} changes, ${ours[0]?.unchanged} unchanged`,
  );
  console.log(
    `  Rollbook ${seconds(totalMs)}, psql script ${seconds(scriptMs)}: ratio ${(totalMs / scriptMs).toFixed(2)}` +
      (target === null ? '' : ` (target ${target})`),
  );
  console.log(`  ${stages.join(', ')}; peak resident memory ${peak.toFixed(0)} MB`);
}
