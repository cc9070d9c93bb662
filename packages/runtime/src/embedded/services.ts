import { UsageError } from '@rollbook/core';
import type { Logger } from '../logger.ts';
import { createHome } from './home.ts';
import { type KeeperSession, joinKeeper } from './keeper-client.ts';
import { findRedis } from './redis-server.ts';

export interface ServicesOptions {
  /** A PostgreSQL of one's own; without it the built-in one is used. */
  readonly databaseUrl?: string | undefined;
  /** A Redis of one's own; without it a private one, or the database's queues. */
  readonly redisUrl?: string | undefined;
  /** `auto` takes a private Redis if there is a program for it on the PATH, else PostgreSQL. Left out: `auto`. */
  readonly queueBackend?: 'auto' | 'redis' | 'postgres' | undefined;
  /** The folder for data, logs and secrets of built-in servers; created if needed. */
  readonly home: string;
  readonly log: Logger;
  /** Called if built-in servers went away before `release`; by default it is logged as an error. */
  readonly onLost?: (message: string) => void;
}

export type QueueConnection =
  | { readonly backend: 'redis'; readonly url: string }
  | { readonly backend: 'postgres'; readonly connectionString: string };

export interface Services {
  /** A PostgreSQL URL. It holds a password: never print it. */
  readonly databaseUrl: string;
  readonly queue: QueueConnection;
  /** One line for people that tells what is in use. It holds no password. */
  readonly describe: string;
  /** Gives built-in servers back; if nobody else uses them, waits until they are down. May be called more than once. */
  release(): Promise<void>;
}

/**
 * Provides a database and queues: the ones named by URL, and built-in ones for what is not named. Several processes
 * may share built-in ones; they stop with the last, and outlive no process that was killed.
 *
 * @throws UsageError if something built in cannot be started, with the reason
 */
export async function acquireServices(options: ServicesOptions): Promise<Services> {
  const { databaseUrl, redisUrl } = options;
  const needsPostgres = databaseUrl === undefined;
  const needsRedis = redisUrl === undefined && (await mayStartRedis(options));
  const session = needsPostgres || needsRedis ? await join(options, needsPostgres, needsRedis) : null;

  const database = databaseUrl ?? session?.postgres?.url;
  if (database === undefined) throw new Error('The keeper started no database.');
  const redis = redisUrl ?? session?.redis?.url;
  if (redis === undefined && options.queueBackend === 'redis') {
    await session?.release();
    throw noRedis();
  }
  return {
    databaseUrl: database,
    queue: redis === undefined ? { backend: 'postgres', connectionString: database } : { backend: 'redis', url: redis },
    describe: `Database: ${describeDatabase(options, session)}. Queues: ${describeQueue(options, session)}.`,
    release: () => session?.release() ?? Promise.resolve(),
  };
}

async function mayStartRedis(options: ServicesOptions): Promise<boolean> {
  if (options.queueBackend === 'postgres') return false;
  const isThere = (await findRedis()) !== null;
  if (!isThere && options.queueBackend === 'redis') throw noRedis();
  return isThere;
}

function noRedis(): UsageError {
  return new UsageError(
    'ROLLBOOK_QUEUE_BACKEND is "redis", but REDIS_URL is not set and no redis-server or valkey-server of version 6.2 or ' +
      'later is on the PATH. Set REDIS_URL, install one, or leave ROLLBOOK_QUEUE_BACKEND out.',
  );
}

function join(options: ServicesOptions, postgres: boolean, redis: boolean): Promise<KeeperSession> {
  if (process.platform === 'win32') {
    throw new UsageError(
      'Built-in servers need Linux or macOS (WSL is fine). On Windows set DATABASE_URL and REDIS_URL.',
    );
  }
  const home = createHome(options.home);
  const message = `The built-in servers have stopped. The reason is at the end of "${home.keeperLog}".`;
  const onLost = options.onLost ?? ((text: string) => options.log.error(text));
  return joinKeeper(home, { postgres, redis }, () => onLost(message));
}

function describeDatabase(options: ServicesOptions, session: KeeperSession | null): string {
  return options.databaseUrl === undefined
    ? (session?.postgres?.describe ?? 'none')
    : `PostgreSQL at ${hostOf(options.databaseUrl)}`;
}

function describeQueue(options: ServicesOptions, session: KeeperSession | null): string {
  if (options.redisUrl !== undefined) return `Redis at ${hostOf(options.redisUrl)}`;
  if (session?.redis) return session.redis.describe;
  if (options.queueBackend === 'postgres') return 'in the database';
  return 'in the database (no REDIS_URL, no redis-server on the PATH; fine for one machine, Redis is faster)';
}

/** Host, port and path of a URL, without user, password and options. */
function hostOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch {
    return 'the configured address';
  }
}
