import { accessSync, constants, mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { acquireServices, createLogger, openSecretKeys, type Environment, type Services } from '@rollbook/runtime';
import { openDatabase, pendingMigrations, readDatabaseFacts, sealingKeyIds, type Database } from '@rollbook/store';
import { problemOf } from './problem.ts';
import { probeRedis } from './redis-probe.ts';
import { probeTcp } from './tcp-probe.ts';

/** One thing that was looked at. `advice` is null where all is well. */
export interface Check {
  readonly name: string;
  readonly outcome: 'ok' | 'warn' | 'fail';
  readonly seen: string;
  readonly advice: string | null;
}

const ok = (name: string, seen: string): Check => ({ name, outcome: 'ok', seen, advice: null });
const warn = (name: string, seen: string, advice: string): Check => ({ name, outcome: 'warn', seen, advice });
const fail = (name: string, seen: string, advice: string): Check => ({ name, outcome: 'fail', seen, advice });

const LEAST_NODE = [20, 19] as const;
const LEAST_POSTGRES = 14;
const LEAST_REDIS = [6, 2] as const;
const MOST_CLOCK_DIFFERENCE_MS = 5_000;
const GIGABYTE = 1024 ** 3;
const LEAST_FREE_BYTES = 0.2 * GIGABYTE;
const ENOUGH_FREE_BYTES = 2 * GIGABYTE;

/** Looks at everything that Rollbook needs. What cannot be looked at because something else failed is left out. */
export async function checkEverything(environment: Environment): Promise<Check[]> {
  const checks = [checkNode(process.versions.node), checkHome(environment), await checkSpool()];
  const services = await openServices(environment);
  if ('outcome' in services) return [...checks, services];
  const database = openDatabase({ databaseUrl: services.databaseUrl, maxConnections: 2 });
  try {
    checks.push(...(await checkDatabase(database, services)));
    checks.push(await checkQueues(services));
    checks.push(await checkSecretKeys(database, environment));
  } finally {
    await database.close();
    await services.release();
  }
  return checks;
}

async function openServices(environment: Environment): Promise<Services | Check> {
  const { databaseUrl, redisUrl, queueBackend, home } = environment;
  const log = createLogger({ purpose: 'command', level: environment.logLevel });
  try {
    if (databaseUrl !== undefined) await probeTcp(databaseUrl, 5432);
    return await acquireServices({ databaseUrl, redisUrl, queueBackend, home, log });
  } catch (error) {
    return failed('services', error);
  }
}

function failed(name: string, error: unknown): Check {
  const { message, advice } = problemOf(error, 'rollbook doctor');
  return fail(name, message, advice);
}

/** At least the version of `engines` in package.json. */
export function checkNode(version: string): Check {
  if (isAtLeast(version, LEAST_NODE)) return ok('node', `Node ${version}`);
  return fail('node', `Node ${version}`, `Install Node ${LEAST_NODE.join('.')} or later.`);
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  for (const [i, wanted] of least.entries()) if ((parts[i] ?? 0) !== wanted) return (parts[i] ?? 0) > wanted;
  return true;
}

function checkHome({ home }: Environment): Check {
  try {
    mkdirSync(home, { recursive: true });
    accessSync(home, constants.W_OK);
    return ok('home', `${home} can be written`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return fail(
      'home',
      `${home} cannot be written (${code})`,
      'Give it to the user who runs Rollbook, or set ROLLBOOK_HOME.',
    );
  }
}

/** Fetched files and unpacked archives are copied to the temporary folder while they are read. */
async function checkSpool(): Promise<Check> {
  const folder = tmpdir();
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  const seen = `${(freeBytes / GIGABYTE).toFixed(1)} GB free in ${folder}`;
  const advice = 'Make room there, or set TMPDIR to another folder: roster files are copied there while they are read.';
  if (freeBytes < LEAST_FREE_BYTES) return fail('disk', seen, advice);
  return freeBytes < ENOUGH_FREE_BYTES ? warn('disk', seen, advice) : ok('disk', seen);
}

async function checkDatabase(database: Database, { databaseUrl }: Services): Promise<Check[]> {
  try {
    const { version, majorVersion, clockAheadMs } = await readDatabaseFacts(database.pool);
    const pending = await pendingMigrations(databaseUrl);
    return [
      majorVersion >= LEAST_POSTGRES
        ? ok('database', `PostgreSQL ${version}`)
        : fail('database', `PostgreSQL ${version}`, `Use PostgreSQL ${LEAST_POSTGRES} or later.`),
      pending.length === 0
        ? ok('migrations', 'the database is up to date')
        : warn(
            'migrations',
            `not applied yet: ${pending.join(', ')}`,
            'Run "rollbook migrate"; other commands also do it by themselves.',
          ),
      checkClock(clockAheadMs),
    ];
  } catch (error) {
    return [failed('database', error)];
  }
}

/** Approvals expire and workers are counted alive by the database's clock; schedules follow this machine's. */
export function checkClock(clockAheadMs: number): Check {
  const seconds = (Math.abs(clockAheadMs) / 1000).toFixed(1);
  const seen = `the database's clock is ${seconds} s ${clockAheadMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(clockAheadMs) <= MOST_CLOCK_DIFFERENCE_MS) return ok('clock', seen);
  return warn('clock', seen, 'Set both clocks by a time server (NTP).');
}

async function checkQueues({ queue }: Services): Promise<Check> {
  if (queue.backend === 'postgres') return ok('queues', 'in the database; set REDIS_URL for more than one machine');
  try {
    const { version, memoryPolicy, appendOnly } = await probeRedis(queue.url);
    return checkRedis(version, memoryPolicy, appendOnly);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return fail('queues', `Redis cannot be used: ${code ?? message}`, 'Check REDIS_URL and the server.');
  }
}

/** Jobs are data: a Redis that drops keys when it is full loses them, and one that writes nothing to disk at a restart. */
export function checkRedis(version: string | null, memoryPolicy: string | null, appendOnly: boolean | null): Check {
  const seen = `Redis ${version ?? 'of unknown version'}`;
  if (version !== null && !isAtLeast(version, LEAST_REDIS))
    return fail('queues', seen, `Use Redis ${LEAST_REDIS.join('.')} or later, or Valkey.`);
  if (memoryPolicy !== null && memoryPolicy !== 'noeviction')
    return fail(
      'queues',
      `${seen}, maxmemory-policy ${memoryPolicy}`,
      'Set maxmemory-policy to noeviction: with this one, jobs vanish when memory runs short.',
    );
  if (appendOnly === false)
    return warn(
      'queues',
      `${seen}, noeviction, not written to disk at once`,
      'Set appendonly to yes. Without it a restart loses jobs; the sweep puts them back, later.',
    );
  return ok('queues', `${seen}, ${memoryPolicy ?? 'policy unknown'}`);
}

async function checkSecretKeys(database: Database, environment: Environment): Promise<Check> {
  const name = 'secret keys';
  try {
    const keys = openSecretKeys(environment.secretKeys, environment.home);
    const known = new Set(keys.map(({ id }) => id));
    // Before the first migration there is no table, and so no credential.
    const used = await sealingKeyIds(database.pool).catch((error: { code?: string }) => {
      if (error.code === '42P01') return [];
      throw error;
    });
    const missing = used.filter((id) => !known.has(id));
    if (missing.length > 0)
      return fail(
        name,
        `stored credentials need the key ${missing.map((id) => `"${id}"`).join(', ')}, which is not given`,
        'Add it to ROLLBOOK_SECRET_KEYS, or load the configuration of these syncs again.',
      );
    if (environment.secretKeys === undefined && environment.databaseUrl !== undefined)
      return warn(
        name,
        `made by this machine, in ${environment.home}`,
        'Set ROLLBOOK_SECRET_KEYS: other machines on this database cannot open the credentials.',
      );
    const old = used.filter((id) => id !== keys[0]?.id);
    if (old.length > 0)
      return warn(
        name,
        `some credentials are still sealed with ${old.map((id) => `"${id}"`).join(', ')}`,
        'Run "rollbook migrate --reseal", then take the old key out.',
      );
    return ok(name, `"${keys[0]?.id}" seals, ${keys.length} in all`);
  } catch (error) {
    return failed(name, error);
  }
}
