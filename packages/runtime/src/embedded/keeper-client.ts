import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@rollbook/core';
import { type Home, lastLines, readIfThere, rotateLog } from './home.ts';
import { lockHome } from './home-lock.ts';
import { KeeperAddress, KeeperReply, type KeptServer, RELEASE, parseLine } from './keeper-protocol.ts';
import { readLines } from './line-reader.ts';
import { commandOf, isRunning } from './process-table.ts';

export interface KeeperSession {
  readonly postgres: KeptServer | null;
  readonly redis: KeptServer | null;
  /** Gives the servers back; if nobody else uses them, waits until they are down. May be called more than once. */
  release(): Promise<void>;
}

/** Longer than a keeper may need to stop its servers, since the next one waits for that. */
const JOIN_TIMEOUT_MS = 60_000;
const POLL_MS = 40;
const OTHER_VERSION =
  'The built-in servers are in use by another version of Rollbook. Stop its commands first, or set ROLLBOOK_HOME.';

/**
 * Joins the home's keeper, starting one if there is none. The servers stay up at least until `release`, or until this
 * process ends, however it ends. The connection does not keep this process alive.
 *
 * @param onLost called if the servers went away before `release`
 * @throws UsageError if the servers cannot be started
 */
export async function joinKeeper(
  home: Home,
  needs: { postgres: boolean; redis: boolean },
  onLost: () => void,
): Promise<KeeperSession> {
  const deadline = Date.now() + JOIN_TIMEOUT_MS;
  const starter = keeperStarter(home);
  while (Date.now() < deadline) {
    const address = liveKeeper(home);
    const session = address === null ? null : await tryJoin(address, needs, onLost);
    if (session !== null) return session;
    if (address === null) await starter();
    await pause(POLL_MS);
  }
  throw new UsageError(
    `The built-in servers in "${home.folder}" did not answer for ${JOIN_TIMEOUT_MS / 1000} s. The end of ` +
      `${home.keeperLog}:\n${lastLines(home.keeperLog)}`,
  );
}

/** What keeper.json names, if that process is there and is a keeper: the file may be a dead keeper's. */
function liveKeeper(home: Home): KeeperAddress | null {
  const address = parseLine(KeeperAddress, readIfThere(home.keeperFile) ?? '');
  if (address === null || !isRunning(address.pid)) return null;
  return commandOf(address.pid)?.includes('keeper-main') ? address : null;
}

/** Returns a function that starts a keeper when nobody holds the home's lock and none of ours is on its way. */
function keeperStarter(home: Home): () => Promise<void> {
  let keeper: ChildProcess | null = null;
  let failure: string | null = null;
  return async () => {
    if (failure !== null) {
      throw new UsageError(
        `The built-in servers in "${home.folder}" could not be started: the process that keeps them ${failure}. The ` +
          `end of ${home.keeperLog}:\n${lastLines(home.keeperLog)}`,
      );
    }
    if (keeper !== null) return;
    const free = await lockHome(home.folder);
    if (free === null) return;
    await free();
    keeper = spawnKeeper(home);
    keeper.once('error', (error) => {
      failure = `could not be run (${error.message})`;
    });
    keeper.once('exit', (code, signal) => {
      keeper = null;
      if (code !== 0) failure = signal === null ? `ended with status ${code}` : `got ${signal}`;
    });
  };
}

function spawnKeeper(home: Home): ChildProcess {
  // Beside this file: compiled it is JavaScript, in tests both are TypeScript and tsx runs it.
  const entry = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? 'keeper-main.ts' : 'keeper-main.js', import.meta.url),
  );
  const loader = entry.endsWith('.ts') ? ['--import', 'tsx'] : [];
  rotateLog(home.keeperLog);
  const log = openSync(home.keeperLog, 'a', 0o600);
  const { PATH, HOME, TMPDIR } = process.env;
  const keeper = spawn(process.execPath, [...loader, entry, home.folder], {
    cwd: dirname(entry),
    detached: true,
    env: { PATH, HOME, TMPDIR },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  keeper.unref();
  return keeper;
}

/** Null if the keeper could not be reached or was already stopping. */
function tryJoin(
  address: KeeperAddress,
  needs: { postgres: boolean; redis: boolean },
  onLost: () => void,
): Promise<KeeperSession | null> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: address.port });
    socket.on('error', () => socket.destroy());
    const closed = new Promise<void>((resolveClosed) => socket.once('close', () => resolveClosed()));
    const leftBeforeAnswer = (): void => resolve(null);
    socket.once('close', leftBeforeAnswer);
    socket.once('connect', () => socket.write(`${JSON.stringify({ token: address.token, ...needs })}\n`));
    readLines(socket, (line) => {
      socket.off('close', leftBeforeAnswer);
      const reply = parseLine(KeeperReply, line);
      if (reply === null || 'error' in reply) {
        reject(new UsageError(reply === null ? OTHER_VERSION : reply.error));
        socket.destroy();
        return;
      }
      socket.unref();
      resolve({ ...reply, release: releaser(socket, closed, onLost) });
    });
  });
}

function releaser(socket: Socket, closed: Promise<void>, onLost: () => void): () => Promise<void> {
  let isReleased = false;
  void closed.then(() => {
    if (!isReleased) onLost();
  });
  return () => {
    if (!isReleased && !socket.destroyed) {
      socket.ref();
      socket.write(`${RELEASE}\n`);
    }
    isReleased = true;
    return closed;
  };
}
