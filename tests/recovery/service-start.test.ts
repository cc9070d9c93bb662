import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, type Started } from '../../apps/cli/src/command.fixture.ts';
import { createOwnPostgres, type OwnServer } from './own-servers.ts';

let postgres: OwnServer;
let folder: string;
const started: Started[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollbook-service-start-'));
  postgres = await createOwnPostgres();
}, 60_000);
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(async () => {
  await postgres.remove();
  rmSync(folder, { recursive: true });
}, 60_000);

function rollbook(...args: string[]): Started {
  const env = {
    DATABASE_URL: postgres.url,
    ROLLBOOK_QUEUE_BACKEND: 'postgres',
    ROLLBOOK_HOME: join(folder, 'home'),
    ROLLBOOK_HTTP_PORT: '0',
  };
  const command = start(args, env, folder);
  started.push(command);
  return command;
}

const WAITS = 'The database cannot be reached. Waiting for it.';
const GOES_ON = 'The database is there: going on.';

describe('guard §40: started while PostgreSQL is away', () => {
  it.each([
    ['worker', '"working"'],
    ['serve', 'Dashboard: '],
  ])(
    '"%s" waits until it is back, and says so',
    async (command, works) => {
      await postgres.stop('SIGQUIT');
      const service = rollbook(command);
      await service.says(WAITS);
      expect(service.child.exitCode).toBeNull();
      await postgres.start();
      await service.says(GOES_ON);
      await service.says(works);
      service.child.kill('SIGTERM');
      expect((await service.ended).stderr.split(WAITS)).toHaveLength(2);
    },
    60_000,
  );

  it('a service that waits ends when it is told to', async () => {
    await postgres.stop('SIGQUIT');
    const worker = rollbook('worker');
    await worker.says(WAITS);
    worker.child.kill('SIGTERM');
    expect((await worker.ended).signal).toBe('SIGTERM');
    await postgres.start();
  }, 60_000);

  it('a command for people says at once what is wrong', async () => {
    await postgres.stop('SIGQUIT');
    const ended = await rollbook('runs').ended;
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('The database cannot be used: nothing listens at its address');
    await postgres.start();
  }, 60_000);
});
