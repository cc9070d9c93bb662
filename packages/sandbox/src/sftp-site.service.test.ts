import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import SftpClient from 'ssh2-sftp-client';
import type { ConnectOptions } from 'ssh2-sftp-client';
import { startSftpSite } from './sftp-site.ts';
import type { SftpSite } from './sftp-site.ts';
import { generateSshKeyPair } from './ssh-key.ts';

const CONTENTS = Buffer.from('sourcedId,status\r\n'.repeat(20_000));
const PAIR = generateSshKeyPair();

let root: string;
let site: SftpSite;
const clients: SftpClient[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rollbook-sandbox-'));
  await mkdir(join(root, 'upload'));
  await writeFile(join(root, 'upload', 'users.csv'), CONTENTS);
  await writeFile(join(root, 'manifest.csv'), 'propertyName,value\r\n');
  const users = [
    { username: 'riverside', password: 'open sesame' },
    { username: 'robot', publicKey: PAIR.publicKey },
  ];
  site = await startSftpSite({ root, users });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await site.stop();
  await rm(root, { recursive: true, force: true });
});

async function login(options: ConnectOptions = {}): Promise<SftpClient> {
  // The client's own listeners would print what these tests provoke on purpose.
  const quiet = { error: () => {}, end: () => {}, close: () => {} };
  const client = new (SftpClient as unknown as new (name: string, handlers: object) => SftpClient)('test', quiet);
  const { host, port } = site;
  // Without this, each request waits 40 ms for the acknowledgement of the one before.
  const sock = connect({ host, port, noDelay: true });
  await client.connect({ sock, username: 'riverside', password: 'open sesame', retries: 0, ...options });
  clients.push(client);
  return client;
}
const digest = (contents: string | Buffer): string => createHash('sha256').update(contents).digest('hex');
/** Downloads a file; jest compares large buffers slowly, so the digest stands for it. */
const hashOf = async (client: SftpClient, path: string): Promise<string> => digest((await client.get(path)) as Buffer);
const asRobot: ConnectOptions = { username: 'robot', privateKey: PAIR.privateKey };

/** Accepts a host by its fingerprint alone. */
const onlyHost = (fingerprint: string): ConnectOptions => ({
  hostVerifier: (key: Buffer) =>
    `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}` === fingerprint,
});

describe('logging in', () => {
  it('lets a user in by password, and shows and gives the files', async () => {
    const client = await login();
    const entries = await client.list('/');
    expect(entries.map((each) => [each.name, each.type])).toEqual([
      ['manifest.csv', '-'],
      ['upload', 'd'],
    ]);
    expect((await client.stat('/upload/users.csv')).size).toBe(CONTENTS.length);
    expect(await hashOf(client, 'upload/users.csv')).toBe(digest(CONTENTS));
    expect(site.counters).toMatchObject({ connections: 1, logins: 1, rejectedLogins: 0, bytesServed: CONTENTS.length });
    expect(site.counters.opens).toEqual(new Map([['/upload/users.csv', 1]]));
    expect(site.counters.reads.get('/upload/users.csv')).toBeGreaterThanOrEqual(CONTENTS.length / 65_536);
  });

  it('lets a user in by key, and not by another key', async () => {
    const client = await login(asRobot);
    expect(await client.exists('/manifest.csv')).toBe('-');
    const stranger = { ...asRobot, privateKey: generateSshKeyPair().privateKey };
    await expect(login(stranger)).rejects.toThrow('All configured authentication methods failed');
  });

  it.each([
    ['a wrong password', { password: 'open barley' }],
    ['an empty password', { password: '' }],
    ['an unknown user', { username: 'nobody' }],
    ['a password where only a key is known', { username: 'robot' }],
  ])('refuses %s', async (_, options) => {
    await expect(login(options)).rejects.toThrow('All configured authentication methods failed');
    expect(site.counters.logins).toBe(0);
  });
});

