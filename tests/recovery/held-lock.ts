import pg from 'pg';
import { until } from '../queue-backends.ts';

/** A lock that a test holds to stop a stage where it wants it. */
export interface HeldLock {
  /** Resolves when a connection of Rollbook waits for the lock, and `count` of them for this or another. */
  waiters(count?: number): Promise<void>;
  release(): Promise<void>;
}

/** Takes a lock by `statement` in a transaction of its own. */
export async function holdLock(databaseUrl: string, statement: string): Promise<HeldLock> {
  const [holder, watcher] = [await connect(databaseUrl), await connect(databaseUrl)];
  await holder.query('BEGIN');
  await holder.query(statement);
  const { rows } = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const holderPid = rows[0]?.pid as number;
  return {
    async waiters(count = 1) {
      await until(`${count} who wait for: ${statement}`, async () => {
        const { rows: waiting } = await watcher.query<{ isOurs: boolean }>(
          `SELECT $1 = ANY (pg_blocking_pids(pid)) AS "isOurs" FROM pg_stat_activity
           WHERE application_name = 'rollbook' AND datname = current_database() AND wait_event_type = 'Lock'`,
          [holderPid],
        );
        return waiting.length >= count && waiting.some(({ isOurs }) => isOurs);
      });
    },
    async release() {
      await Promise.all([holder, watcher].filter((client) => !client.isLost()).map((client) => client.end()));
    },
  };
}

/** A connection of the test's own, which may be lost with its server. */
async function connect(connectionString: string): Promise<pg.Client & { isLost(): boolean }> {
  const client = new pg.Client({ connectionString, application_name: 'test' });
  let isLost = false;
  client.on('error', () => (isLost = true));
  client.on('end', () => (isLost = true));
  await client.connect();
  return Object.assign(client, { isLost: () => isLost });
}
