import { migrate } from '@rollbook/store';
import pg from 'pg';

/** Every test file copies this database, which is much quicker than migrating one each. */
export const TEMPLATE_DATABASE = 'rollbook_test_template';

/** Before the tests that need services: makes the template database. `npm test` starts the servers. */
export default async function setUp(): Promise<void> {
  const serverUrl = process.env['TEST_DATABASE_URL'];
  if (!serverUrl || !process.env['TEST_REDIS_URL'])
    throw new Error('TEST_DATABASE_URL and TEST_REDIS_URL are not set. Run the tests with: npm test');
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE_DATABASE}`);
    await client.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${TEMPLATE_DATABASE}`;
  await migrate(url.href);
}
