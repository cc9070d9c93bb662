import { randomBytes } from 'node:crypto';
import { Queues, connect, type Connection, type QueueBackend, type RetryPolicy } from '@rollbook/queue';

/** Every queue test runs on both; `databaseUrl` is the test file's own database. */
export const BACKENDS: readonly {
  readonly name: string;
  readonly backend: (databaseUrl: string) => QueueBackend;
}[] = [
  { name: 'Redis', backend: () => ({ backend: 'redis', url: process.env['TEST_REDIS_URL'] as string }) },
  { name: 'PostgreSQL', backend: (databaseUrl) => ({ backend: 'postgres', connectionString: databaseUrl }) },
];

/** Keeps the queues of tests apart on one server; a number would begin anew in every test file of one process. */
export const freshPrefix = (): string => `test-${randomBytes(6).toString('hex')}`;

export interface TestQueues {
  readonly queues: Queues;
  close(): Promise<void>;
}

/** A producer's view of the queues. */
export function openTestQueues(backend: QueueBackend, prefix: string, retry?: Partial<RetryPolicy>): TestQueues {
  const ignore = (): void => undefined;
  const connection: Connection = connect(backend, { prefix, onError: ignore });
  const queues = new Queues(connection, ignore, retry);
  return {
    queues,
    async close() {
      await queues.close();
      await connection.close();
    },
  };
}

/** Asks until `condition` gives something; fails with what it was waiting for. */
export async function until<R>(
  what: string | (() => string),
  condition: () => Promise<R | null | undefined | false>,
  timeoutMs = 30_000,
): Promise<R> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const result = await condition();
    if (result !== null && result !== undefined && result !== false) return result;
    if (Date.now() > deadline)
      throw new Error(`waited ${timeoutMs / 1000} s in vain for: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
