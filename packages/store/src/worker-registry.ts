import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type pg from 'pg';

const BEAT_MS = 5_000;
const STALE_SECONDS = 20;

/** Of workers that were killed: nobody else takes their rows away. */
const FORGET_AFTER = '1 hour';

export interface WorkerRegistration {
  /** Takes the worker off the list. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Puts this worker on the list of live ones, with the queues it serves, and keeps it there until `stop`.
 *
 * @param onError hears of beats that failed; the next one is tried all the same.
 */
export async function registerWorker(
  pool: pg.Pool,
  queues: readonly string[],
  onError: (error: Error) => void = () => undefined,
): Promise<WorkerRegistration> {
  const id = randomUUID();
  let beating: Promise<void> = Promise.resolve();
  const beat = (): Promise<void> => (beating = upsert(pool, id, queues).catch(onError));
  await pool.query(`DELETE FROM workers WHERE seen_at < now() - interval '${FORGET_AFTER}'`);
  await upsert(pool, id, queues);
  const timer = setInterval(() => void beat(), BEAT_MS);
  timer.unref();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    // A beat under way would write the row again.
    await beating;
    await pool.query('DELETE FROM workers WHERE id = $1', [id]);
  };
  return { stop: () => (stopped ??= stop()) };
}

async function upsert(pool: pg.Pool, id: string, queues: readonly string[]): Promise<void> {
  await pool.query(
    `INSERT INTO workers (id, queues, host, pid) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO UPDATE SET seen_at = now()`,
    [id, queues, hostname(), process.pid],
  );
}

/** The queues that some live worker serves; by the database's clock, seen in the last 20 seconds. */
export async function liveQueues(pool: pg.Pool): Promise<Set<string>> {
  const { rows } = await pool.query<{ queue: string }>(
    `SELECT DISTINCT unnest(queues) AS queue FROM workers WHERE seen_at > now() - interval '${STALE_SECONDS} seconds'`,
  );
  return new Set(rows.map(({ queue }) => queue));
}