describe('serving', () => {
  it('only reads', async () => {
    const client = await login();
    await expect(client.put(Buffer.from('x'), '/new.csv')).rejects.toThrow('Permission denied');
    await expect(client.append(Buffer.from('x'), '/manifest.csv')).rejects.toThrow('Permission denied');
    await expect(client.delete('/manifest.csv')).rejects.toThrow();
    await expect(client.rename('/manifest.csv', '/other.csv')).rejects.toThrow();
    await expect(client.mkdir('/more')).rejects.toThrow();
    expect((await readdir(root)).sort()).toEqual(['manifest.csv', 'upload']);
    expect(await readFile(join(root, 'manifest.csv'), 'utf8')).toBe('propertyName,value\r\n');
  });

  it('never leaves its folder, by dots or by links', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'rollbook-outside-'));
    await writeFile(join(outside, 'secret.txt'), 'secret');
    await symlink(outside, join(root, 'way-out'));
    await symlink(join(outside, 'secret.txt'), join(root, 'secret.txt'));
    await symlink('upload/users.csv', join(root, 'inside.csv'));
    const client = await login();
    await expect(client.get('/way-out/secret.txt')).rejects.toThrow('Permission denied');
    await expect(client.get('/secret.txt')).rejects.toThrow('Permission denied');
    await expect(client.stat('/secret.txt')).rejects.toThrow('Permission denied');
    await expect(client.list('/way-out')).rejects.toThrow('Permission denied');
    await expect(client.get(`/../../../..${outside}/secret.txt`)).rejects.toThrow('No such file');
    expect(await client.realPath('/../../..')).toBe('/');
    expect(await hashOf(client, '/inside.csv')).toBe(digest(CONTENTS));
    expect((await client.list('/')).find((each) => each.name === 'secret.txt')?.type).toBe('l');
    await rm(outside, { recursive: true });
  });

  it('says that a missing file is missing', async () => {
    const client = await login();
    await expect(client.get('/nothing.csv')).rejects.toMatchObject({ code: 2 });
    expect(await client.exists('/nothing.csv')).toBe(false);
    await expect(client.list('/manifest.csv')).rejects.toThrow('No such file');
  });

  it('gives a file read by many requests at once, and a folder of many files, whole', async () => {
    const large = randomBytes(8 * 1024 * 1024 + 17);
    await writeFile(join(root, 'large.csv'), large);
    for (let index = 0; index < 250; index += 1) await writeFile(join(root, 'upload', `${index}.csv`), '');
    const client = await login();
    const target = join(root, 'copy.csv');
    await client.fastGet('/large.csv', target);
    expect((await readFile(target)).equals(large)).toBe(true);
    expect(await client.list('/upload')).toHaveLength(251);
  });

  it('says that the folder is not there', async () => {
    await expect(startSftpSite({ root: join(root, 'none'), users: [] })).rejects.toThrow('to serve is not there');
  });
});

