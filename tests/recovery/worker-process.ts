import { openDatabase } from '@rollbook/store';
import { startWorkers } from '@rollbook/worker';
import { SECRET_KEYS } from '../sync-fixture.ts';
import { SETTINGS_VARIABLE, type WorkerProcessSettings } from './worker-child.ts';

/** All workers in a process of their own, to be killed or frozen. Says on standard output what it logs. */
const settings = JSON.parse(process.env[SETTINGS_VARIABLE] as string) as WorkerProcessSettings;
const say = (fields: object, message: string): void => {
  process.stdout.write(`${JSON.stringify({ ...fields, message })}\n`);
};
// Without its parent it has no purpose, and the database could not be dropped.
process.stdin.resume().on('end', () => process.exit(0));
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
