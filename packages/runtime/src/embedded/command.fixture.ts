import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A fixture that runs as a process of its own, and the lines it prints. */
export interface Command {
  readonly process: ChildProcess;
  /** The next line of standard output; an error that holds its standard error if there is none. */
  nextLine(): Promise<string>;
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stderr(): string;
}

const running = new Set<ChildProcess>();

/** Ends the fixtures that a failed test left behind. */
export function killFixtures(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Runs a fixture beside this file, or a path relative to it, from its TypeScript source. */
export function runFixture(name: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Command {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], { env });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const end = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return {
    process: child,
    nextLine: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`"${name}" ended without another line. It said:\n${stderr}`);
      return value;
    },
    ended: () => end,
    stderr: () => stderr,
  };
}

/** Ids of the keeper and the servers of a home that run at this moment (Linux: read from /proc). */
export function processesOf(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => belongsTo(pid, home))
    .map(Number);
}

function belongsTo(pid: string, home: string): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (command.includes('client.fixture')) return false;
    return command.includes(home) || readlinkSync(`/proc/${pid}/cwd`).startsWith(home);
  } catch {
    return false;
  }
}
