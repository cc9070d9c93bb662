import { mkdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis } from '@rollbook/runtime';
import { migrate } from '@rollbook/store';
import { freePort } from '../../packages/runtime/src/embedded/free-port.ts';
import { createHome, lastLines, readIfThere } from '../../packages/runtime/src/embedded/home.ts';
import { placePostgres } from '../../packages/runtime/src/embedded/postgres-account.ts';
import { findPostgresBinaries } from '../../packages/runtime/src/embedded/postgres-binaries.ts';
import {
  DATABASE_NAME,
  DATABASE_USER,
  createCluster,
  setPassword,
} from '../../packages/runtime/src/embedded/postgres-cluster.ts';
import {
  startServer,
  stopProcess,
  waitUntilReady,
  type ServerProcess,
} from '../../packages/runtime/src/embedded/server-process.ts';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;

/** A server that a test stops and starts as it likes; always at the same address. */
export interface OwnServer {
  readonly url: string;
  start(): Promise<void>;
  /** Sends the signal and waits until the process is gone. */
  stop(signal: NodeJS.Signals): Promise<void>;
  /** Ends it for good and removes its data. */
  remove(): Promise<void>;
}

interface Program {
  readonly url: string;
  readonly folder: string;
  readonly logFile: string;
  readonly launch: () => Promise<ServerProcess>;
  readonly isReady: (server: ServerProcess) => Promise<boolean>;
}

function ownServer({ url, folder, logFile, launch, isReady }: Program): OwnServer {
  let server: ServerProcess | undefined;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (server) await stopProcess(server.pid, [{ signal, timeoutMs: STOP_TIMEOUT_MS }]);
    server = undefined;
  };
  return {
    url,
    async start() {
      const started = await launch();
      server = started;
      const failure = await waitUntilReady(started, () => isReady(started), START_TIMEOUT_MS);
      if (failure !== null) throw new Error(`the test's own server ${failure}:\n${lastLines(logFile)}`);
    },
    stop,
    async remove() {
      await stop('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A Redis that keeps its jobs in an append-only file, until `forget` takes it away. */
export async function createOwnRedis(): Promise<OwnServer & { forget(): void }> {
  const program = await findRedis();
  if (program === null) throw new Error('no redis-server on the PATH');
  const folder = await mkdtemp(join(tmpdir(), 'rollbook-own-redis-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  const logFile = join(folder, 'redis.log');
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', data];
  args.push('--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction');
  const server = ownServer({
    url: `redis://127.0.0.1:${port}`,
    folder,
    logFile,
    launch: () => startServer(program.path, args, { logFile, folder, runAs: { prefix: [] } }),
    isReady: () => answersPing(port),
  });
  return {
    ...server,
    forget() {
      rmSync(data, { recursive: true });
      mkdirSync(data);
    },
  };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write('PING\r\n'));
    const finish = (isReady: boolean): void => {
      socket.destroy();
      resolve(isReady);
    };
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('data', (reply) => finish(reply.includes('+PONG')));
  });
}

const PASSWORD = 'own-postgres';

/** A migrated PostgreSQL cluster. SIGINT stops it in order; SIGQUIT is a crash, after which it replays its log. */
export async function createOwnPostgres(): Promise<OwnServer> {
  const home = createHome(join(tmpdir(), `rollbook-own-postgres-${process.pid}`));
  const place = await placePostgres(home, findPostgresBinaries());
  await createCluster(place);
  await setPassword(place, PASSWORD);
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', fsync: 'off' };
  const args = [
    '-D',
    place.dataFolder,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const command = join(place.binaries.folder, 'bin', 'postgres');
  const server = ownServer({
    url: `postgresql://${DATABASE_USER}:${PASSWORD}@127.0.0.1:${port}/${DATABASE_NAME}`,
    folder: home.folder,
    logFile: home.postgresLog,
    launch: () => startServer(command, args, { logFile: home.postgresLog, folder: '/', runAs: place.runAs }),
    async isReady({ pid }) {
      const lines = readIfThere(join(place.dataFolder, 'postmaster.pid'))?.split('\n') ?? [];
      return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
    },
  });
  await server.start();
  await migrate(server.url);
  return server;
}
