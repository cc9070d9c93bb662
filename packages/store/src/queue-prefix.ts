import type pg from 'pg';

/**
 * The prefix of this database's queues. Run ids count from 1 in every database, so two that share a Redis would take each
 * other's jobs for their own; a copy of a database is another one too.
 */
export async function queuePrefix(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ mark: string }>(
    `SELECT left(md5(i.id::text || d.oid::text || d.datname), 12) AS mark
     FROM installation i, pg_database d WHERE d.datname = current_database()`,
  );
  return `rollbook-${rows[0]?.mark ?? 'unnamed'}`;
}
