/**
 * `npm run bench -- --cold [--rows N[,N…]] [--records N] [--rounds N]`: every kind of run on a server without autovacuum that
 * nobody has analysed, one right after the other, beside the same on tables vacuumed and analysed before each; prints the
 * ratios, and how each stage grows with the rows. A quick look: `--rows 10000,40000`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { acquireServices, createLogger } from '@rollbook/runtime';
import { migrate } from '@rollbook/store';
import { STEPS, Story, type Times } from './cold-story.ts';

const TARGETS = { ratio: 1.5, exponent: 1.1 } as const;
/** What takes less is measured too badly to be compared. */
const LEAST_MS = 100;

const { values } = parseArgs({
  options: {
    cold: { type: 'boolean' },
    rows: { type: 'string', default: '50000,100000,200000,400000,800000' },
    records: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '1' },
  },
});
const sizes = values.rows.split(',').map(Number);
const [records, rounds] = [values.records, values.rounds].map(Number) as [number, number];
if (![...sizes, records, rounds].every((number) => Number.isInteger(number) && number > 0))
  throw new Error(`expected --rows N[,N…], --records N and --rounds N, received ${JSON.stringify(values)}`);

const home = await mkdtemp(join(tmpdir(), 'rollbook-bench-cold-'));
const services = await acquireServices({
  databaseUrl: process.env['DATABASE_URL'],
  redisUrl: 'redis://127.0.0.1:1',
  home,
  log: createLogger({ purpose: 'command' }),
});
try {
  await migrate(services.databaseUrl);
  const measured: { readonly rows: number; readonly cold: Times; readonly warm: Times }[] = [];
  for (const rows of sizes) {
    const [cold, warm]: [Times[], Times[]] = [[], []];
    for (let round = 0; round < rounds; round++) await measureSideBySide(rows, cold, warm);
    measured.push({ rows, cold: fastest(cold), warm: fastest(warm) });
    printRatios(measured.at(-1) as (typeof measured)[number]);
  }
  if (sizes.length > 1) printGrowth(measured);
} finally {
  await services.release();
  await rm(home, { recursive: true, force: true });
}

/** Both take each step before either takes the next, so that whatever else the machine does falls on both. */
async function measureSideBySide(rows: number, cold: Times[], warm: Times[]): Promise<void> {
  const options = { serverUrl: services.databaseUrl, rows, records };
  const runs = [
    await Story.begin({ ...options, name: 'rollbook_bench_cold', isWarm: false }),
    await Story.begin({ ...options, name: 'rollbook_bench_warm', isWarm: true }),
  ];
  try {
    for (const step of STEPS) for (const run of runs) await step(run);
  } finally {
    for (const run of runs) await run.end();
  }
  cold.push((runs[0] as Story).times);
  warm.push((runs[1] as Story).times);
}

function fastest(rounds: readonly Times[]): Times {
  const times: Times = new Map();
  for (const round of rounds)
    for (const [what, ms] of round) times.set(what, Math.min(ms, times.get(what) ?? Infinity));
  return times;
}

function printRatios({
  rows,
  cold,
  warm,
}: {
  readonly rows: number;
  readonly cold: Times;
  readonly warm: Times;
}): void {
  console.log(`${rows.toLocaleString('en-US')} rows: cold, warm, ratio (target ${TARGETS.ratio})`);
  for (const [what, ms] of cold) {
    const warmMs = warm.get(what) ?? 0;
    const ratio = ms / warmMs;
    const isFar = Math.max(ms, warmMs) >= LEAST_MS && ratio > TARGETS.ratio;
    console.log(
      `  ${what.padEnd(30)} ${ms.toFixed(0).padStart(8)} ms ${warmMs.toFixed(0).padStart(8)} ms ${ratio.toFixed(2).padStart(6)}${isFar ? '  over' : ''}`,
    );
  }
}

/** The exponent of the power of the rows with which a stage grows, by least squares of the logarithms. */
function printGrowth(measured: readonly { readonly rows: number; readonly cold: Times }[]): void {
  console.log(
    `growth from ${Math.min(...sizes)} to ${Math.max(...sizes)} rows, cold: exponent (target ${TARGETS.exponent})`,
  );
  for (const what of measured.at(-1)?.cold.keys() ?? []) {
    const points = measured.flatMap(({ rows, cold }) => {
      const ms = cold.get(what);
      return ms === undefined || ms < LEAST_MS ? [] : [[Math.log(rows), Math.log(ms)] as const];
    });
    if (points.length < 2) continue;
    const mean = (of: 0 | 1): number => points.reduce((sum, point) => sum + point[of], 0) / points.length;
    const [x, y] = [mean(0), mean(1)];
    const slope =
      points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0) /
      points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
    console.log(`  ${what.padEnd(30)} ${slope.toFixed(2)}${slope > TARGETS.exponent ? '  over' : ''}`);
  }
}
