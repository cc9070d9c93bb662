import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { createLogger } from '../logger.ts';
import { type Command, killFixtures, processesOf, runFixture } from './command.fixture.ts';
import { enterableFolder } from './postgres-account.ts';
import { KeeperAddress } from './keeper-protocol.ts';
import { isRunning, sendSignal, waitUntilGone } from './process-table.ts';
import { acquireServices } from './services.ts';

interface Acquired {
  readonly databaseUrl: string;
  readonly queue: { backend: string; url?: string };
}

// Each test starts processes and waits for them; on a busy machine one start takes seconds.
jest.setTimeout(60_000);

const homes: string[] = [];

function newHome(parent = tmpdir()): string {
  const home = mkdtempSync(join(parent, 'rollbook-services-'));
  homes.push(home);
  return home;
}

function client(home: string, ...args: string[]): Command {
  return runFixture('client.fixture.ts', [home, ...args]);
}

async function acquired(command: Command): Promise<Acquired> {
  return JSON.parse(await command.nextLine()) as Acquired;
}

async function release(command: Command): Promise<void> {
  command.process.stdin?.write('release\n');
  expect(await command.nextLine()).toBe('released');
  expect(await command.ended()).toEqual({ code: 0, signal: null });
}

function keeperOf(home: string): number {
  return KeeperAddress.parse(JSON.parse(readFileSync(join(home, 'keeper.json'), 'utf8'))).pid;
}

function postmasterOf(home: string): number {
  return Number(readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** A PATH with what is always needed and no more: without setpriv servers get no signal when their keeper dies. */
function pathWithoutSetpriv(): string {
  const folder = newHome();
  chmodSync(folder, 0o755);
  for (const name of ['id', 'sh']) {
    symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(folder, name));
  }
  return folder;
}

/** Whether something takes TCP connections at a URL. */
function isOpen(url: string | undefined): Promise<boolean> {
  const { port } = new URL(url ?? '');
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
  });
}

/**
 * Everything of a home gone: waits for the processes that are seen now, and then looks again. A keeper whose command gave
 * up before it came waits fifteen seconds for a first client: hence more than that.
 */
async function expectNothingLeft(home: string): Promise<void> {
  expect(await waitUntilGone(processesOf(home), 30_000)).toBe(true);
  expect(processesOf(home).filter(isRunning)).toEqual([]);
}

afterEach(killFixtures);

afterAll(async () => {
  for (const home of homes) {
    for (const pid of processesOf(home)) sendSignal(pid, 'SIGKILL');
    await waitUntilGone(processesOf(home), 10_000);
    rmSync(home, { recursive: true, force: true });
    rmSync(enterableFolder(home), { recursive: true, force: true });
    rmSync(enterableFolder(join(home, 'home')), { recursive: true, force: true });
  }
});

