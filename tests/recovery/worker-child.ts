import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { QueueBackend, WorkerSettings } from '@rollbook/queue';
import { until } from '../queue-backends.ts';

export const SETTINGS_VARIABLE = 'ROLLBOOK_TEST_WORKER';

export interface WorkerProcessSettings {
  readonly backend: QueueBackend;
  readonly queuePrefix: string;
  readonly databaseUrl: string;
  readonly worker: Partial<WorkerSettings>;
  readonly sweepIntervalMs: number;
}

/** Short, so that the jobs of a killed worker are given away within a second or two. */
export const QUICK_TAKEOVER: Partial<WorkerSettings> = { lockDurationMs: 1_000, stalledIntervalMs: 300 };

export interface WorkerChild {
  /** What it logged so far, a line each. */
  readonly lines: readonly string[];
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** Kills it at once and waits until it is gone. May be called again. */
  kill(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('worker-process.ts', import.meta.url));

/** Starts all workers in a process of their own; resolves when they listen. */
export async function startWorkerChild(settings: WorkerProcessSettings): Promise<WorkerChild> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
    env: { ...process.env, NODE_OPTIONS: '', [SETTINGS_VARIABLE]: JSON.stringify(settings) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let rest = '';
  const collect = (chunk: Buffer): void => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop() as string;
    lines.push(...parts);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await until('the worker process', async () => {
      if (child.exitCode !== null) throw new Error(`the worker process ended: ${lines.join('\n')}${rest}`);
      return lines.some((line) => line.includes('"ready"'));
    });
  } catch (error) {
    await kill();
    throw error;
  }
  return { lines, signal: (name) => void child.kill(name), kill };
}
