import pg from 'pg';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.ts';

/** One pool of connections, shared by bulk SQL and Prisma. */
export interface Database {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A PostgreSQL 14 or later. */
  readonly databaseUrl: string;
  /** 10 by default; a stage uses two at most. */
  readonly maxConnections?: number;
  /** Hears of connections lost while idle; the pool replaces them by itself. */
  readonly onConnectionError?: (error: Error) => void;
}

export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    max: options.maxConnections ?? 10,
    application_name: 'rollbook',
    // Rosters of one district are joined whole: hash joins must fit, and compiling such plans costs more than it saves.
    options: '-c work_mem=64MB -c jit=off -c timezone=UTC',
  });
  pool.on('error', (error) => options.onConnectionError?.(error));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: false }) });
  return {
    pool,
    prisma,
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/** A statement runner: the pool itself, or one connection inside a transaction. */
export type Sql = pg.Pool | pg.ClientBase;

/** Runs `work` in one transaction on one connection: committed when it returns, rolled back when it throws. */
export async function inTransaction<R>(
  pool: pg.Pool,
  work: (sql: pg.PoolClient) => Promise<R>,
  isolation: 'READ COMMITTED' | 'REPEATABLE READ' = 'READ COMMITTED',
): Promise<R> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // A connection that dies between two statements says so here; unheard, it would end the process.
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken ??= rollbackError;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}
