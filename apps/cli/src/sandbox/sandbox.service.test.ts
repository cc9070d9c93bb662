import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../../../tests/test-database.ts';
import { start, type Ended, type Started } from '../command.fixture.ts';

// Most of the time of a test is the start of its commands, and other tests share the processors.
jest.setTimeout(180_000);

const SYNCS = ['clever', 'classlink-proxy', 'classlink-direct', 'oneroster', 'oneroster-loose', 'sftp', 'clever-csv'];
const STUDENTS = 120;

let database: TestDatabase;
let folder: string;
let env: Record<string, string>;
let sandbox: Started;
let ports: number[];

const rollbook = (...args: string[]): Promise<Ended> => start(args, env, folder).ended;
const sync = async (id: string) => {
  const ended = await rollbook('sync', id, '--json');
  const document = JSON.parse(ended.stdout);
  return { status: ended.status, run: document.run, students: document.counts.students, warnings: document.warnings };
};
const type = async (line: string, answer: string): Promise<void> => {
  sandbox.child.stdin?.write(`${line}\n`);
  await sandbox.says(answer);
};
const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

beforeAll(async () => {
  database = await createTestDatabase('sandbox');
  folder = mkdtempSync(join(tmpdir(), 'rollbook-sandbox-test-'));
  env = {
    DATABASE_URL: database.url,
    ROLLBOOK_QUEUE_BACKEND: 'postgres',
    ROLLBOOK_HOME: join(folder, 'home'),
    ROLLBOOK_ALLOW_PRIVATE_SOURCES: 'true',
    TMPDIR: folder,
  };
  let yaml = '';
  sandbox = start(['sandbox', 'start', '--students', String(STUDENTS), '--schools', '2'], env, folder);
  sandbox.child.stdout?.on('data', (text: string) => (yaml += text));
  await sandbox.says('Type "help"');
  ports = [
    ...new Set([...yaml.matchAll(/127\.0\.0\.1:(\d+)|port: (\d+)/g)].map(([, one, other]) => Number(one ?? other))),
  ];
  writeFileSync(join(folder, 'rollbook.yaml'), yaml);
});
afterAll(async () => {
  sandbox.child.kill('SIGKILL');
  await sandbox.ended;
  await database.drop();
  rmSync(folder, { recursive: true });
});

it('prints a configuration with which every source can be synced as it is', async () => {
  expect(ports).toHaveLength(5);
  const loaded = await rollbook('config', 'load', 'rollbook.yaml');
  expect(loaded).toMatchObject({ status: 0, stderr: '' });
  for (const id of SYNCS) expect(loaded.stdout).toContain(`sync "${id}" of "riverside-${id}": created`);
  for (const id of SYNCS) {
    const first = await sync(id);
    expect([id, first.status, first.run.message]).toEqual([id, 0, null]);
    expect(first.students).toMatchObject({ created: STUDENTS, skipped: 0 });
  }
});

it('goes wrong and right again as it is told', async () => {
  await type('fault clever 401', 'clever: on: 401');
  expect(await sync('clever')).toMatchObject({ status: 3, run: { reason: 'wrong_credentials' } });
  await type('fault clever off', 'clever: no fault is on');
  await type('fault classlink unshared-school', 'classlink: on: unshared-school');
  expect(await sync('classlink-proxy')).toMatchObject({ status: 3, run: { reason: 'schools_not_found' } });
  await type('fault sftp wrong-password', 'sftp: on: wrong-password');
  expect(await sync('sftp')).toMatchObject({ status: 3, run: { reason: 'wrong_credentials' } });
  await type('fault all off', 'sftp: no fault is on');
  expect(await sync('clever')).toMatchObject({ status: 0, students: { unchanged: STUDENTS } });
});

it('lives through days: an ordinary one, and one that needs a decision', async () => {
  await type('next-day', 'It is day 2');
  for (const id of ['clever', 'oneroster', 'sftp'])
    expect(await sync(id)).toMatchObject({ status: 0, students: { created: 1, archived: 1 } });
  await type('lose 20', 'It is day 3');
  for (const id of ['clever', 'oneroster'])
    expect(await sync(id)).toMatchObject({
      status: 2,
      run: { reason: 'threshold' },
      students: { archived: 0, withheld: 12 },
    });
});

it('says what it did not understand, and goes on', async () => {
  await type('dance', 'There is no command "dance" here: "help" lists them.');
  await type('fault clevr 401', 'There is no site "clevr"');
  await type('fault sftp 401', 'There is no fault "401" here.');
  await type('lose 500', 'Expected a percentage from 1 to 100; got "500".');
  await type('list', 'sftp://127.0.0.1:');
});

it('leaves nothing behind when it is interrupted', async () => {
  expect(readdirSync(folder).filter((name) => name.startsWith('rollbook-sandbox-'))).toHaveLength(1);
  expect(await Promise.all(ports.map(isOpen))).toEqual(ports.map(() => true));
  sandbox.child.kill('SIGINT');
  expect(await sandbox.ended).toMatchObject({ signal: 'SIGINT' });
  expect(await Promise.all(ports.map(isOpen))).toEqual(ports.map(() => false));
  expect(readdirSync(folder).filter((name) => name.startsWith('rollbook-sandbox-'))).toEqual([]);
});

it('ends at "quit" with status 0, and keeps a folder that was named', async () => {
  const kept = join(folder, 'kept');
  const other = start(['sandbox', 'start', '--students', '20', '--schools', '1', '--folder', kept], env, folder);
  await other.says('Type "help"');
  other.child.stdin?.write('quit\n');
  expect(await other.ended).toMatchObject({ status: 0 });
  for (const file of ['oneroster/users.csv', 'clever/students.csv', 'guardians/guardians.csv'])
    expect(existsSync(join(kept, file))).toBe(true);
});

it('refuses ports that are taken, and numbers that make no sense', async () => {
  const occupant = createServer().listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  const { port } = occupant.address() as AddressInfo;
  const taken = await rollbook('sandbox', 'start', '--students', '20', '--schools', '1', '--port-base', String(port));
  occupant.close();
  expect(taken).toMatchObject({ status: 1, stdout: '' });
  expect(taken.stderr).toContain(`Port ${port} of this computer cannot be used (EADDRINUSE).`);
  const wrong = await rollbook('sandbox', 'start', '--students', 'many');
  expect(wrong).toMatchObject({ status: 1, stdout: '' });
  expect(wrong.stderr).toContain('--students: expected a whole number from 1 to 50000, received "many".');
});
