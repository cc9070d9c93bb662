/**
 * A fetch in a process of its own, so that its time and memory are its own: reads the configuration of one source, as
 * JSON, from standard input, brings all of it into a snapshot in the database that BENCH_DATABASE_URL names, as the
 * fetch stage does, drops it again, and prints a {@link PullMeasurement}.
 */
import { json } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { DEFAULT_RUN_SETTINGS, RECORD_TYPES, SourceConfig } from '@rollbook/core';
import { loadSnapshot } from '@rollbook/pipeline';
import { createSource } from '@rollbook/sources';
import { PostgresSnapshots, openDatabase } from '@rollbook/store';

export interface PullMeasurement {
  readonly ms: number;
  readonly records: number;
  readonly peakRssMb: number;
  /** CPU time of this process, all threads. */
  readonly cpuMs: number;
}

const source = createSource(SourceConfig.parse(await json(process.stdin)), {
  spoolDir: tmpdir(),
  allowPrivate: true,
});
const database = openDatabase({ databaseUrl: process.env['BENCH_DATABASE_URL'] as string });
await database.pool.query('CHECKPOINT');
const before = process.cpuUsage();
const startedAt = performance.now();
const snapshot = await loadSnapshot({
  source,
  snapshots: new PostgresSnapshots(database.pool),
  runId: null,
  districtId: 'bench',
  syncId: 'bench',
  settings: DEFAULT_RUN_SETTINGS,
  appliedRevision: null,
  recognises: true,
  signal: new AbortController().signal,
  onProgress: () => undefined,
});
if (snapshot === null) throw new Error('nothing was delivered');
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(before);
const peakRssMb = process.resourceUsage().maxRSS / 1024;
const records = RECORD_TYPES.reduce((sum, type) => sum + (snapshot.contents.types[type]?.present ?? 0), 0);
await snapshot.discard();
await database.close();
console.log(JSON.stringify({ ms, records, peakRssMb, cpuMs: (user + system) / 1000 } satisfies PullMeasurement));
