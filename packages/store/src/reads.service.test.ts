import { RunReport, parseConfig } from '@rollbook/core';
import { loadConfiguration } from './configuration.ts';
import type { Database } from './database.ts';
import { listHolds, readHold } from './hold-reads.ts';
import { approveHold } from './hold-decisions.ts';
import { listRuns, readRun, readRunState } from './run-reads.ts';
import { createTestDatabase, type TestDatabase } from '../../../tests/test-database.ts';
import { listDistricts, listSyncs } from './sync-reads.ts';

let testDatabase: TestDatabase;
let db: Database;

const BEFORE = '2026-03-01T02:00:10.000Z';

/** A first run, a second that was held, and a third that found the same and a school more. */
beforeAll(async () => {
  testDatabase = await createTestDatabase('reads');
  db = testDatabase.database;
  const config = {
    id: 'riverside',
    timezone: 'America/Chicago',
    syncs: [{ id: 'sis', source: { type: 'files', path: '/r' } }],
  };
  await loadConfiguration(db, parseConfig({ districts: [config] }), []);
  await db.pool.query(
    `INSERT INTO runs (id, district_id, sync_id, trigger, source_type, settings, status, stage, reason, message, advice,
       counts, started_at, finished_at)
     SELECT r.id, 'riverside', 'sis', 'cli', 'files', s.settings, status, 'apply', reason, message, advice, counts::jsonb,
       finished::timestamptz - interval '10 seconds', finished::timestamptz
     FROM syncs s, (VALUES (1, 'succeeded', NULL, NULL, NULL, NULL, '${BEFORE}'),
       (2, 'held', 'threshold', 'too many', 'look', NULL, '2026-03-02T02:00:10Z'),
       (3, 'held', 'threshold', 'too many still', 'look', '{"students": {"created": 1, "updated": 0, "archived": 0,
         "restored": 0, "unchanged": 7, "withheld": 2, "skipped": 0}}', '2026-03-03T02:00:10Z'))
       AS r (id, status, reason, message, advice, counts, finished)`,
  );
  await db.pool.query(
    `INSERT INTO run_stages (run_id, round, stage, attempts, started_at) VALUES (3, 1, 'diff', 1, now()), (3, 1, 'fetch', 2, now() - interval '1 minute')`,
  );
  await db.pool.query(
    `INSERT INTO findings VALUES (3, 1, 'students', '02', 9, 2, 0, 0, 1000, 23, 'hold'), (3, 2, 'staff', '02', 5, 0, 0, 0, 1000, 0, 'pass')`,
  );
  await db.pool.query(
    `INSERT INTO warnings VALUES (3, 1, 'unknown_reference', 'enrollments.csv', 12, 'm', 1), (3, 2, 'other', NULL, 0, 'm', 3)`,
  );
  await db.pool.query(
    `INSERT INTO students (district_id, sis_id, given_name, family_name, grade, sync_id)
     VALUES ('riverside', 'a', 'Ada', 'Byron', '09', 'sis'), ('riverside', 'b', 'Bea', 'Potter', NULL, 'sis')`,
  );
  await db.pool.query(
    `INSERT INTO holds (district_id, sync_id, run_id, last_run_id, status, fingerprint, record_count, source_fingerprint,
       since_run_id)
     SELECT 'riverside', s.id, h.run, h.run, h.status, h.fingerprint, h.count, s.source_fingerprint, 2
     FROM syncs s, (VALUES (2, 'replaced', 'f', 1), (3, 'open', 'g', 2)) AS h (run, status, fingerprint, count) ORDER BY h.run`,
  );
  await db.pool.query(
    `INSERT INTO hold_records VALUES (1, 'students', 'a', '02'), (2, 'students', 'a', '02'), (2, 'students', 'b', '02')`,
  );
  await db.pool.query(`INSERT INTO hold_pairs VALUES (2, 'students', 'a', 'a2')`);
  await db.pool.query(
    `INSERT INTO classes (district_id, sis_id, title, kind, school_id)
     SELECT 'riverside', title, title, kind, '02'
     FROM (VALUES ('Algebra', 'scheduled'), ('Biology', NULL), ('Chemistry', NULL), ('Homeroom 9', 'homeroom')) AS k (title, kind)`,
  );
  await db.pool.query(
    `INSERT INTO enrollments (district_id, sis_id, class_id, person_id, role) SELECT 'riverside', sis_id, sis_id, 'a', 'student' FROM classes`,
  );
});
afterAll(() => testDatabase.drop());

