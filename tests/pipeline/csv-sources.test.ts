import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesSource, type RecordType } from '@rollbook/core';
import {
  generateDistrict,
  nextDay,
  removeStudents,
  writeCleverFolder,
  writeGuardiansFile,
  type District,
} from '@rollbook/sandbox';
import { createSource } from '@rollbook/sources';
import { PipelineHarness } from '../pipeline-harness.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

const DAY_1 = generateDistrict({ seed: 8, schoolSizes: [60, 50] });

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let folder: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase('csv_sources');
}, 30_000);
afterAll(() => testDatabase.drop());

beforeEach(async () => {
  await testDatabase.database.pool.query('TRUNCATE districts, schools, students, roster_changes CASCADE');
  folder = await mkdtemp(join(tmpdir(), 'rollbook-csv-'));
});
afterEach(() => rm(folder, { recursive: true }));

const clever = (): string => join(folder, 'clever');
const guardians = (): string => join(folder, 'guardians.csv');

async function prepare(settings: object): Promise<void> {
  const config = FilesSource.parse({ type: 'files', path: clever(), ...settings });
  harness = new PipelineHarness(testDatabase.database, createSource(config, { spoolDir: folder, allowPrivate: false }));
  await harness.createSync('sis', 'riverside');
}

const idsOf = (records: readonly { readonly sisId: string }[]): string[] => records.map(({ sisId }) => sisId).sort();

const active = (type: RecordType): Promise<string[]> =>
  harness.ids(type).then((ids) => ids.toSorted((a, b) => (a < b ? -1 : 1)));

async function expectRoster(district: District): Promise<void> {
  for (const type of ['schools', 'classes', 'students', 'staff', 'guardians', 'guardianships'] as const)
    expect([type, await active(type)]).toEqual([type, idsOf(district[type])]);
  expect(await harness.count('enrollments')).toBe(district.enrollments.length);
}

describe('Clever CSV files', () => {
  it('make the roster, and the next day change it, without a word of repeated rows', async () => {
    await writeCleverFolder(DAY_1, clever());
    await prepare({});
    const first = await harness.run('sis');
    expect(first).toMatchObject({ status: 'succeeded', reason: null });
    expect(first.warnings.map(({ code }) => code)).toEqual(['demographics_skipped']);
    await expectRoster(DAY_1);

    const day2 = nextDay(DAY_1, [removeStudents(3, '0101')]);
    await writeCleverFolder(day2, clever());
    const second = await harness.run('sis');
    expect(second).toMatchObject({ status: 'succeeded', counts: { students: { archived: 3, updated: 0 } } });
    expect(second.counts.guardians.updated + second.counts.staff.updated + second.counts.courses.archived).toBe(0);
    expect(await active('students')).toEqual(idsOf(day2.students));
    expect(await harness.run('sis')).toMatchObject({ counts: { students: { unchanged: 107 } } });
  });

  it('that lost a file or a header change nothing (guard §18, §19)', async () => {
    await writeCleverFolder(DAY_1, clever());
    await prepare({});
    await harness.run('sis');
    const students = await readFile(join(clever(), 'students.csv'), 'utf8');
    await writeFile(join(clever(), 'students.csv'), students.replace('Student_email', 'Student_emial'));
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    await writeFile(join(clever(), 'students.csv'), students.split('\r\n').slice(0, 1).join('\r\n'));
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    await rm(join(clever(), 'students.csv'));
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    await expectRoster(DAY_1);
  });
});

describe('guardians.csv beside them', () => {
  const settings = () => ({ manageGuardians: false, guardiansFile: { type: 'files', path: guardians() } });

  it('makes the guardians, and its absence or emptiness archives nobody (guard §18, §19)', async () => {
    await writeCleverFolder(DAY_1, clever());
    await writeGuardiansFile(DAY_1, guardians(), { studentId: 'studentNumber' });
    await prepare(settings());
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
    await expectRoster(DAY_1);

    const text = await readFile(guardians(), 'utf8');
    await writeFile(guardians(), text.split('\r\n').slice(0, 1).join('\r\n'));
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    await rm(guardians());
    expect(await harness.run('sis')).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    await expectRoster(DAY_1);
  });

  it('is read again when it alone has changed', async () => {
    await writeCleverFolder(DAY_1, clever());
    await writeGuardiansFile(DAY_1, guardians());
    await prepare(settings());
    await harness.run('sis');
    const text = await readFile(guardians(), 'utf8');
    const [header, first = '', ...rows] = text.split('\r\n');
    const id = first.split(',')[1] ?? '';
    const changed = [first, ...rows].map((row) => (row.includes(`,${id},`) ? row.replace(/[^,]*$/, 'fr') : row));
    await writeFile(guardians(), [header, ...changed].join('\r\n'));
    expect((await harness.run('sis')).counts.guardians).toMatchObject({ updated: 0, archived: 0 });
    await harness.createSync('sis', 'riverside', { updateLanguage: true });
    expect((await harness.run('sis')).counts.guardians).toMatchObject({ updated: 1, archived: 0 });
  });

  it('leaves the guardians of the roster alone if there is none, and nobody else delivers them', async () => {
    await writeCleverFolder(DAY_1, clever());
    await prepare({});
    await harness.run('sis');
    await prepare({ manageGuardians: false });
    await writeCleverFolder(nextDay(DAY_1, [removeStudents(2, '0101')]), clever());
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 2 }, guardians: { archived: 0 } },
    });
    expect(await harness.count('guardians')).toBe(DAY_1.guardians.length);
  });
});
