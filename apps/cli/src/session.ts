import {
  acquireServices,
  createLogger,
  installShutdown,
  loadDotEnv,
  openSecretKeys,
  readEnvironment,
  type Environment,
  type Logger,
  type Services,
  type Shutdown,
} from '@rollbook/runtime';
import { Queues, connect } from '@rollbook/queue';
import { migrate, openDatabase, queuePrefix, type Database, type SecretKey } from '@rollbook/store';
import { whenDatabaseIsThere } from './patience.ts';
import { CommandError, Interrupted } from './problem.ts';
import { probeRedis } from './redis-probe.ts';
import { probeTcp } from './tcp-probe.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with: a database that is up to date, and queues when it asks for them. */
export interface Session {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly log: Logger;
  readonly shutdown: Shutdown;
  readonly services: Services;
  readonly database: Database;
  /** The keys of stored credentials; made at first use if none were given. */
  readonly secretKeys: () => readonly SecretKey[];
  /** For adding jobs. Once opened, they are closed with the session. */
  readonly queues: () => Promise<Queues>;
}

export interface SessionOptions {
  readonly terminal: Terminal;
  /** A `service` logs what it does and always says what it works with. */
  readonly purpose: 'command' | 'service';
}

/** The environment of this process and of the file `.env`; says what looks like a mistake in it. */
export function openEnvironment(terminal: Terminal): Environment {
  loadDotEnv();
  const environment = readEnvironment();
  for (const warning of environment.warnings) terminal.say(warning);
  return environment;
}

/**
 * Acquires database and queues, brings the database up to date, works, and gives everything back: also after an error, and
 * after a signal, which then ends the process.
 *
 * @throws whatever `work` throws; Interrupted after a signal.
 */
export async function withServices<R>(options: SessionOptions, work: (session: Session) => Promise<R>): Promise<R> {
  const { terminal, purpose } = options;
  const environment = openEnvironment(terminal);
  // A person is told of problems in words; what else is logged below an error would only be noise.
  const quiet = purpose === 'command' && terminal.isWatched ? ('error' as const) : undefined;
  const log = createLogger({ purpose, level: environment.logLevel ?? quiet });
  const shutdown = installShutdown({ log, timeoutMs: environment.shutdownTimeoutMs });
  try {
    const opened = openSession({ terminal, purpose, environment, log, shutdown });
    return await interruptible(shutdown, opened.then(work));
  } finally {
    await shutdown.stop();
  }
}

/** A signal closes what `work` is using: what it then trips over is of no interest. */
async function interruptible<R>(shutdown: Shutdown, work: Promise<R>): Promise<R> {
  try {
    return await work;
  } catch (error) {
    throw shutdown.signal.aborted ? new Interrupted() : error;
  }
}

async function openSession(
  parts: SessionOptions & Pick<Session, 'environment' | 'log' | 'shutdown'>,
): Promise<Session> {
  const { terminal, environment, log, shutdown, purpose } = parts;
  const { databaseUrl, redisUrl, queueBackend, home } = environment;
  // A person is told at once that the database is away; a service waits until it is back.
  const patiently = <R>(step: () => Promise<R>): Promise<R> =>
    purpose === 'service' ? whenDatabaseIsThere({ log, signal: shutdown.signal }, step) : step();
  if (databaseUrl !== undefined) await patiently(() => probeTcp(databaseUrl, 5432));
  const services = await acquireServices({ databaseUrl, redisUrl, queueBackend, home, log });
  shutdown.acquire('built-in servers', () => services.release());
  const isBuiltIn = databaseUrl === undefined || redisUrl === undefined;
  if (purpose === 'service' || (isBuiltIn && terminal.isWatched))
    terminal.say(terminal.sayColors.dim(services.describe));
  await patiently(() => migrate(services.databaseUrl));
  const database = openDatabase({
    databaseUrl: services.databaseUrl,
    // At the end the built-in server may stop before the last connection is quite closed.
    onConnectionError: (error) => {
      if (!shutdown.signal.aborted) log.warn({ err: error }, 'a database connection was lost');
    },
  });
  shutdown.acquire('database', () => database.close());
  let queues: Promise<Queues> | undefined;
  let keys: readonly SecretKey[] | undefined;
  return {
    terminal,
    environment,
    log,
    shutdown,
    services,
    database,
    secretKeys: () => (keys ??= openSecretKeys(environment.secretKeys, home)),
    queues: () => (queues ??= openQueues({ services, database, log, shutdown })),
  };
}

async function openQueues({
  services,
  database,
  log,
  shutdown,
}: Pick<Session, 'services' | 'database' | 'log' | 'shutdown'>): Promise<Queues> {
  await refuseUnreachableQueues(services);
  const onError = (error: Error): void => log.warn({ err: error }, 'the queue server does not answer');
  const connection = connect(services.queue, { prefix: await queuePrefix(database.pool), onError });
  const queues = new Queues(connection, onError);
  shutdown.acquire('queues', async () => {
    await queues.close();
    await connection.close();
  });
  return queues;
}

/** @throws CommandError if a Redis is to be used and does not answer. */
export async function refuseUnreachableQueues({ queue }: Pick<Services, 'queue'>): Promise<void> {
  if (queue.backend !== 'redis') return;
  try {
    await probeRedis(queue.url);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(`The queue server (Redis) cannot be used: ${code ?? message}.`, {
      title: 'Queues Unavailable',
      advice: 'Operator: check REDIS_URL and the server; "rollbook doctor" looks at everything that is needed.',
    });
  }
}

/** The reader of the pipe has all it wants, as "head" does. */
export function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}
