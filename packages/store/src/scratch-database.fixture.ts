import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { openDatabase, type Database } from './database.ts';
import { migrate } from './migrate.ts';

/** A database of one test file's own on the server of TEST_DATABASE_URL, migrated; gone after `drop`. */
export async function createScratchDatabase(): Promise<{ db: Database; url: string; drop(): Promise<void> }> {
  const server = process.env['TEST_DATABASE_URL'] as string;
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  await migrate(url.href);
  const db = openDatabase({ databaseUrl: url.href });
  return {
    db,
    url: url.href,
    async drop() {
      await db.close();
      await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
