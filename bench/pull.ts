/**
 * A puller in a process of its own, so that its time and memory are its own: `pull.ts`. Reads the configuration of one
 * source, as JSON, from standard input, pulls it whole, and prints a {@link PullMeasurement}.
 */
import { json } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { SourceConfig } from '@rollbook/core';
import { createSource } from '@rollbook/sources';

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
const before = process.cpuUsage();
const startedAt = performance.now();
let records = 0;
for await (const event of source.pull(new AbortController().signal)) {
  if (event.kind === 'rows') records += event.rows.length;
  if (event.kind === 'packed') records += event.enrollments.count;
}
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(before);
const peakRssMb = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ ms, records, peakRssMb, cpuMs: (user + system) / 1000 } satisfies PullMeasurement));
