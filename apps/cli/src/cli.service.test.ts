import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { RunReport } from '@rollbook/core';
import { generateDistrict, nextDay, removeStudents, writeOneRosterFolder, type District } from '@rollbook/sandbox';
import { createTestDatabase, type TestDatabase } from '../../../tests/test-database.ts';
import { start, type Ended, type Started } from './command.fixture.ts';

// Most of the time of a test is the start of its commands, and other tests share the processors.
jest.setTimeout(60_000);

let database: TestDatabase;
let folder: string;
let env: Record<string, string>;
const SCHOOL = '0101';
const STUDENTS = 60;

const begin = (...args: string[]): Started => start(args, env, folder);
const rollbook = (...args: string[]): Promise<Ended> => begin(...args).ended;

/** The one JSON document on standard output. */
const json = ({ stdout }: Ended) => JSON.parse(stdout);

const upload = async (district: District): Promise<void> => {
  rmSync(join(folder, 'roster'), { recursive: true, force: true });
  await writeOneRosterFolder(district, join(folder, 'roster'), { version: '1.1' });
};
const count = async (sql: string): Promise<number> =>
  (await database.database.pool.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${sql}`)).rows[0]
    ?.count ?? -1;

const day1 = generateDistrict({ seed: 1, schoolSizes: [STUDENTS, 40] });
const day2 = nextDay(day1, [removeStudents(20, SCHOOL)]);

beforeAll(async () => {
  database = await createTestDatabase('cli');
  folder = mkdtempSync(join(tmpdir(), 'rollbook-cli-'));
  // The queues stand in the database of the test: a Redis would be shared with other tests.
  env = {
    DATABASE_URL: database.url,
    ROLLBOOK_QUEUE_BACKEND: 'postgres',
    ROLLBOOK_HOME: join(folder, 'home'),
    ROLLBOOK_ACTOR: 'tester',
  };
  writeFileSync(
    join(folder, 'rollbook.yaml'),
    'districts:\n  - id: riverside\n    syncs:\n      - {id: sis, source: {type: files, path: ./roster}}\n',
  );
  await upload(day1);
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

describe('rollbook', () => {
  it('loads a configuration, and finds nothing to do the second time', async () => {
    const first = await rollbook('config', 'load', 'rollbook.yaml');
    expect(first).toMatchObject({
      status: 0,
      stdout: 'district "riverside": created\nsync "sis" of "riverside": created\n',
      stderr: '',
    });
    const second = json(await rollbook('config', 'load', 'rollbook.yaml', '--json'));
    expect(second.syncs).toEqual([{ id: 'sis', district: 'riverside', change: 'unchanged', voidedApprovals: 0 }]);
  });

  it('previews files without writing anything', async () => {
    const ended = await rollbook('preview', 'roster', '--json');
    expect(ended.status).toBe(0);
    expect(RunReport.parse(json(ended))).toMatchObject({
      run: { id: 'preview', status: 'succeeded' },
      counts: { students: { created: STUDENTS + 40 } },
    });
    expect(await count('students')).toBe(0);
    expect(await count('runs')).toBe(0);
    expect(await count(`pg_tables WHERE schemaname = 'snapshot'`)).toBe(0);
  });

  it('syncs, with workers of its own where there are none', async () => {
    const ended = await rollbook('sync', 'sis', '--json');
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(RunReport.parse(json(ended))).toMatchObject({
      run: { district: 'riverside', sync: 'sis', status: 'succeeded', reason: null },
      counts: { students: { created: STUDENTS + 40, archived: 0 }, guardianships: { updated: 0 } },
    });
    expect(await count(`students WHERE status = 'active'`)).toBe(STUDENTS + 40);
    expect(await count('workers')).toBe(0);
  });

  it('exports the roster, also to a reader that leaves early', async () => {
    const { stdout, status } = await rollbook('export', 'riverside', 'students');
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(1 + STUDENTS + 40);
    expect(lines[0]).toMatch(/^sisId,givenName,.*,status$/);

    const leaving = begin('export', 'riverside', 'enrollments');
    leaving.child.stdout?.destroy();
    expect(await leaving.ended).toMatchObject({ status: 0, stderr: '' });
  });

  it('holds what is over the threshold and says what can be done', async () => {
    await upload(day2);
    const previewed = await rollbook('preview', 'roster', '--against', 'riverside');
    expect(previewed.status).toBe(2);
    expect(previewed.stdout).toContain('20 of 60 students of school "0101" would be archived');
    const ended = await rollbook('sync', 'sis');
    expect(ended.status).toBe(2);
    expect(ended.stdout).toContain('rollbook approve 1');
    expect(await count(`students WHERE status = 'active'`)).toBe(STUDENTS + 40);

    const { holds } = json(await rollbook('holds', '--json'));
    expect(holds).toMatchObject([{ id: '1', sync: 'sis', status: 'open' }]);
    const hold = json(await rollbook('hold', '1', '--json'));
    const student = hold.groups.find((group: { recordType: string }) => group.recordType === 'students');
    expect(student).toMatchObject({
      school: SCHOOL,
      active: STUDENTS,
      toArchive: 20,
      allowed: 6,
      smallestPassingPercent: 34,
    });
    expect(hold.records.filter((record: { recordType: string }) => record.recordType === 'students')).toHaveLength(20);
  });

  it('archives after an approval, once', async () => {
    const wrong = await rollbook('approve', '1', '--school', '0999');
    expect(wrong).toMatchObject({ status: 1, stdout: '' });
    expect(wrong.stderr).toContain('Its schools: 0101');
    const ended = await rollbook('approve', '1', '--comment', 'moved away', '--json');
    expect(ended.status).toBe(0);
    expect(RunReport.parse(json(ended))).toMatchObject({
      run: { status: 'succeeded' },
      counts: { students: { archived: 20, withheld: 0 } },
    });
    expect(await count(`decisions WHERE actor = 'tester' AND comment = 'moved away'`)).toBe(1);
    expect((await rollbook('approve', '1')).stderr).toContain('Hold 1 was approved already');
  });

  it('keeps what a rejected hold held', async () => {
    await upload(nextDay(day2, [removeStudents(15, SCHOOL)]));
    expect((await rollbook('sync', 'sis')).status).toBe(2);
    expect((await rollbook('reject', '2')).stderr).toContain("required option '--comment <text>'");
    const rejected = await rollbook('reject', '2', '--comment', 'they are on an excursion');
    expect(rejected.stdout).toContain('Hold 2 is rejected');
    expect(json(await rollbook('holds', '--json')).holds).toEqual([]);
    expect(await count(`students WHERE status = 'archived'`)).toBe(20);
  });

  it('fails with the reason when the data cannot be used', async () => {
    writeFileSync(join(folder, 'roster', 'users.csv'), 'surcedId,status\n1,active\n');
    const ended = await rollbook('sync', 'sis', '--json');
    expect(ended.status).toBe(3);
    const report = RunReport.parse(json(ended));
    expect(report.run).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    expect(report.run.message).toContain('users.csv');
    // A run is told of with its own status; the command that shows it has done its work.
    const shown = await rollbook('run', report.run.id);
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    expect(shown.stdout).toContain('Invalid Data');
    await upload(day1);
  });

  it('leaves the work to a worker, which ends by the signal and takes its name off the list', async () => {
    const worker = begin('worker', '--concurrency', '1');
    await worker.says('"working"');
    expect(await count('workers')).toBe(1);
    const requested = await rollbook('sync', 'sis', '--no-wait', '--json');
    expect(requested).toMatchObject({ status: 0, stderr: '' });
    const { id } = json(requested).run;
    // It ended while this command waited, or before; either way it is the run that is reported.
    const waited = json(await rollbook('sync', 'sis', '--json'));
    expect(Number(waited.run.id) - Number(id)).toBeLessThanOrEqual(1);
    expect(await count(`runs WHERE id = ${id} AND status = 'succeeded'`)).toBe(1);
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ signal: 'SIGTERM', stdout: '' });
    expect(await count('workers')).toBe(0);
  });

  it('says in three parts what is wrong with what it was given, with status 1 and no result', async () => {
    const cases: [string[], string[]][] = [
      [
        ['sync', 'siss'],
        ['There is no sync "siss"', 'Is "sis" meant?'],
      ],
      [
        ['export', 'riverside', 'pupils'],
        ['There is no record type "pupils"', 'students'],
      ],
      [['run', '99'], ['There is no run 99']],
      [['preview', 'nowhere'], ['There is nothing at "nowhere"']],
      [
        ['preview', 'roster', '--threshold', '101'],
        ['0 to 100', 'received "101"'],
      ],
      [['runz'], ["unknown command 'runz'", 'Did you mean']],
      [
        ['worker', '--stages', 'fetsh'],
        ['There is no stage "fetsh"', 'Is "fetch" meant?'],
      ],
    ];
    const results = await Promise.all(cases.map(([args]) => rollbook(...args)));
    for (const [i, ended] of results.entries()) {
      expect(ended).toMatchObject({ status: 1, stdout: '' });
      for (const part of cases[i]?.[1] ?? []) expect(ended.stderr).toContain(part);
      expect(ended.stderr).not.toMatch(/^\s+at /m);
    }
    const failed = await rollbook('run', '99', '--json');
    expect(json(failed)).toMatchObject({ error: { title: 'Usage', message: expect.stringContaining('no run 99') } });
  });

  it('says that a server is away without naming its password', async () => {
    const away = { ...env, DATABASE_URL: 'postgresql://me:hunter2@127.0.0.1:1/x' };
    const ended = await start(['runs'], away, folder).ended;
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toContain('Database Unavailable');
    const doctor = await start(['doctor', '--json'], { ...env, REDIS_URL: 'redis://me:hunter2@127.0.0.1:1' }, folder)
      .ended;
    expect(doctor.status).toBe(1);
    const { checks } = json(doctor);
    expect(checks).toContainEqual(expect.objectContaining({ name: 'queues', outcome: 'fail' }));
    expect(checks).toContainEqual(expect.objectContaining({ name: 'database', outcome: 'ok' }));
    expect(ended.stderr + doctor.stdout + doctor.stderr).not.toContain('hunter2');
  });

  it('works without any server, in a folder of its own', async () => {
    const builtIn = { ROLLBOOK_HOME: join(folder, 'built-in') };
    const loaded = await start(['config', 'load', 'rollbook.yaml'], builtIn, folder).ended;
    expect(loaded).toMatchObject({ status: 0, stderr: '' });
    const synced = await start(['sync', 'sis', '--json'], builtIn, folder).ended;
    expect(synced).toMatchObject({ status: 0, stderr: '' });
    expect(RunReport.parse(json(synced)).counts.students.created).toBe(STUDENTS + 40);
  });
});
