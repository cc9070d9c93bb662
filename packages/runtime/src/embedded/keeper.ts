import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Home, writePrivateFile } from './home.ts';
import { lockHome } from './home-lock.ts';
import { type KeeperReply, KeeperRequest, type KeptServer, RELEASE, parseLine } from './keeper-protocol.ts';
import { readLines } from './line-reader.ts';
import { type RunningServer, startPostgres } from './postgres-server.ts';
import { findRedis, startRedis } from './redis-server.ts';

/** How long servers outlive a last client that went without a word: its successor may be about to come. */
const GRACE_MS = 300;
const FIRST_CLIENT_TIMEOUT_MS = 15_000;
const GREETING_TIMEOUT_MS = 5_000;

/**
 * Owns the embedded servers of one home, on behalf of every command that uses them. States: waiting for its first
 * client, keeping, stopping; from the last there is no way back, and a client that comes then waits for the next keeper.
 */
export class Keeper {
  readonly #home: Home;
  readonly #token = randomBytes(24).toString('base64url');
  readonly #clients = new Set<Socket>();
  readonly #listener: Server;
  #postgres: Promise<RunningServer> | null = null;
  #redis: Promise<RunningServer | null> | null = null;
  #stopTimer: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | null = null;
  readonly #finished: Promise<void>;
  #finish: () => void = () => undefined;

  constructor(home: Home) {
    this.#home = home;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#listener = createServer((socket) => this.#greet(socket));
  }

  /** Keeps until the last client has gone. False if the home has a keeper already. */
  async run(): Promise<boolean> {
    if (!(await hasTakenLock(this.#home))) return false;
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject);
      this.#listener.listen(0, '127.0.0.1', resolve);
    });
    const { port } = this.#listener.address() as AddressInfo;
    writePrivateFile(this.#home.keeperFile, JSON.stringify({ pid: process.pid, port, token: this.#token }));
    this.#stopAfter(FIRST_CLIENT_TIMEOUT_MS);
    await this.#finished;
    return true;
  }

  /** Stops the servers; connections of clients stay open until this process ends, so that they can wait for it. */
  stop(why: string): Promise<void> {
    this.#stopping ??= this.#stopServers(why);
    return this.#stopping;
  }

  async #stopServers(why: string): Promise<void> {
    note(`stopping: ${why}`);
    rmSync(this.#home.keeperFile, { force: true });
    this.#listener.close();
    const starts = [this.#postgres, this.#redis].filter((start) => start !== null);
    // A start that failed has ended its server itself.
    await Promise.all(starts.map((start) => start.then((server) => server?.stop()).catch(() => undefined)));
    note('stopped');
    this.#finish();
  }

  #greet(socket: Socket): void {
    let isKnown = false;
    socket.setTimeout(GREETING_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#clients.delete(socket)) this.#clientLeft(GRACE_MS);
    });
    readLines(socket, (line) => {
      if (isKnown) return this.#hear(socket, line);
      const request = parseLine(KeeperRequest, line);
      if (request === null || !isSame(request.token, this.#token) || this.#stopping !== null)
        return void socket.destroy();
      isKnown = true;
      socket.setTimeout(0);
      clearTimeout(this.#stopTimer);
      this.#clients.add(socket);
      void this.#serve(request).then((reply) => socket.write(`${JSON.stringify(reply)}\n`));
    });
  }

  #hear(socket: Socket, line: string): void {
    if (line !== RELEASE || !this.#clients.delete(socket)) return;
    if (this.#clients.size > 0) socket.end();
    else void this.stop('the last client has left');
  }

  #clientLeft(graceMs: number): void {
    if (this.#clients.size === 0) this.#stopAfter(graceMs);
  }

  #stopAfter(delayMs: number): void {
    clearTimeout(this.#stopTimer);
    this.#stopTimer = setTimeout(() => void this.stop('nobody is there'), delayMs);
  }

  async #serve(request: KeeperRequest): Promise<KeeperReply> {
    try {
      const [postgres, redis] = await Promise.all([
        request.postgres ? this.#startPostgres() : null,
        request.redis ? this.#startRedis() : null,
      ]);
      return { postgres: forClient(postgres), redis: forClient(redis) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      note(message);
      return { error: message };
    }
  }

  #startPostgres(): Promise<RunningServer> {
    this.#postgres ??= startPostgres(this.#home).then((server) => this.#watch(server));
    return this.#postgres;
  }

  #startRedis(): Promise<RunningServer | null> {
    this.#redis ??= findRedis().then((program) =>
      program === null ? null : startRedis(this.#home, program).then((server) => this.#watch(server)),
    );
    return this.#redis;
  }

  /** A server that ends by itself takes the keeper down, so that every client learns of it. */
  #watch(server: RunningServer): RunningServer {
    note(`started ${server.describe}, process ${server.process.pid}`);
    void server.process.ended.then((how) => {
      if (this.#stopping !== null) return;
      process.exitCode = 1;
      void this.stop(`${server.describe} ${how}`);
    });
    return server;
  }
}

/** Clients look whether the lock is free by taking it for a moment: hence more than one try. */
async function hasTakenLock(home: Home): Promise<boolean> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    if ((await lockHome(home.folder)) !== null) return true;
    await pause(20);
  }
  return false;
}

function forClient(server: RunningServer | null): KeptServer | null {
  return server === null ? null : { url: server.url, describe: server.describe };
}

function isSame(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}

/** One line in the keeper's log, to which its standard error is connected. */
function note(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}