describe('built-in servers', () => {
  it('are shared by commands and stop with the last, before its release returns', async () => {
    const home = newHome();
    const first = client(home);
    const { databaseUrl, queue } = await acquired(first);
    expect(queue.backend).toBe('redis');
    const second = client(home);
    expect(await acquired(second)).toEqual({ databaseUrl, queue });

    await release(first);
    expect(await isOpen(databaseUrl)).toBe(true);
    expect(await isOpen(queue.url)).toBe(true);
    await release(second);
    expect(await isOpen(databaseUrl)).toBe(false);
    expect(await isOpen(queue.url)).toBe(false);
    await expectNothingLeft(home);
  });

  it('keep what was written and their secrets to themselves', async () => {
    const home = newHome();
    const first = client(home, 'postgres');
    const before = await acquired(first);
    expect(before.queue.backend).toBe('postgres');
    await release(first);
    const second = client(home, 'postgres');
    const after = await acquired(second);
    expect(new URL(after.databaseUrl).password).toBe(new URL(before.databaseUrl).password);
    for (const name of ['secrets.json', 'keeper.json', 'keeper.log', 'postgres.log']) {
      expect(statSync(join(home, name)).mode & 0o077).toBe(0);
    }
    await release(second);
    const logs = ['keeper.log', 'postgres.log'].map((name) => readFileSync(join(home, name), 'utf8')).join('');
    expect(logs).not.toContain(new URL(before.databaseUrl).password);
  });

  it('start once for four commands that come first together', async () => {
    const home = newHome();
    const clients = [1, 2, 3, 4].map(() => client(home));
    const got = await Promise.all(clients.map(acquired));
    expect(new Set(got.map((one) => JSON.stringify(one))).size).toBe(1);
    await Promise.all(clients.map(release));
    await expectNothingLeft(home);
  });

  it('stop when their last command is killed', async () => {
    const home = newHome();
    const command = client(home);
    const { databaseUrl } = await acquired(command);
    const pids = processesOf(home);
    expect(pids.length).toBeGreaterThan(2);
    command.process.kill('SIGKILL');
    expect(await waitUntilGone(pids, 15_000)).toBe(true);
    expect(await isOpen(databaseUrl)).toBe(false);
  });

  it('recover after their keeper was killed; the command that used them is told', async () => {
    const home = newHome();
    const widowed = client(home);
    const before = await acquired(widowed);
    sendSignal(keeperOf(home), 'SIGKILL');
    expect(await widowed.nextLine()).toBe('lost');

    const next = client(home);
    const after = await acquired(next);
    expect(after.databaseUrl).not.toBe(before.databaseUrl);
    expect(await isOpen(before.databaseUrl)).toBe(false);
    await release(next);
    widowed.process.kill('SIGKILL');
    await expectNothingLeft(home);
  });

  it('that outlive their keeper are ended by the next one', async () => {
    const home = newHome();
    chmodSync(home, 0o711);
    const env = { ...process.env, PATH: pathWithoutSetpriv() };
    const first = runFixture('client.fixture.ts', [home, 'postgres'], env);
    await acquired(first);
    const orphan = postmasterOf(home);
    sendSignal(keeperOf(home), 'SIGKILL');
    expect(await first.nextLine()).toBe('lost');
    expect(isRunning(orphan)).toBe(true);

    const second = client(home, 'postgres');
    await acquired(second);
    expect(isRunning(orphan)).toBe(false);
    await release(second);
    first.process.kill('SIGKILL');
    await expectNothingLeft(home);
  });

  it('start although the number of their last process now belongs to a stranger, who is left alone', async () => {
    const home = newHome();
    const first = client(home, 'postgres');
    await acquired(first);
    await release(first);
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    const data = join(home, 'postgres');
    writeFileSync(join(data, 'postmaster.pid'), `${stranger.pid}\n${data}\n1\n1\n\n127.0.0.1\n  1 1\nready   \n`);
    const second = client(home, 'postgres');
    await acquired(second);
    expect(isRunning(stranger.pid as number)).toBe(true);
    await release(second);
    stranger.kill('SIGKILL');
  });

  it('are made afresh if the first start was cut off in the middle', async () => {
    const home = newHome();
    mkdirSync(join(home, 'postgres.unfinished', 'base'), { recursive: true });
    const command = client(home, 'postgres');
    await acquired(command);
    expect(existsSync(join(home, 'postgres.unfinished'))).toBe(false);
    await release(command);
  });

  it('get a new password if the file of secrets was deleted', async () => {
    const home = newHome();
    const first = client(home, 'postgres');
    const before = await acquired(first);
    await release(first);
    rmSync(join(home, 'secrets.json'));
    const second = client(home, 'postgres');
    const after = await acquired(second);
    expect(after.databaseUrl).not.toContain(new URL(before.databaseUrl).password);
    await release(second);
  });

  it('tell every waiting command why they do not start', async () => {
    const home = newHome();
    mkdirSync(join(home, 'postgres'));
    writeFileSync(join(home, 'postgres', 'PG_VERSION'), '9\n');
    const commands = [client(home, 'postgres'), client(home, 'postgres')];
    for (const command of commands) {
      expect(await command.ended()).toMatchObject({ code: 1 });
      expect(command.stderr()).toContain('was written by PostgreSQL 9; this Rollbook brings PostgreSQL 18');
    }
    await expectNothingLeft(home);
  });
});

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('built-in servers of root', () => {
  it('run from a folder that nobody else may enter', async () => {
    const closed = newHome();
    chmodSync(closed, 0o700);
    const home = join(closed, 'home');
    const command = client(home, 'postgres');
    await acquired(command);
    expect(statSync(`/proc/${postmasterOf(home)}`).uid).not.toBe(0);
    await release(command);
  });

  it('keep their data elsewhere if nothing lets them in, and say where', async () => {
    const closed = newHome();
    chmodSync(closed, 0o700);
    const home = join(closed, 'home');
    const command = runFixture('client.fixture.ts', [home], { ...process.env, PATH: pathWithoutSetpriv() });
    expect((await acquired(command)).queue.backend).toBe('postgres');
    const [, elsewhere = ''] = /its data is in (\S+)\)/.exec(readFileSync(join(home, 'keeper.log'), 'utf8')) ?? [];
    expect(elsewhere).toMatch(/rollbook-[0-9a-f]{12}$/);
    await release(command);
    rmSync(elsewhere, { recursive: true });
  });
});

describe('acquireServices', () => {
  const log = createLogger({ purpose: 'command', level: 'silent' });

  it('starts nothing if both servers are named, and shows no password', async () => {
    const home = join(newHome(), 'unused');
    const services = await acquireServices({
      databaseUrl: 'postgresql://rollbook:hunter2@db.example:5432/rollbook',
      redisUrl: 'redis://:hunter2@cache.example:6379/1',
      home,
      log,
    });
    expect(services.describe).toBe(
      'Database: PostgreSQL at db.example:5432/rollbook. Queues: Redis at cache.example:6379/1.',
    );
    await services.release();
    expect(existsSync(home)).toBe(false);
  });

  it('puts the queues into a named database on request', async () => {
    const databaseUrl = 'postgresql://rollbook@db.example/rollbook';
    const services = await acquireServices({ databaseUrl, queueBackend: 'postgres', home: newHome(), log });
    expect(services.queue).toEqual({ backend: 'postgres', connectionString: databaseUrl });
    await services.release();
  });

  it('starts a private Redis beside a named database', async () => {
    const home = newHome();
    const services = await acquireServices({ databaseUrl: 'postgresql://rollbook@db.example/rollbook', home, log });
    expect(services.queue.backend).toBe('redis');
    expect(existsSync(join(home, 'postgres'))).toBe(false);
    await services.release();
    await services.release();
    await expectNothingLeft(home);
  });

  it('says what to do about a home that cannot be made', async () => {
    const file = join(newHome(), 'file');
    writeFileSync(file, '');
    await expect(acquireServices({ home: join(file, 'home'), log })).rejects.toThrow(
      /set ROLLBOOK_HOME to another folder/,
    );
  });
});
