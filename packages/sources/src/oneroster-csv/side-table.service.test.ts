import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesSource } from '@rollbook/core';
import { collect, neverAborted, sound, withFolder, type Pulled } from '../delivery.fixture.ts';
import { rosterFiles } from '../delivery-kind.ts';
import { openLocalFiles } from '../file-set.ts';
import { readRoster } from './read-roster.ts';
import { partsById } from './side-table.ts';

const COUNT = 120;
const numbers = Array.from({ length: COUNT }, (_, i) => i);
const files = {
  'orgs.csv': sound['orgs.csv'],
  'classes.csv': sound['classes.csv'],
  'enrollments.csv': sound['enrollments.csv'],
  'users.csv': ['sourcedId,givenName,familyName', ...numbers.map((i) => `U${i},"Given\n${i}",Süd`), 'X,a,b,c'].join(
    '\n',
  ),
  'roles.csv': [
    'userSourcedId,roleType,role,orgSourcedId',
    ...numbers.map((i) => `U${COUNT - 1 - i},primary,${i % 2 === 0 ? 'student' : 'teacher'},0123`),
  ].join('\n'),
  'demographics.csv': ['sourcedId,birthDate', ...numbers.map((i) => `U${i},20${10 + (i % 10)}-01-02`)].join('\n'),
};

async function pullWithLimit(sideLimitBytes: number, spoolDir: string): Promise<Pulled> {
  return withFolder(files, async (folder) => {
    const set = await openLocalFiles(folder, rosterFiles('oneroster-csv'));
    return collect(
      readRoster(set, {
        settings: FilesSource.parse({ type: 'files', path: folder }),
        spoolDir,
        signal: neverAborted,
        sideLimitBytes,
      }),
    );
  });
}

async function withSpool<T>(use: (spoolDir: string) => Promise<T>): Promise<T> {
  const spoolDir = await mkdtemp(join(tmpdir(), 'rollbook-spool-'));
  try {
    return await use(spoolDir);
  } finally {
    await rm(spoolDir, { recursive: true });
  }
}

describe('joining users with their roles and birth dates', () => {
  it('gives the same people, with the same lines, in memory and in parts on disk', async () => {
    await withSpool(async (spoolDir) => {
      const inMemory = await pullWithLimit(1e9, spoolDir);
      const inParts = await pullWithLimit(1000, spoolDir);
      const byLine = (a: { line: number }, b: { line: number }): number => a.line - b.line;
      for (const type of ['students', 'staff'] as const) {
        expect(inMemory.rows(type)).toHaveLength(COUNT / 2);
        expect(inParts.rows(type).sort(byLine)).toEqual(inMemory.rows(type));
      }
      expect(inMemory.records('students')[1]).toMatchObject({
        sisId: 'U3',
        givenName: 'Given\n3',
        birthDate: '2013-01-02',
      });
      expect(inParts.skipped).toEqual(inMemory.skipped);
      expect(inMemory.skipped).toMatchObject([{ sisId: 'X', warning: { code: 'ragged_row', line: 2 + 2 * COUNT } }]);
      expect(await readdir(spoolDir)).toEqual([]);
    });
  });

  it('keeps its copies private, and takes them away when the reading is broken off', async () => {
    await withSpool(async (spoolDir) => {
      const source = (count: number) => ({
        sizeBytes: 1000,
        async *rows() {
          for (let i = 0; i < count; i += 1) yield { rows: [{ id: `U${i}` }], lines: [i], overlong: [] };
        },
      });
      const joined = (count: number) => ({ source: source(count), idColumn: 'id', columns: ['id'] }) as const;
      const options = { spoolDir, limitBytes: 100, signal: neverAborted };
      for await (const part of partsById<'id', readonly ['id']>(joined(50), [joined(50)], options)) {
        const [folder] = await readdir(spoolDir);
        expect((await stat(join(spoolDir, folder!))).mode & 0o777).toBe(0o700);
        const copies = await readdir(join(spoolDir, folder!));
        expect(copies.length).toBeGreaterThan(2);
        for (const copy of copies) expect((await stat(join(spoolDir, folder!, copy))).mode & 0o777).toBe(0o600);
        for await (const { rows } of part.main.rows(neverAborted)) expect(rows.length).toBeGreaterThan(0);
        break;
      }
      expect(await readdir(spoolDir)).toEqual([]);
    });
  });
});
