import { createLogger } from '../logger.ts';
import { acquireServices } from './services.ts';

/**
 * A command that uses the built-in servers: `client.fixture.ts HOME [redis|postgres]`. It prints what it got as one line
 * of JSON, gives it back at the line "release", and prints "released". "lost" tells that the servers went away.
 */
const [home = '', backend = 'auto'] = process.argv.slice(2);
const services = await acquireServices({
  home,
  queueBackend: backend as 'auto',
  log: createLogger({ purpose: 'service' }),
  onLost: () => process.stdout.write('lost\n'),
});
process.stdout.write(`${JSON.stringify({ databaseUrl: services.databaseUrl, queue: services.queue })}\n`);
for await (const chunk of process.stdin) {
  if (!String(chunk).includes('release')) continue;
  await services.release();
  process.stdout.write('released\n');
  process.exit();
}