describe('faults', () => {
  it('rejectPasswords refuses passwords, not keys, until it is switched off', async () => {
    site.faults.rejectPasswords = true;
    await expect(login()).rejects.toThrow('All configured authentication methods failed');
    expect(site.counters.rejectedLogins).toBeGreaterThan(0);
    await login(asRobot);
    site.faults.clear();
    await login();
  });

  it('changeHostKey shows another key to new connections alone', async () => {
    const before = site.hostKey;
    const client = await login(onlyHost(before));
    const after = site.faults.changeHostKey();
    expect(site.hostKey).toBe(after);
    expect(after).not.toBe(before);
    await expect(login(onlyHost(before))).rejects.toThrow('Host denied (verification failed)');
    await login(onlyHost(after));
    expect(await client.exists('/manifest.csv')).toBe('-');
  });

  it('growing makes one file larger and younger at every look', async () => {
    site.faults.growing = 'users.csv';
    const client = await login();
    const first = await client.stat('/upload/users.csv');
    const [second] = await client.list('/upload');
    const third = await client.stat('/upload/users.csv');
    const sizes = [first.size, second?.size ?? 0, third.size];
    expect(sizes).toEqual([1, 2, 3].map((looks) => CONTENTS.length + looks * 1024));
    expect(third.modifyTime).toBe(first.modifyTime + 2000);
    expect((await client.stat('/manifest.csv')).size).toBe(20);
    expect(await hashOf(client, '/upload/users.csv')).toBe(digest(CONTENTS));
  });

  it('truncate announces the whole file and ends early', async () => {
    site.faults.truncate = { file: '/upload/users.csv', bytes: 100_001 };
    const client = await login();
    expect((await client.stat('/upload/users.csv')).size).toBe(CONTENTS.length);
    expect(await hashOf(client, '/upload/users.csv')).toBe(digest(CONTENTS.subarray(0, 100_001)));
  });

  it('dropAfterBytes cuts as many connections as told, then none', async () => {
    Object.assign(site.faults, { dropAfterBytes: 150_000, dropTimes: 2 });
    for (let time = 0; time < 2; time += 1) {
      const client = await login();
      await expect(client.get('/upload/users.csv')).rejects.toThrow();
      expect(site.counters.bytesServed).toBeLessThanOrEqual((time + 1) * 150_000);
    }
    expect(site.counters.bytesServed).toBeGreaterThan(0);
    expect(site.faults.dropTimes).toBe(0);
    expect(await hashOf(await login(), '/upload/users.csv')).toBe(digest(CONTENTS));
  });

  it('hang keeps silent in one phase, and stop ends the waiting', async () => {
    site.faults.hang = 'connect';
    await expect(login({ readyTimeout: 150 })).rejects.toThrow('Timed out while waiting for handshake');
    site.faults.hang = 'read';
    const client = await login();
    expect(await client.list('/upload')).toHaveLength(1);
    let isAnswered = false;
    const download = client.get('/upload/users.csv').finally(() => (isAnswered = true));
    const failure = expect(download).rejects.toThrow();
    // Asked later and answered: the download was passed over, not merely slow.
    await client.stat('/upload/users.csv');
    expect(isAnswered).toBe(false);
    expect(site.counters.opens.size).toBe(0);
    await site.stop();
    await failure;
  });

  it('slowBytesPerSecond keeps to the speed', async () => {
    site.faults.slowBytesPerSecond = 1_000_000;
    const client = await login();
    const startMs = performance.now();
    expect(await hashOf(client, '/upload/users.csv')).toBe(digest(CONTENTS));
    expect(performance.now() - startMs).toBeGreaterThanOrEqual((CONTENTS.length / 1_000_000) * 1000 - 5);
  });

  it('refuseConnections resets new connections and keeps the old', async () => {
    const client = await login();
    site.faults.refuseConnections = true;
    await expect(login()).rejects.toThrow('ECONNRESET');
    expect(await client.exists('/manifest.csv')).toBe('-');
    expect(site.counters.connections).toBe(1);
  });
});

describe('stop', () => {
  const openResources = async () => ({
    sockets: process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length,
    files: (await readdir('/dev/fd')).length,
  });

  it('cuts what is open and leaves nothing behind', async () => {
    await site.stop();
    const before = await openResources();
    site = await startSftpSite({ root, users: [{ username: 'riverside', password: 'open sesame' }] });
    site.faults.slowBytesPerSecond = 1000;
    const client = await login();
    const failure = expect(client.get('/upload/users.csv')).rejects.toThrow();
    const silent = connect(site.port, site.host);
    await once(silent, 'data');
    const closed = once(silent, 'close');
    await Promise.all([site.stop(), site.stop()]);
    await Promise.all([failure, closed]);
    await expect(once(connect(site.port, site.host), 'connect')).rejects.toThrow('ECONNREFUSED');
    expect(await openResources()).toEqual(before);
  });

  it('frees the port for another site with the same host key', async () => {
    const hostKey = generateSshKeyPair().privateKey;
    const first = await startSftpSite({ root, users: [], hostKey });
    await first.stop();
    const second = await startSftpSite({ root, users: [], hostKey, port: first.port });
    expect([second.port, second.hostKey]).toEqual([first.port, first.hostKey]);
    await expect(startSftpSite({ root, users: [], port: second.port })).rejects.toThrow('EADDRINUSE');
    await second.stop();
  });
});
