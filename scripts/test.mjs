import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, run } from './command.mjs';
import { ensureInstalled } from './ensure-installed.mjs';

const JEST = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
/** Jest runs modules as modules only through an interface of Node that is still called experimental. */
const NODE_ARGS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

/**
 * `npm test`: installs and builds what is missing, starts a PostgreSQL and a Redis of its own in a temporary folder,
 * runs all tests on them, and stops them. Arguments go to jest. TEST_DATABASE_URL and TEST_REDIS_URL (or REDIS_URL)
 * name other servers; the tests make and drop databases of their own there.
 */
async function test(args) {
  const installed = await ensureInstalled();
  if (installed !== 0) return installed;
  const { acquireServices, createLogger, ensureRedis } = await import('../packages/runtime/dist/index.js');
  const databaseUrl = process.env.TEST_DATABASE_URL || undefined;
  const redisUrl = process.env.TEST_REDIS_URL || process.env.REDIS_URL || undefined;
  if (redisUrl === undefined) await ensureRedis(say);

  const home = mkdtempSync(join(tmpdir(), 'rollbook-tests-'));
  const log = createLogger({ purpose: 'command' });
  const services = await acquireServices({ databaseUrl, redisUrl, queueBackend: 'redis', home, log });
  try {
    say(services.describe);
    const env = testEnvironment(services.databaseUrl, services.queue.url);
    return await run(process.execPath, [...NODE_ARGS, JEST, ...args], { env });
  } finally {
    await services.release();
    rmSync(home, { recursive: true, force: true });
  }
}

/** What a person has set for their own Rollbook must not change what the tests see. */
function testEnvironment(databaseUrl, redisUrl) {
  const inherited = Object.entries(process.env).filter(
    ([key]) => !key.startsWith('ROLLBOOK_') && key !== 'DATABASE_URL' && key !== 'REDIS_URL',
  );
  return {
    ...Object.fromEntries(inherited),
    TEST_DATABASE_URL: databaseUrl,
    TEST_REDIS_URL: redisUrl,
  };
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

try {
  process.exitCode = await test(process.argv.slice(2));
} catch (error) {
  say(error.name === 'UsageError' ? error.message : error.stack);
  process.exitCode = 1;
}
