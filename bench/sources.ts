/**
 * `npm run bench -- --sources [--students N] [--latency MS] [--rounds N]`: fetches a large pretend district from Clever,
 * ClassLink and OneRoster, served by a sandbox in a process of its own, and the same rows from CSV files, into the
 * snapshot of a district that is new; prints times, requests, memory, and how far each is from its bound.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transformFile } from '@swc/core';
import { acquireServices, createLogger } from '@rollbook/runtime';
import { migrate } from '@rollbook/store';
import { parse } from 'yaml';
import type { PullMeasurement } from './pull.ts';

/** A fetch may take so many times what waiting for pages and the same rows from files take together. */
const TARGET_RATIO = 1.3;
/** About 500 students each, as in the generator of the other benchmark. */
const STUDENTS_OF_SCHOOL = 500;

/** Requests that the provider lets us have under way at once: Clever's pages follow from each other. */
const SOURCES = [
  { sync: 'clever', concurrency: 1, files: 'clever' },
  { sync: 'classlink-proxy', concurrency: 3, files: 'oneroster' },
  { sync: 'oneroster', concurrency: 3, files: 'oneroster' },
] as const;

const { values } = parseArgs({
  options: {
    sources: { type: 'boolean' },
    // With staff and guardians about 100,000 users.
    students: { type: 'string', default: '41000' },
    latency: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
  },
});
const [students, latencyMs, rounds] = [values.students, values.latency, values.rounds].map(Number) as [
  number,
  number,
  number,
];
if (![students, latencyMs, rounds].every((number) => Number.isInteger(number) && number >= 0) || rounds < 1)
  throw new Error(`expected whole numbers, received --students ${values.students} --latency ${values.latency}`);

const here = fileURLToPath(new URL('.', import.meta.url));
// Not by way of tsx, whose 40 MB are none of a worker's.
const { code } = await transformFile(join(here, 'pull.ts'), {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
});
const folder = await mkdtemp(join(tmpdir(), 'rollbook-bench-sources-'));
const services = await acquireServices({
  databaseUrl: process.env['DATABASE_URL'],
  redisUrl: 'redis://127.0.0.1:1',
  home: join(folder, 'home'),
  log: createLogger({ purpose: 'command' }),
});
const sandbox = startSandbox();
try {
  await migrate(services.databaseUrl);
  const sources = await sandbox.sources();
  const files = new Map<string, number>();
  for (const format of ['clever', 'oneroster'] as const) {
    const runs = await pullRounds({ type: 'files', path: join(folder, format) });
    const best = fastest(runs);
    files.set(format, best.ms);
    print(`files (${format} CSV)`, runs, []);
  }
  for (const { sync, concurrency, files: format } of SOURCES) {
    const source = sources.get(sync);
    if (source === undefined) throw new Error(`the sandbox has no source "${sync}"`);
    // The site makes its objects and pages when it is first asked for them.
    await pull(source);
    const before = await sandbox.requests(source);
    const runs = await pullRounds(source);
    const requests = ((await sandbox.requests(source)) - before) / rounds;
    const boundMs = TARGET_RATIO * ((requests * latencyMs) / concurrency + (files.get(format) ?? 0));
    const ratio = fastest(runs).ms / boundMs;
    print(sync, runs, [
      `${requests} requests, ${concurrency} at once, ${latencyMs} ms each`,
      `bound ${TARGET_RATIO} x (waiting for pages + the same rows from files) = ${seconds(boundMs)}; ratio to it ${ratio.toFixed(2)} (target 1)`,
    ]);
  }
} finally {
  await sandbox.stop();
  await services.release();
  await rm(folder, { recursive: true, force: true });
}

/** The real command, in its own process: what it computes is not counted as the puller's. */
function startSandbox() {
  const schools = Math.ceil(students / STUDENTS_OF_SCHOOL);
  const bin = join(here, '..', 'apps', 'cli', 'bin', 'rollbook.js');
  const args = ['--students', String(students), '--schools', String(schools), '--latency', String(latencyMs)];
  const child = spawn(process.execPath, [bin, 'sandbox', 'start', ...args, '--folder', folder], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return {
    async sources(): Promise<Map<string, Record<string, string>>> {
      const yaml = await untilReady(child);
      const { districts } = parse(yaml) as { districts: { syncs: { id: string; source: Record<string, string> }[] }[] };
      return new Map(districts.flatMap(({ syncs }) => syncs.map(({ id, source }) => [id, source] as const)));
    },
    /** How many requests the site of this source has answered. */
    async requests({ apiUrl, proxyUrl, baseUrl }: Record<string, string>): Promise<number> {
      const { origin } = new URL(apiUrl ?? proxyUrl ?? baseUrl ?? '');
      const answer = (await (await fetch(`${origin}/-/log`)).json()) as { total: number };
      return answer.total;
    },
    async stop(): Promise<void> {
      child.stdin.write('quit\n');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

async function untilReady(child: ChildProcess): Promise<string> {
  let yaml = '';
  let hints = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (yaml += chunk));
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      hints += chunk;
      if (hints.includes('Type "help"')) resolve();
    });
    child.once('exit', () => reject(new Error(`the sandbox ended early:\n${hints}`)));
  });
  return yaml;
}

async function pullRounds(source: object): Promise<PullMeasurement[]> {
  const runs: PullMeasurement[] = [];
  for (let round = 0; round < rounds; round += 1) runs.push(await pull(source));
  return runs;
}

async function pull(source: object): Promise<PullMeasurement> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: here,
    env: { ...process.env, BENCH_DATABASE_URL: services.databaseUrl },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(source));
  const [printed, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (status !== 0) throw new Error(`the pull ended with status ${String(status)}`);
  return JSON.parse(printed) as PullMeasurement;
}

function fastest(runs: readonly PullMeasurement[]): PullMeasurement {
  return [...runs].sort((a, b) => a.ms - b.ms)[0] as PullMeasurement;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function print(name: string, runs: readonly PullMeasurement[], lines: readonly string[]): void {
  const { ms, records, cpuMs } = fastest(runs);
  const slowest = Math.max(...runs.map((run) => run.ms));
  const peak = Math.max(...runs.map((run) => run.peakRssMb));
  const rate = Math.round(records / (ms / 1000)).toLocaleString('en-US');
  console.log(`${name}: ${records.toLocaleString('en-US')} records in ${seconds(ms)} (slowest ${seconds(slowest)})`);
  console.log(`  ${rate} records/s, ${seconds(cpuMs)} of CPU; peak resident memory ${peak.toFixed(0)} MB`);
  for (const line of lines) console.log(`  ${line}`);
}
