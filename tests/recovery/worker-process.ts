import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openDatabase } from '@rollbook/store';
import { startWorkers } from '@rollbook/worker';
import { SECRET_KEYS } from '../sync-fixture.ts';
import type { WorkerProcessSettings } from './worker-child.ts';

/** All workers in a process of their own, to be killed or frozen. Reads its settings, and says what it logs. */
const say = (fields: object, message: string): void => {
  process.stdout.write(`${JSON.stringify({ ...fields, message })}\n`);
};
const input = createInterface({ input: process.stdin });
// Without its parent it has no purpose, and the database could not be dropped.
input.once('close', () => process.exit(0));
const [line] = (await once(input, 'line')) as [string];
const settings = JSON.parse(line) as WorkerProcessSettings;
await startWorkers({
  backend: settings.backend,
  queuePrefix: settings.queuePrefix,
  database: openDatabase({ databaseUrl: settings.databaseUrl }),
  settings: settings.worker,
  secretKeys: SECRET_KEYS,
  allowPrivateSources: true,
  sweepIntervalMs: settings.sweepIntervalMs,
  log: { info: say, warn: say, error: say },
});
say({}, 'ready');
