/** One run of the pipeline in a process of its own, so that its memory can be read. Prints one JSON line. */
import { runStage } from '@rollbook/pipeline';
import { tmpdir } from 'node:os';
import { DEFAULT_DELETION_THRESHOLD } from '@rollbook/core';
import { createSource } from '@rollbook/sources';
import { PostgresRuns, PostgresSnapshots, openDatabase } from '@rollbook/store';

const [databaseUrl, folder, syncId] = process.argv.slice(2);
const database = openDatabase({ databaseUrl });
const jobs = [];
const queue = {
  enqueue: async (_queue, stage, payload) => void jobs.push({ stage, payload }),
  state: async () => 'missing',
  remove: async () => undefined,
};
const log = {
  info: () => undefined,
  warn: (fields, message) => console.error(message, fields),
  error: (fields, message) => console.error(message, fields),
};
const context = {
  ledger: new PostgresRuns(database.pool),
  snapshots: new PostgresSnapshots(database.pool),
  queue,
  openSource: async () =>
    createSource({ type: 'files', path: folder, format: 'auto' }, { spoolDir: tmpdir(), allowPrivate: true }),
  log,
};
await database.pool.query(
  `INSERT INTO districts (id, name, timezone) VALUES ('bench', 'Bench', 'UTC') ON CONFLICT DO NOTHING`,
);
await database.pool.query(
  `INSERT INTO syncs (id, district_id, source_type, source, settings, source_fingerprint)
   VALUES ($1, 'bench', 'files', '{}', $2, 'one') ON CONFLICT DO NOTHING`,
  [
    syncId,
    JSON.stringify({
      schools: null,
      threshold: DEFAULT_DELETION_THRESHOLD,
      alwaysAllow: 0,
      withhold: 'sync',
      maxSkippedPercent: 5,
      restoreUserArchived: false,
    }),
  ],
);

const startedAt = performance.now();
const run = await context.ledger.request(syncId, { trigger: 'cli', preview: false, requestedBy: null });
jobs.push({ stage: 'fetch', payload: { version: 1, runId: run.runId, round: run.round } });
const stagesMs = {};
for (let job = jobs.shift(); job; job = jobs.shift()) {
  const stageStartedAt = performance.now();
  await runStage(context, { ...job, isLastAttempt: true, signal: new AbortController().signal });
  stagesMs[job.stage] = performance.now() - stageStartedAt;
}
const totalMs = performance.now() - startedAt;
const { rows } = await database.pool.query(`SELECT status, reason, message, counts FROM runs WHERE id = $1`, [run.runId]);
await context.ledger.cleanUp();
await database.close();
console.log(
  JSON.stringify({ totalMs, stagesMs, peakRssMb: process.resourceUsage().maxRSS / 1024, run: rows[0] }),
);
