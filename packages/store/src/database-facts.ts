import type pg from 'pg';

/** What a PostgreSQL server says of itself. */
export interface DatabaseFacts {
  /** Such as `16.4`. */
  readonly version: string;
  readonly majorVersion: number;
  /** How far the server's clock is ahead of this machine's, in milliseconds; the way there and back is halved. */
  readonly clockAheadMs: number;
}

/** Asks a server what it is and what time it has. */
export async function readDatabaseFacts(pool: pg.Pool): Promise<DatabaseFacts> {
  // The first query also opens the connection, which would count as the way there.
  await pool.query('SELECT 1');
  const askedAt = Date.now();
  const { rows } = await pool.query<{ version: string; number: number; now: number }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::integer AS number,
       (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS now`,
  );
  const midway = (askedAt + Date.now()) / 2;
  const { version, number, now } = rows[0] as { version: string; number: number; now: number };
  return {
    version: version.split(' ')[0] ?? version,
    majorVersion: Math.floor(number / 10_000),
    clockAheadMs: Math.round(now - midway),
  };
}
