import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { QueueBackend, WorkerSettings } from '@rollbook/queue';
import { until } from '../queue-backends.ts';

export interface WorkerProcessSettings {
  readonly backend: QueueBackend;
  readonly queuePrefix: string;
  readonly databaseUrl: string;
  readonly worker: Partial<WorkerSettings>;
  readonly sweepIntervalMs: number;
}

/** Short, so that the jobs of a killed worker are given away within a second or two. */
export const QUICK_TAKEOVER: Partial<WorkerSettings> = { lockDurationMs: 700, stalledIntervalMs: 150 };

const PROGRAM = fileURLToPath(new URL('worker-process.ts', import.meta.url));

/** All workers in a process of their own. It loads its program at once, and works only after `start`. */
export class WorkerChild {
  /** What it logged so far, a line each. */
  readonly lines: string[] = [];
  readonly #process = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  readonly #ended = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()));
  #rest = '';

  constructor() {
    this.#process.stdout.on('data', (chunk: Buffer) => this.#collect(chunk));
    this.#process.stderr.on('data', (chunk: Buffer) => this.#collect(chunk));
    // Its end is told by its exit.
    this.#process.stdin.on('error', () => undefined);
  }

  #collect(chunk: Buffer): void {
    const parts = (this.#rest + chunk.toString('utf8')).split('\n');
    this.#rest = parts.pop() as string;
    this.lines.push(...parts);
  }

  /** Resolves when its workers listen. */
  async start(settings: WorkerProcessSettings): Promise<void> {
    this.#process.stdin.write(`${JSON.stringify(settings)}\n`);
    await until('the worker process', async () => {
      if (this.#process.exitCode !== null)
        throw new Error(`the worker process ended: ${this.lines.join('\n')}${this.#rest}`);
      return this.lines.some((line) => line.includes('"ready"'));
    });
  }

  freeze(): void {
    this.#process.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process.kill('SIGCONT');
  }

  /** Ends it at once, frozen or not, and waits until it is gone. May be called again. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
