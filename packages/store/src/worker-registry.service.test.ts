import type { Database } from './database.ts';
import { createTestDatabase, type TestDatabase } from '../../../tests/test-database.ts';
import { liveQueues, registerWorker } from './worker-registry.ts';

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase('worker_registry');
  db = testDatabase.database;
});
afterAll(() => testDatabase.drop());

describe('the list of live workers', () => {
  it('holds the queues of every worker until it stops', async () => {
    const first = await registerWorker(db.pool, ['diff', 'guard']);
    const second = await registerWorker(db.pool, ['guard', 'apply']);
    expect(await liveQueues(db.pool)).toEqual(new Set(['diff', 'guard', 'apply']));
    await Promise.all([first.stop(), first.stop()]);
    expect(await liveQueues(db.pool)).toEqual(new Set(['guard', 'apply']));
    await second.stop();
    expect(await liveQueues(db.pool)).toEqual(new Set());
  });

  it('leaves out those not seen for 20 seconds, and forgets those of long ago', async () => {
    await db.pool.query(
      `INSERT INTO workers (id, queues, host, pid, seen_at) VALUES
       (gen_random_uuid(), '{fetch-sftp}', 'h', 1, now() - interval '21 seconds'),
       (gen_random_uuid(), '{fetch-files}', 'h', 2, now() - interval '19 seconds'),
       (gen_random_uuid(), '{diff}', 'h', 3, now() - interval '2 hours')`,
    );
    expect(await liveQueues(db.pool)).toEqual(new Set(['fetch-files']));
    const worker = await registerWorker(db.pool, ['apply']);
    const { rows } = await db.pool.query('SELECT queues FROM workers ORDER BY queues');
    expect(rows.map((row) => row.queues)).toEqual([['apply'], ['fetch-files'], ['fetch-sftp']]);
    await worker.stop();
  });
});
