import { jest } from '@jest/globals';
import { type Command, killFixtures, runFixture } from './embedded/command.fixture.ts';

// Each test starts a process, which takes seconds on a busy machine.
jest.setTimeout(30_000);

afterEach(killFixtures);

async function started(kind: string): Promise<Command> {
  const command = runFixture('../shutdown.fixture.ts', [kind]);
  expect(await command.nextLine()).toBe('ready');
  return command;
}

async function lines(command: Command, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) found.push(await command.nextLine());
  return found;
}

describe('installShutdown', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'at %s stops the last acquired first and dies by that signal',
    async (signal) => {
      const command = await started('quick');
      command.process.kill(signal);
      expect(await lines(command, 3)).toEqual(['no new work', 'worker graceful', 'database graceful']);
      expect(await command.ended()).toEqual({ code: null, signal });
    },
  );

  it('goes on with the rest if one does not stop cleanly, and says which', async () => {
    const command = await started('failing');
    command.process.kill('SIGTERM');
    expect(await lines(command, 3)).toEqual(['no new work', 'worker graceful', 'database graceful']);
    expect(await command.ended()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(command.stderr()).toContain('\\"worker\\" did not stop cleanly.');
  });

  it('uses force at the deadline, on what is not stopped yet', async () => {
    const command = await started('stuck');
    command.process.kill('SIGTERM');
    expect(await lines(command, 4)).toEqual(['no new work', 'worker graceful', 'worker forced', 'database forced']);
    expect(await command.ended()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(command.stderr()).toContain('Stopping by force: database, worker.');
  });

  it('ends even if force does not help', async () => {
    const command = await started('frozen');
    command.process.kill('SIGTERM');
    expect(await command.ended()).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('uses force at once at a second signal', async () => {
    const command = await started('stuck');
    command.process.kill('SIGTERM');
    expect(await lines(command, 2)).toEqual(['no new work', 'worker graceful']);
    command.process.kill('SIGINT');
    expect(await command.ended()).toMatchObject({ signal: 'SIGTERM' });
    expect(command.stderr()).toContain('Got SIGINT again');
  });

  it('says what is still open if the process lingers after everything was stopped', async () => {
    const command = runFixture('../shutdown.fixture.ts', ['lingering']);
    expect(await lines(command, 4)).toEqual(['no new work', 'worker graceful', 'database graceful', 'stopped']);
    let seen = '';
    for await (const chunk of command.process.stderr ?? []) {
      seen += String(chunk);
      if (seen.includes('Still open:')) break;
    }
    expect(seen).toMatch(/Still open: .*TCPServerWrap/);
    command.process.kill('SIGKILL');
    await command.ended();
  });
});
