import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandOf, isRunning, processesIn, waitUntilGone } from './process-table.ts';

describe('process table', () => {
  it('sees a process while it runs, by id, command line and folder', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rollbook-processes-')));
    const child = spawn('sleep', ['60'], { cwd: folder, stdio: 'ignore' });
    await once(child, 'spawn');
    const pid = child.pid as number;
    expect(isRunning(pid)).toBe(true);
    expect(commandOf(pid)).toBe('sleep 60');
    if (process.platform === 'linux') expect(processesIn(folder)).toEqual([pid]);

    expect(await waitUntilGone([pid], 50)).toBe(false);
    child.kill('SIGKILL');
    expect(await waitUntilGone([pid], 5_000)).toBe(true);
    expect(processesIn(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
