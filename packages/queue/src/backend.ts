import { createPostgresBackend, Queue, Worker, type Processor, type WorkerOptions } from 'bullmq';
import { Redis } from 'ioredis';

/** Where the queues are kept: Redis, or PostgreSQL where no Redis is at hand. */
export type QueueBackend =
  | { readonly backend: 'redis'; readonly url: string }
  | { readonly backend: 'postgres'; readonly connectionString: string };

/** Payloads are a run's id and round: anything larger is a mistake. */
const MAX_PAYLOAD_BYTES = 2_048;

/** Finished jobs stay for the dashboard: the completed for a day, the failed until somebody looks, within bounds. */
const KEEP_COMPLETED = { age: 24 * 3600, count: 2_000 };
const KEEP_FAILED = { age: 30 * 24 * 3600, count: 10_000 };

export const JOB_RETENTION = {
  removeOnComplete: KEEP_COMPLETED,
  removeOnFail: KEEP_FAILED,
  sizeLimit: MAX_PAYLOAD_BYTES,
};

export interface Connection {
  createQueue(name: string): Queue;
  createWorker(name: string, processor: Processor, options: Omit<WorkerOptions, 'connection'>): Worker;
  /** Ends what queues and workers share; close them first. */
  close(): Promise<void>;
}

export interface ConnectionOptions {
  /** Keeps installations apart that share a server. */
  readonly prefix: string;
  readonly onError: (error: Error) => void;
}

export function connect(backend: QueueBackend, options: ConnectionOptions): Connection {
  return backend.backend === 'redis' ? connectRedis(backend.url, options) : connectPostgres(backend, options);
}

function connectRedis(url: string, { prefix, onError }: ConnectionOptions): Connection {
  // BullMQ's workers wait in blocking reads: a request must not be given up while Redis restarts.
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 100, 2_000) });
  redis.on('error', onError);
  return {
    createQueue: (name) => new Queue(name, { connection: redis, prefix }),
    createWorker: (name, processor, workerOptions) =>
      new Worker(name, processor, { ...workerOptions, connection: redis, prefix }),
    async close() {
      // A shared connection outlives the queues that used it.
      if (redis.status === 'ready') await redis.quit();
      else redis.disconnect();
    },
  };
}

function connectPostgres(
  { connectionString }: { readonly connectionString: string },
  { prefix }: ConnectionOptions,
): Connection {
  // Each queue and worker has a pool of its own: small ones, for many processes share the server.
  // A schema of its own is what the prefix is on Redis.
  const schema = `${prefix.replaceAll(/[^A-Za-z0-9]/g, '_')}_queue`;
  const connection = { connectionString, schema, migrate: true, max: 2 };
  return {
    createQueue: (name) => new Queue(name, { connection }, createPostgresBackend) as unknown as Queue,
    createWorker: (name, processor, workerOptions) =>
      new Worker(name, processor, { ...workerOptions, connection }, createPostgresBackend) as unknown as Worker,
    close: () => Promise.resolve(),
  };
}
