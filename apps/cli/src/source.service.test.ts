import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { generateDistrict, writeCleverFolder, writeGuardiansFile, writeOneRosterFolder } from '@rollbook/sandbox';
import { parse } from 'yaml';
import { createTestDatabase, type TestDatabase } from '../../../tests/test-database.ts';
import { start, type Ended } from './command.fixture.ts';

// Most of the time of a test is the start of its commands, and other tests share the processors.
jest.setTimeout(60_000);

let database: TestDatabase;
let folder: string;
let env: Record<string, string>;

const rollbook = (...args: string[]): Promise<Ended> => start(args, env, folder).ended;
const json = ({ stdout }: Ended) => JSON.parse(stdout);

const CONFIGURATION = `
districts:
  - id: riverside
    syncs:
      - {id: everything, source: {type: files, path: ./roster}}
      - id: two-schools
        source: {type: files, path: ./clever, manageGuardians: false, guardiansFile: {type: files, path: ./guardians.csv}}
        schools: [{sisId: "0101"}, {sisId: "0102", name: Riverside}]
      - id: lost-zeros
        source: {type: files, path: ./roster}
        schools: [{sisId: "0101"}, {sisId: "102"}, {sisId: "9999", name: Summit}]
      - {id: nowhere, source: {type: files, path: ./nowhere}}
      - {id: locked, source: {type: sftp, host: 127.0.0.1, port: 1, username: u, password: hunter2}}
`;
const district = generateDistrict({ seed: 6, schoolSizes: [40, 30, 30] });

beforeAll(async () => {
  database = await createTestDatabase('source');
  folder = mkdtempSync(join(tmpdir(), 'rollbook-source-'));
  env = {
    DATABASE_URL: database.url,
    ROLLBOOK_QUEUE_BACKEND: 'postgres',
    ROLLBOOK_HOME: join(folder, 'home'),
  };
  writeFileSync(join(folder, 'rollbook.yaml'), CONFIGURATION);
  await writeOneRosterFolder(district, join(folder, 'roster'), { version: '1.1', demographics: false });
  await writeCleverFolder(district, join(folder, 'clever'));
  await writeGuardiansFile(district, join(folder, 'guardians.csv'));
  expect(await rollbook('config', 'load', 'rollbook.yaml')).toMatchObject({ status: 0 });
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

describe('source test', () => {
  it('says that all is well, and what is seen', async () => {
    const ended = await rollbook('source', 'test', 'everything');
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    const [first = ''] = ended.stdout.split('\n');
    expect(first).toBe(
      'Connected: the source of sync "everything" of district "riverside" (files) works; every school in the data is taken: 3.',
    );
    expect(ended.stdout).toMatch(/Records +3 schools, 3 terms, .*100 students/);
    expect(ended.stdout).toMatch(/Data of +\d{4}-\d\d-\d\d \d\d:\d\d UTC, just now/);
    expect(ended.stdout).toContain('rollbook sync everything --preview');
  });

  it('counts Clever CSV files and a guardians.csv, in one JSON document', async () => {
    const ended = await rollbook('source', 'test', 'two-schools', '--json');
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(json(ended)).toMatchObject({
      sync: { id: 'two-schools', district: 'riverside', sourceType: 'files' },
      connected: true,
      reason: null,
      message: null,
      advice: null,
      schoolsNotFound: [],
      takesEverySchool: false,
      counts: {
        schools: 3,
        classes: district.classes.length,
        students: 100,
        staff: district.staff.length,
        guardians: district.guardians.length,
        guardianships: district.guardianships.length,
        enrollments: district.enrollments.length,
      },
    });
    const { schools, permissions, freshAt } = json(ended);
    expect(schools.map(({ sisId, linked }: { sisId: string; linked: boolean }) => [sisId, linked])).toEqual([
      ['0101', true],
      ['0102', true],
      ['0103', false],
    ]);
    expect(permissions).toContainEqual({ name: 'guardians.csv', granted: true });
    expect(Date.parse(freshAt)).toBeGreaterThan(Date.now() - 600_000);
  });

  it('fails if linked schools are not there, and says which may be meant', async () => {
    const ended = await rollbook('source', 'test', 'lost-zeros');
    expect(ended.status).toBe(3);
    expect(ended.stdout).toMatch(/^Connected, but not ready: /);
    expect(ended.stdout).toContain('Schools to Sync Are Not Found');
    expect(ended.stdout).toContain('"102" (in the data: "0102")');
    expect(ended.stdout).toContain('rollbook source schools lost-zeros');
    const document = json(await rollbook('source', 'test', 'lost-zeros', '--json'));
    expect(document).toMatchObject({
      connected: true,
      reason: 'schools_not_found',
      schoolsNotFound: [
        { sisId: '102', nearest: ['0102'] },
        { sisId: '9999', name: 'Summit', nearest: [] },
      ],
    });
  });

  it('fails with reason and advice if the source cannot be used, and shows no secret', async () => {
    const ended = await rollbook('source', 'test', 'nowhere');
    expect(ended).toMatchObject({ status: 3, stderr: '' });
    expect(ended.stdout).toMatch(
      /^Not connected: the source of sync "nowhere" .* Nothing was changed\.\n\nInvalid Data\n/,
    );
    expect(ended.stdout).toContain('does not exist.');
    expect(ended.stdout).toContain('Check the path of the source');
    // Loopback is refused without the operator's consent.
    const locked = await rollbook('source', 'test', 'locked', '--json');
    expect(locked.status).toBe(3);
    expect(json(locked)).toMatchObject({ connected: false, reason: 'source_unavailable', schools: [] });
    expect(json(locked).advice).toContain('ROLLBOOK_ALLOW_PRIVATE_SOURCES');
    expect(locked.stdout + locked.stderr).not.toContain('hunter2');
  });

  it('writes nothing, and knows the nearest sync', async () => {
    const { rows } = await database.database.pool.query<{ count: number }>(
      `SELECT (SELECT count(*) FROM runs)::integer + (SELECT count(*) FROM students)::integer AS count`,
    );
    expect(rows).toEqual([{ count: 0 }]);
    const ended = await rollbook('source', 'test', 'nowher');
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toContain('Is "nowhere" meant?');
  });
});

describe('source schools', () => {
  it('lists what can be linked, with lines that load as they are', async () => {
    const ended = await rollbook('source', 'schools', 'lost-zeros');
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.stdout).toMatch(/"102": is "0102" .* meant\?/);
    expect(ended.stdout).toContain('"9999" Summit: no similar one is in the data');
    const { yaml } = json(await rollbook('source', 'schools', 'lost-zeros', '--json'));
    expect(ended.stdout).toContain(yaml);
    expect(parse(yaml).schools.map(({ sisId }: { sisId: string }) => sisId)).toEqual(['0101', '0102']);

    const indented = yaml.replaceAll(/^/gm, '        ');
    const text = readFileSync(join(folder, 'rollbook.yaml'), 'utf8');
    writeFileSync(join(folder, 'pasted.yaml'), text.replace(/^ +schools: .*"9999".*$/m, indented));
    expect(await rollbook('config', 'load', 'pasted.yaml')).toMatchObject({ status: 0 });
    expect((await rollbook('source', 'test', 'lost-zeros')).status).toBe(0);
  });

  it('fails as the test does if the source cannot be used', async () => {
    const ended = await rollbook('source', 'schools', 'nowhere');
    expect(ended.status).toBe(3);
    expect(ended.stdout).toMatch(/^Not connected: /);
  });
});
