import { openDatabase, type Database } from '@rollbook/store';
import pg from 'pg';

export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  /** Closes the connections and drops the database; kept if KEEP_TEST_DATABASES is set, for looking into it. */
  drop(): Promise<void>;
}

/** A migrated database of its own for one test file. */
export async function createTestDatabase(name: string): Promise<TestDatabase> {
  const serverUrl = process.env['TEST_DATABASE_URL'] as string;
  const databaseName = `rollbook_test_${name}_${process.pid}`;
  await onServer(serverUrl, `CREATE DATABASE ${databaseName} TEMPLATE rollbook_test_template`);
  const url = new URL(serverUrl);
  url.pathname = `/${databaseName}`;
  const database = openDatabase({ databaseUrl: url.href });
  return {
    url: url.href,
    database,
    async drop() {
      await database.close();
      if (!process.env['KEEP_TEST_DATABASES']) await onServer(serverUrl, `DROP DATABASE ${databaseName} WITH (FORCE)`);
    },
  };
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
