import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '@rollbook/core';
import { freePort } from './free-port.ts';
import { type Home, lastLines, rotateLog, writePrivateFile } from './home.ts';
import { endRedisOrphan } from './orphans.ts';
import type { RunningServer } from './postgres-server.ts';
import { openPassword } from './secrets.ts';
import { type RunAs, startServer, stopProcess, waitUntilReady } from './server-process.ts';

const PROGRAMS = ['redis-server', 'valkey-server'];
/** BullMQ's scripts need Redis 6.2. */
const OLDEST_VERSION = [6, 2] as const;
const START_TIMEOUT_MS = 60_000;
const PORT_ATTEMPTS = 5;

export interface RedisProgram {
  readonly path: string;
  /** For people, such as `redis-server 7.0.15`. */
  readonly name: string;
}

/** The first Redis or Valkey on the PATH that is new enough, or null. */
export async function findRedis(searchPath = process.env['PATH'] ?? ''): Promise<RedisProgram | null> {
  for (const program of PROGRAMS) {
    for (const folder of searchPath.split(delimiter).filter((entry) => entry !== '')) {
      const path = join(folder, program);
      const version = isExecutable(path) ? await versionOf(path) : null;
      if (version !== null && isNewEnough(version)) return { path, name: `${program} ${version}` };
    }
  }
  return null;
}

/**
 * Starts a private Redis of a home on a free port of 127.0.0.1, with a password and an append-only file, so that jobs
 * survive a restart. Only the holder of the home's lock may call this.
 *
 * @throws UsageError with the reason and the last lines of the log
 */
export async function startRedis(home: Home, program: RedisProgram): Promise<RunningServer> {
  const configFile = join(home.redisData, 'redis.conf');
  const pidFile = join(home.redisData, 'redis.pid');
  const password = await openPassword(home, 'redis', async () => undefined);
  mkdirSync(home.redisData, { recursive: true, mode: 0o700 });
  await endRedisOrphan(pidFile, configFile);
  rotateLog(home.redisLog);

  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    writePrivateFile(configFile, configuration(home.redisData, port, password));
    const server = await startServer(program.path, [configFile], {
      logFile: home.redisLog,
      folder: home.redisData,
      runAs: await runAsChild(),
    });
    writePrivateFile(pidFile, String(server.pid));
    const failure = await waitUntilReady(server, () => answers(port, password), START_TIMEOUT_MS);
    if (failure === null) {
      return {
        url: `redis://:${password}@127.0.0.1:${port}/0`,
        describe: `private ${program.name} (data in ${home.redisData})`,
        process: server,
        stop: async () => {
          await stopProcess(server.pid, [{ signal: 'SIGTERM', timeoutMs: 10_000 }]);
          rmSync(pidFile, { force: true });
        },
      };
    }
    await stopProcess(server.pid, [{ signal: 'SIGTERM', timeoutMs: 2_000 }]);
    const log = lastLines(home.redisLog);
    if (/Address already in use/.test(log) && attempt < PORT_ATTEMPTS) continue;
    throw new UsageError(
      `The private Redis (${program.name}) did not start: it ${failure}. The end of ${home.redisLog}:\n${log}\n` +
        `If its data cannot be read, delete "${home.redisData}": no roster is lost, waiting runs are queued again.`,
    );
  }
}

function configuration(folder: string, port: number, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${password}`,
    `dir ${JSON.stringify(folder)}`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    'daemonize no',
    // A later start knows its orphan by the path on the command line, which Redis would otherwise overwrite.
    'set-proc-title no',
    '',
  ].join('\n');
}

let withParentDeath: Promise<RunAs> | undefined;

/** With setpriv (Linux) the kernel stops Redis should the keeper be killed; without it the next start does. */
function runAsChild(): Promise<RunAs> {
  withParentDeath ??= promisify(execFile)('setpriv', ['--pdeathsig', 'TERM', '--', 'true']).then(
    () => ({ prefix: ['setpriv', '--pdeathsig', 'TERM', '--'] }),
    () => ({ prefix: [] }),
  );
  return withParentDeath;
}

/** Whether Redis takes the password and has finished loading its data. */
function answers(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let reply = '';
    const finish = (isReady: boolean): void => {
      socket.destroy();
      resolve(isReady);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      reply += chunk.toString('latin1');
      if (reply.includes('+PONG')) finish(true);
      else if (reply.includes('-LOADING')) finish(false);
    });
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function versionOf(path: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 5_000 });
    return /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

/** Whether a version such as `7.0.15` is 6.2 or later; Valkey began at 7.2. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor >= OLDEST_VERSION[1]);
}
