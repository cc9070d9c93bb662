import { appendFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { RECORD_TYPES } from '@rollbook/core';
import type { PullEvent, RosterSource } from '@rollbook/pipeline';
import { sound, zipOf } from '../../packages/sources/src/delivery.fixture.ts';
import { append, manifest } from '../../packages/sources/src/oneroster-csv/roster.fixture.ts';
import { PipelineHarness } from '../pipeline-harness.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { DeliveredFolder, type Files } from './delivered-folder.ts';

let testDatabase: TestDatabase;
let folder: DeliveredFolder;
let harness: PipelineHarness;

beforeAll(async () => {
  testDatabase = await createTestDatabase('guard_integrity');
  folder = await DeliveredFolder.create();
}, 30_000);
afterAll(async () => {
  await folder.remove();
  await testDatabase.drop();
});

beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  harness = new PipelineHarness(testDatabase.database, folder.source);
  await harness.createSync('sis', 'riverside', { guardiansWithoutContact: 'take' });
  await folder.deliver(sound);
  expect(await harness.run('sis')).toMatchObject({ status: 'succeeded', reason: null });
});

/** Every record with its state and the run that touched it last. */
const roster = () =>
  harness.sql(
    RECORD_TYPES.map((type) => `SELECT '${type}' AS type, sis_id, status, changed_run_id FROM ${type}`).join(
      ' UNION ALL ',
    ) + ' ORDER BY 1, 2',
  );

const asZip = (files: Files): Buffer => zipOf(Object.entries(files).map(([name, content]) => ({ name, content })));
const NEW_STUDENT = 'S2,,,TRUE,0123,student,,,Given,Family,,,,,,,09,';
/** What tomorrow's delivery says, so that anything that were used of a damaged one would show. */
const tomorrow: Files = {
  ...append('users.csv', NEW_STUDENT),
  'classes.csv': sound['classes.csv'].replace('Algebra 1', 'Algebra I'),
};
const tomorrowWith = (name: keyof typeof sound, change: (text: string) => string | Buffer): Files => {
  const before = tomorrow[name] as string;
  const changed = change(before);
  expect(changed).not.toEqual(before);
  return { ...tomorrow, [name]: changed };
};
const tomorrowWithout = (...names: (keyof typeof sound)[]): Files =>
  Object.fromEntries(Object.entries(tomorrow).filter(([name]) => !names.includes(name as keyof typeof sound)));
const BULK = { orgs: 'bulk', users: 'bulk', classes: 'bulk', enrollments: 'bulk' } as const;
const declared = (modes: Readonly<Record<string, string>>, version = '1.1') => ({
  'manifest.csv': manifest(version, { ...BULK, courses: 'bulk', academicSessions: 'bulk', ...modes }),
});

