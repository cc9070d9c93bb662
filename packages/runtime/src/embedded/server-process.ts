import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isRunning, sendSignal, waitUntilGone } from './process-table.ts';

/** How to run a program: what stands before it on the command line, and as whom. */
export interface RunAs {
  /** For instance `setpriv` with its options; empty if the program is run as it is. */
  readonly prefix: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

export interface ServerProcess {
  readonly pid: number;
  /** Fulfilled when the process has ended, with a short account of how. */
  readonly ended: Promise<string>;
}

/**
 * Starts a server whose output goes to `logFile`. Nothing of our environment is handed on but what finds programs.
 *
 * @throws the system's error if the program cannot be started
 */
export async function startServer(
  command: string,
  args: readonly string[],
  options: { logFile: string; folder: string; runAs: RunAs },
): Promise<ServerProcess> {
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const [program, ...rest] = [...options.runAs.prefix, command, ...args] as [string, ...string[]];
    const child = spawn(program, rest, {
      cwd: options.folder,
      env: serverEnvironment(),
      stdio: ['ignore', log, log],
      ...identity(options.runAs),
    });
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (status, signal) =>
        resolve(signal === null ? `ended with status ${status}` : `got ${signal}`),
      );
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    return { pid: child.pid as number, ended };
  } finally {
    closeSync(log);
  }
}

/** The user and group to start a child with, in the shape that `spawn` takes. */
export function identity(runAs: RunAs): { uid?: number; gid?: number } {
  return runAs.uid === undefined || runAs.gid === undefined ? {} : { uid: runAs.uid, gid: runAs.gid };
}

/** A short environment: no secrets, and none of the PG… variables that would change what a server does. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    TMPDIR: process.env['TMPDIR'],
    LC_ALL: 'C',
    TZ: 'UTC',
  };
}

/** Sends each signal in turn and gives the process its time to end; the last one is always SIGKILL. */
export async function stopProcess(
  pid: number,
  steps: readonly { signal: NodeJS.Signals; timeoutMs: number }[],
): Promise<void> {
  for (const { signal, timeoutMs } of [...steps, { signal: 'SIGKILL' as const, timeoutMs: 5_000 }]) {
    if (!isRunning(pid)) return;
    sendSignal(pid, signal);
    if (await waitUntilGone([pid], timeoutMs)) return;
  }
}

/**
 * Waits until `isReady` says so.
 *
 * @returns null when ready, else how the process ended or that `timeoutMs` passed
 */
export async function waitUntilReady(
  server: ServerProcess,
  isReady: () => Promise<boolean>,
  timeoutMs: number,
): Promise<string | null> {
  let outcome: string | null = null;
  void server.ended.then((how) => {
    outcome = how;
  });
  const deadline = Date.now() + timeoutMs;
  while (outcome === null) {
    if (await isReady()) return null;
    if (Date.now() > deadline) return `was not ready after ${Math.round(timeoutMs / 1000)} s`;
    await pause(20);
  }
  return outcome;
}