describe('readRun', () => {
  it('gives the report of the contract, with the hold and the stages in the order they began', async () => {
    const run = await readRun(db, 3);
    expect(RunReport.parse(run)).toMatchObject({
      run: {
        id: '3',
        district: 'riverside',
        sync: 'sis',
        status: 'held',
        reason: 'threshold',
        message: 'too many still',
      },
      counts: {
        students: { created: 1, unchanged: 7, withheld: 2 },
        schools: { created: 0 },
        guardianships: { created: 0 },
      },
      findings: [{ school: '02', recordType: 'students', percent: 22.22, thresholdPercent: 10, verdict: 'hold' }],
      warnings: [
        { file: 'enrollments.csv', line: 12 },
        { file: null, line: null, count: 3 },
      ],
    });
    expect(run).toMatchObject({ hold: '2', trigger: 'cli', preview: false });
    expect(run.stages.map(({ stage, attempts }) => [stage, attempts])).toEqual([
      ['fetch', 2],
      ['diff', 1],
    ]);
  });

  it('refuses an unknown run', async () => {
    await expect(readRun(db, 99)).rejects.toThrow('There is no run 99.');
    await expect(readRunState(db, 99)).rejects.toThrow('There is no run 99.');
  });
});

it('listRuns gives the newest first, of one sync if asked', async () => {
  expect((await listRuns(db, { limit: 2 })).map(({ id }) => id)).toEqual(['3', '2']);
  expect(await listRuns(db, { syncId: 'other', limit: 2 })).toEqual([]);
});

it('listDistricts and listSyncs give what was configured', async () => {
  expect(await listDistricts(db)).toEqual([{ id: 'riverside', name: 'riverside', timezone: 'America/Chicago' }]);
  expect(await listSyncs(db)).toMatchObject([
    {
      id: 'sis',
      district: 'riverside',
      sourceType: 'files',
      timezone: 'America/Chicago',
      enabled: true,
      schedule: null,
    },
  ]);
  expect(await listSyncs(db, { districtId: 'lakeside' })).toEqual([]);
});

describe('readHold', () => {
  it('gives groups with what would pass, and the records with when they were last seen', async () => {
    const hold = await readHold(db, 2);
    expect(hold.hold).toMatchObject({ id: '2', status: 'open', records: 2, run: '3', message: 'too many still' });
    expect(hold.groups).toEqual([
      {
        school: '02',
        recordType: 'students',
        withheld: 2,
        active: 9,
        toArchive: 2,
        newcomers: 0,
        archivedBefore: [],
        waiting: 0,
        allowed: 0,
        percent: 22.22,
        thresholdPercent: 10,
        thresholdNote: null,
        smallestPassingPercent: 23,
        verdict: 'hold',
        relinkable: 1,
      },
    ]);
    expect(hold.records).toEqual([
      {
        recordType: 'students',
        sisId: 'a',
        school: '02',
        name: 'Ada Byron',
        grade: '09',
        classes: ['Homeroom 9', 'Algebra', 'Biology'],
        newId: 'a2',
        lastSeen: null,
      },
      {
        recordType: 'students',
        sisId: 'b',
        school: '02',
        name: 'Bea Potter',
        grade: null,
        classes: [],
        newId: null,
        lastSeen: '2026-03-02T02:00:10.000Z',
      },
    ]);
    expect((await readHold(db, 1)).records[0]?.lastSeen).toBe(BEFORE);
    expect((await readHold(db, 2, { offset: 1, limit: 5 })).records.map(({ sisId }) => sisId)).toEqual(['b']);
    expect((await readHold(db, 2, { limit: 1 })).records.map(({ sisId }) => sisId)).toEqual(['a']);
  });

  it('shows decisions, and is no longer listed once decided', async () => {
    expect((await listHolds(db)).map(({ id }) => id)).toEqual(['2']);
    await approveHold(db.pool, { holdId: 2, actor: 'me', comment: null, schools: ['02'], recordTypes: null });
    expect((await readHold(db, 2)).decisions).toMatchObject([
      { decision: 'approve', actor: 'me', comment: null, schools: ['02'], recordTypes: null, recordCount: 2 },
    ]);
    expect(await listHolds(db)).toEqual([]);
    expect((await listHolds(db, { all: true })).map(({ id, status }) => [id, status])).toEqual([
      ['2', 'approved'],
      ['1', 'replaced'],
    ]);
  });

  it('refuses an unknown hold', async () => {
    await expect(readHold(db, 99)).rejects.toThrow('There is no hold 99.');
  });
});