describe('guard §18: damaged data', () => {
  it.each<[string, () => Files, RegExp]>([
    ['without orgs.csv', () => tomorrowWithout('orgs.csv'), /missing \(OneRoster 1\.1\): orgs\.csv/],
    ['without users.csv', () => tomorrowWithout('users.csv'), /missing \(OneRoster 1\.1\): users\.csv/],
    ['without classes.csv', () => tomorrowWithout('classes.csv'), /missing \(OneRoster 1\.1\): classes\.csv/],
    [
      'without enrollments.csv',
      () => tomorrowWithout('enrollments.csv'),
      /missing \(OneRoster 1\.1\): enrollments\.csv/,
    ],
    [
      'of OneRoster 1.2 without roles.csv',
      () => ({ ...tomorrow, ...declared({}, '1.2') }),
      /missing \(OneRoster 1\.2\): roles\.csv/,
    ],
    [
      'without a file that is declared bulk',
      () => ({ ...tomorrowWithout('courses.csv'), ...declared({}) }),
      /declares courses\.csv as bulk, but the file is missing/,
    ],
    [
      'without a file that is declared delta',
      () => ({ ...tomorrowWithout('courses.csv'), ...declared({ courses: 'delta' }) }),
      /declares courses\.csv as delta, but the file is missing/,
    ],
    [
      'with a required column misspelt',
      () => tomorrowWith('users.csv', (text) => text.replace('sourcedId', 'sourcedld')),
      /^users\.csv, line 1: .*`sourcedId` \(found `sourcedld`/,
    ],
    [
      'without a required column',
      () => tomorrowWith('enrollments.csv', (text) => text.replace('userSourcedId', 'metadata.user')),
      /^enrollments\.csv, line 1: the required column `userSourcedId` is missing/,
    ],
    [
      'with an optional column misspelt',
      () => tomorrowWith('users.csv', (text) => text.replace('agentSourcedIds', 'agentSourceIds')),
      /^users\.csv, line 1: .*did you mean `agentSourcedIds`/,
    ],
    [
      'with a column twice',
      () => tomorrowWith('orgs.csv', (text) => text.replace('identifier', ' NAME')),
      /^orgs\.csv, line 1: the column `name` stands twice/,
    ],
    [
      'with bytes of no encoding',
      () => tomorrowWith('orgs.csv', (text) => Buffer.from(text.replace('North', 'N\x8ferth'), 'latin1')),
      /^orgs\.csv, line 3: the encoding of the file is not recognised/,
    ],
    [
      'with a damaged UTF-8 file',
      () =>
        tomorrowWith('users.csv', (text) =>
          Buffer.concat([
            Buffer.from(text.replaceAll('Ada', 'Zoë').replaceAll('Anne', 'Zoë')),
            Buffer.from([0xe9, 10]),
          ]),
        ),
      /^users\.csv, line 6: the file is UTF-8 but has bytes/,
    ],
    [
      'with characters that were lost',
      () => tomorrowWith('users.csv', (text) => text.replace('Charles', 'Charl\uFFFDs')),
      /^users\.csv, line 3: a character was lost/,
    ],
    [
      'with NUL bytes',
      () => tomorrowWith('classes.csv', (text) => text.replace('Algebra', 'Al\0gebra')),
      /^classes\.csv, line 2: NUL bytes/,
    ],
    [
      'with a file that ends inside a character',
      () => tomorrowWith('orgs.csv', (text) => Buffer.from(`${text}0200,,,Zoë High,school,,é`).subarray(0, -1)),
      /^orgs\.csv, line 5: the file is cut off in the middle of a character/,
    ],
    [
      'with a UTF-16 file that is cut short',
      () => tomorrowWith('orgs.csv', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').subarray(0, -1)),
      /^orgs\.csv.* damaged or cut short/,
    ],
    [
      'with a quote that is never closed',
      () => tomorrowWith('classes.csv', (text) => text.slice(0, text.indexOf('1,2"'))),
      /^classes\.csv, line 2, column 14: a quote is opened there and the file ends/,
    ],
    [
      'with text after a closing quote',
      () => tomorrowWith('users.csv', (text) => text.replace('"D1,0123"', '"D1,0123"x')),
      /^users\.csv, line 3/,
    ],
    ['with an empty file', () => tomorrowWith('courses.csv', () => ''), /^courses\.csv is empty/],
    ['as a zip that is cut short', () => ({ 'roster.zip': asZip(tomorrow).subarray(0, -30) }), /cannot be read/],
    ['as a zip that is a web page', () => ({ 'roster.zip': '<html>sign in</html>'.repeat(9) }), /cannot be read/],
    ['as a zip with a password', () => ({ 'roster.zip': encrypted(asZip(tomorrow)) }), /protected by a password/],
    [
      'as a zip of 1,001 entries',
      () => ({
        'roster.zip': asZip({
          ...tomorrow,
          ...Object.fromEntries(Array.from({ length: 995 }, (_, i) => [`${i}.txt`, 'x'])),
        }),
      }),
      /holds 1001 entries; at most 1000 are read/,
    ],
    [
      'as a zip with a wrong checksum',
      () => ({
        'roster.zip': zipOf(
          Object.entries(tomorrow).map(([name, content]) => ({
            name,
            content,
            claims: name === 'enrollments.csv' ? { crc: 1 } : {},
          })),
        ),
      }),
      /the checksum of "enrollments\.csv" does not match/,
    ],
    ['as loose files beside a zip', () => ({ ...tomorrow, 'roster.zip': asZip(sound) }), /both loose .* and a zip/],
    ['as two zips', () => ({ 'a.zip': asZip(sound), 'b.zip': asZip(tomorrow) }), /holds 2 zip files/],
    [
      'of another OneRoster version',
      () => ({ ...tomorrow, ...declared({}, '2.0') }),
      /oneroster\.version "2\.0" is not supported/,
    ],
    [
      'with another mode in the manifest',
      () => ({ ...tomorrow, ...declared({ users: 'full' }) }),
      /"file\.users" is "full"; expected absent, bulk or delta/,
    ],
    ['without any file', () => ({}), /holds no roster files/],
  ])('a delivery %s is invalid_data, and nothing of it is used', async (_, files, message) => {
    const before = await roster();
    await folder.deliver(files());
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'failed', reason: 'invalid_data' });
    expect(run.message).toMatch(message);
    expect(await roster()).toEqual(before);
    expect(await harness.sql('SELECT id FROM holds')).toEqual([]);

    await folder.deliver(tomorrow);
    expect((await harness.run('sis')).counts).toMatchObject({ students: { created: 1 }, classes: { updated: 1 } });
  });

  it.each<[string, (text: string) => string | Buffer, string[]]>([
    ['a byte order mark', (text) => `\uFEFF${text}`, []],
    ['UTF-16', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'), []],
    ['a header in other case, with spaces and what cannot be seen', (text) => headerOf(text, ' SOURCED\u200BID '), []],
    ['a column that resembles none', (text) => text.replace('dateLastModified', 'shoeSize'), ['unknown_column']],
    ['Windows-1252', (text) => Buffer.from(text.replace('Given', 'Zoë'), 'latin1'), ['windows_1252']],
  ])('%s is no damage', async (_, change, codes) => {
    await folder.deliver(tomorrowWith('users.csv', change));
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(run.warnings.map(({ code }) => code)).toEqual(codes);
    expect(run.counts).toMatchObject({
      students: { created: 1, updated: 0, archived: 0, unchanged: 1 },
      staff: { updated: 0, archived: 0, unchanged: 1 },
    });
  });

  it('columns in another order are no damage', async () => {
    const [header = '', ...rows] = sound['orgs.csv'].trimEnd().split('\n');
    const turned = [header, ...rows].map((row) => row.split(',').reverse().join(','));
    await folder.deliver({ ...tomorrow, 'orgs.csv': turned.join('\n') });
    expect(await harness.run('sis')).toMatchObject({
      status: 'succeeded',
      counts: { schools: { unchanged: 3, updated: 0, archived: 0 } },
    });
  });

  it('files of different days in a local folder are a warning only', async () => {
    await folder.deliver(tomorrow);
    const old = new Date('2026-01-01T00:00:00Z');
    await utimes(join(folder.path, 'orgs.csv'), old, old);
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', counts: { students: { created: 1 } } });
    expect(run.warnings).toMatchObject([{ code: 'mixed_generations' }]);
  });

  it('a file that changes while it is read is source_unavailable', async () => {
    const before = await roster();
    await folder.deliver(tomorrow);
    harness.source = growing(folder.source, join(folder.path, 'enrollments.csv'));
    await expect(harness.run('sis')).rejects.toMatchObject({ reason: 'source_unavailable', disposition: 'retry' });
    expect(await harness.sql('SELECT status, reason FROM runs ORDER BY id DESC LIMIT 1')).toEqual([
      { status: 'failed', reason: 'source_unavailable' },
    ]);
    expect(await roster()).toEqual(before);
    harness.source = folder.source;
    expect((await harness.run('sis')).counts.students.created).toBe(1);
  });
});

/** The zip with the mark of encryption on every entry. */
function encrypted(zip: Buffer): Buffer {
  const locked = Buffer.from(zip);
  for (let at = locked.indexOf('PK\x01\x02'); at >= 0; at = locked.indexOf('PK\x01\x02', at + 1))
    locked.writeUInt16LE(locked.readUInt16LE(at + 8) | 1, at + 8);
  return locked;
}

const headerOf = (text: string, first: string): string => text.replace('sourcedId', first);

/** The same source, where somebody writes into a file after the first records were given out. */
function growing(source: RosterSource, path: string): RosterSource {
  async function* pull(signal: AbortSignal): AsyncIterable<PullEvent> {
    let hasGrown = false;
    for await (const event of source.pull(signal)) {
      if (event.kind === 'rows' && !hasGrown) {
        hasGrown = true;
        await appendFile(path, 'E9,,,K1,0123,007,aide,,,\n');
      }
      yield event;
    }
  }
  return { pull, survey: (signal) => source.survey(signal) };
}
