import type pg from 'pg';

const PAGE = 5_000;

/**
 * Lets `read` see the database as it is at one moment, on a connection of its own, whatever is written meanwhile. A
 * connection that breaks is not given back to the pool.
 */
export async function* atOneMoment<R>(
  pool: pg.Pool,
  read: (client: pg.PoolClient) => AsyncGenerator<R, void, undefined>,
): AsyncGenerator<R, void, undefined> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    yield* read(client);
  } finally {
    await client.query('ROLLBACK').catch((error: Error) => {
      broken ??= error;
    });
    client.off('error', onError);
    client.release(broken);
  }
}

/** The rows of a query, in memory that does not grow with their number; inside of a transaction. */
export async function* rowsOf<R extends object>(
  client: pg.PoolClient,
  query: string,
  values: readonly unknown[],
): AsyncGenerator<R, void, undefined> {
  await client.query(`DECLARE rows_of NO SCROLL CURSOR FOR ${query}`, [...values]);
  for (;;) {
    const { rows } = await client.query<R>(`FETCH ${PAGE} FROM rows_of`);
    yield* rows;
    if (rows.length < PAGE) break;
  }
  await client.query('CLOSE rows_of');
}
