import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { runCli } from './run-cli.ts';

const BIN = fileURLToPath(new URL('../bin/rollbook.js', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when the text has been written to either output; rejects if the command ends without it. */
  says(text: string): Promise<void>;
}

/** Starts the built command with an environment of its own: nothing of the person's who runs the tests. */
export function start(args: readonly string[], env: Readonly<Record<string, string>>, cwd: string): Started {
  const { PATH = '', TMPDIR = '/tmp' } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env: { PATH, TMPDIR, ...env } });
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve({ status, signal, ...output }));
  });
  return {
    child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!(output.stdout + output.stderr).includes(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        ended.then(() => reject(new Error(`It ended without saying "${text}":\n${output.stderr}`)), reject);
      }),
  };
}

/** Runs a command in this process and in its environment: for tests of many commands, as a start takes a second. */
export async function runHere(...args: string[]): Promise<Pick<Ended, 'status' | 'stdout' | 'stderr'>> {
  const output = { stdout: '', stderr: '' };
  const plain = pc.createColors(false);
  const status = await runCli(args, {
    out: (text) => (output.stdout += `${text}\n`),
    say: (text) => (output.stderr += `${text}\n`),
    isWatched: false,
    colors: plain,
    sayColors: plain,
  });
  return { status, ...output };
}
