import type { Database } from './database.ts';
import { exportColumns, exportRoster, type ExportRequest } from './roster-export.ts';
import { createTestDatabase, type TestDatabase } from '../../../tests/test-database.ts';

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase('roster_export');
  db = testDatabase.database;
  await db.pool.query(
    `INSERT INTO districts (id, name, timezone) VALUES ('riverside', 'R', 'UTC'), ('lakeside', 'L', 'UTC')`,
  );
  await db.pool.query(
    `INSERT INTO students (district_id, sis_id, given_name, family_name, birth_date, school_id, school_ids, enabled, status)
     SELECT 'riverside', to_char(n, 'FM00000'), 'Ada, "A"', 'Byron', '2010-01-31', '02', '{b,02,a}', n % 2 = 0,
       CASE WHEN n <= 3 THEN 'archived' ELSE 'active' END FROM generate_series(1, 12001) n`,
  );
  await db.pool.query(
    `INSERT INTO guardianships (district_id, sis_id, student_id, guardian_id) VALUES ('riverside', 's~g', 's', 'g')`,
  );
});
afterAll(() => testDatabase.drop());

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

const read = (request: Partial<ExportRequest> = {}): Promise<Record<string, string>[]> =>
  collect(exportRoster(db.pool, { districtId: 'riverside', recordType: 'students', status: 'active', ...request }));

describe('exportRoster', () => {
  it('gives every record once, in the order of the ids, beyond one page', async () => {
    const ids = (await read()).map((row) => row['sisId']);
    expect(ids).toHaveLength(11_998);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(await read({ status: 'all' })).toHaveLength(12_001);
  });

  it('gives the fields of the roster model as text', async () => {
    const [first] = await read({ status: 'archived' });
    expect(first).toEqual({
      ...Object.fromEntries(exportColumns('students').map((column) => [column, ''])),
      sisId: '00001',
      givenName: 'Ada, "A"',
      familyName: 'Byron',
      birthDate: '2010-01-31',
      school: '02',
      schools: '02,a,b',
      enabled: 'false',
      status: 'archived',
    });
    expect(Object.keys(first ?? {})).toEqual(exportColumns('students'));
  });

  it('names guardianships by their two people, without an id of their own', async () => {
    expect(await read({ recordType: 'guardianships' })).toEqual([
      { student: 's', guardian: 'g', relationship: '', kind: '', primary: '', status: 'active' },
    ]);
  });

  it('shows the roster as it was when it began', async () => {
    const rows = exportRoster(db.pool, { districtId: 'riverside', recordType: 'students', status: 'all' });
    await rows.next();
    await db.pool.query(
      `INSERT INTO students (district_id, sis_id, given_name, family_name) VALUES ('riverside', '99999', 'N', 'N')`,
    );
    const rest = await collect(rows);
    await db.pool.query(`DELETE FROM students WHERE sis_id = '99999'`);
    expect(rest).toHaveLength(12_000);
  });

  it('gives its connection back when the reader stops early', async () => {
    for await (const row of exportRoster(db.pool, { districtId: 'riverside', recordType: 'students', status: 'all' }))
      if (row['sisId'] === '00002') break;
    expect(db.pool.idleCount).toBe(db.pool.totalCount);
  });

  it('gives nothing for a district without records, and refuses an unknown one with the nearest', async () => {
    expect(await read({ districtId: 'lakeside' })).toEqual([]);
    await expect(read({ districtId: 'riversde' })).rejects.toThrow(
      'There is no district "riversde". Is "riverside" meant?',
    );
  });
});
