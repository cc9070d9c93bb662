import { createServer } from 'node:net';
import { createLogger } from './logger.ts';
import { installShutdown } from './shutdown.ts';

/**
 * A process with resources that stop in the way its argument names: `quick`, `failing`, `stuck` (only force ends it),
 * `frozen` (nothing ends it), or `lingering` (it stops by itself and leaves a server open).
 */
const [kind = 'quick'] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const shutdown = installShutdown({
  log: createLogger({ purpose: 'service' }),
  timeoutMs: kind === 'quick' || kind === 'failing' ? 20_000 : 300,
  forceTimeoutMs: 200,
  lingerMs: 100,
});
shutdown.signal.addEventListener('abort', () => say('no new work'));
const server = createServer().listen(0, '127.0.0.1');

shutdown.acquire('database', (mode) => {
  say(`database ${mode}`);
  if (kind !== 'lingering') server.close();
});
const release = shutdown.acquire('released', () => say('released is stopped'));
release();
shutdown.acquire('worker', async (mode) => {
  say(`worker ${mode}`);
  if (kind === 'failing') throw new Error('worker broke');
  if (kind === 'frozen' || (kind === 'stuck' && mode === 'graceful')) await new Promise(() => undefined);
});
if (kind === 'lingering') {
  await shutdown.stop();
  say('stopped');
} else {
  say('ready');
}
