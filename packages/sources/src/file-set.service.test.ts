import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  filesSource,
  neverAborted,
  pullFiles,
  pullPath,
  refusal,
  sound,
  withFolder,
  zipOf,
} from './delivery.fixture.ts';
import { localFile } from './source-file.ts';

const asZip = (folder = ''): Buffer =>
  zipOf(Object.entries(sound).map(([name, content]) => ({ name: `${folder}${name}`, content })));

describe('a local delivery', () => {
  it('is the same as loose files, as a zip in a folder, and as a zip named directly', async () => {
    const loose = await pullFiles(sound);
    const zipped = await pullFiles({ 'anything at all.ZIP': asZip('export/') });
    const direct = await withFolder({ 'r.zip': asZip() }, (folder) => pullPath(join(folder, 'r.zip')));
    for (const type of ['schools', 'students', 'staff', 'guardians', 'enrollments'] as const) {
      expect(loose.rows(type).length).toBeGreaterThan(0);
      expect(zipped.rows(type)).toEqual(loose.rows(type));
      expect(direct.rows(type)).toEqual(loose.rows(type));
    }
  });

  it('ignores dotfiles, unfinished uploads and folders', async () => {
    const pulled = await withFolder(
      { ...sound, '.DS_Store': 'x', 'users.csv.filepart': 'x', 'roster.zip.part': 'x', 'orgs.csv~': 'x' },
      async (folder) => {
        await mkdir(join(folder, 'old.csv'));
        return pullPath(folder);
      },
    );
    expect(pulled.warnings.filter(({ code }) => code !== 'unknown_file')).toEqual([]);
  });

  it.each<[string, Record<string, string | Buffer>, RegExp]>([
    ['several zips', { 'a.zip': 'x', 'b.zip': 'x' }, /holds 2 zip files: "a\.zip", "b\.zip"\.$/],
    ['a zip beside loose files', { ...sound, 'a.zip': 'x' }, /holds both loose roster files and a zip: "a\.zip", /],
    ['the same name twice', { 'users.csv': 'x', 'Users.csv': 'x' }, /more than once: /],
    ['nothing of use', { 'notes.txt': 'x', 'r.part': 'x' }, /holds no roster files\. Found: /],
    ['nothing', {}, /holds no roster files\. Found: nothing\.$/],
  ])('refuses %s', async (_, files, expected) => {
    const error = await refusal(pullFiles(files));
    expect(error.reason).toBe('invalid_data');
    expect(error.message).toMatch(expected);
    expect(error.advice).not.toBe('');
  });

  it('says plainly that a path is not there or is not a roster', async () => {
    await withFolder({ 'users.csv': 'x' }, async (folder) => {
      expect((await refusal(pullPath(join(folder, 'no-such')))).message).toMatch(/no-such" does not exist\.$/);
      expect((await refusal(pullPath(join(folder, 'users.csv')))).message).toMatch(
        /users\.csv" is a single CSV file\.$/,
      );
    });
  });

  it('refuses a link that leads out of the folder and follows one that stays', async () => {
    await withFolder({ 'users.csv': sound['users.csv'] }, async (outside) => {
      const { 'users.csv': users, ...others } = sound;
      await withFolder(others, async (folder) => {
        await symlink(join(outside, 'users.csv'), join(folder, 'users.csv'));
        expect((await refusal(pullPath(folder))).message).toMatch(
          /users\.csv" is a link that leads out of its folder\.$/,
        );
      });
      await withFolder(others, async (folder) => {
        await writeFile(join(folder, 'data.bin'), users);
        await symlink('data.bin', join(folder, 'users.csv'));
        expect((await pullPath(folder)).rows('students')).toHaveLength(1);
      });
    });
  });

  it('warns when loose files are half a day apart', async () => {
    await withFolder(sound, async (folder) => {
      await utimes(join(folder, 'orgs.csv'), new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T00:00:00Z'));
      const pulled = await pullPath(folder);
      const [warning] = pulled.warnings;
      expect(warning?.code).toBe('mixed_generations');
      expect(warning?.message).toMatch(/"orgs\.csv" is of 2026-01-01 00:00, /);
    });
  });

  it('stops in the middle of the rows when it is told to', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => `E${i},,,K1,0123,007,student,,,`);
    await withFolder({ ...sound, 'enrollments.csv': sound['enrollments.csv'] + rows.join('\n') }, async (folder) => {
      const controller = new AbortController();
      const source = filesSource(folder);
      let seen = 0;
      const stopped = async (): Promise<void> => {
        for await (const event of source.pull(controller.signal))
          if (event.kind === 'packed') {
            seen += event.enrollments.count;
            controller.abort(new Error('told to stop'));
          }
      };
      await expect(stopped()).rejects.toThrow('told to stop');
      expect(seen).toBeLessThan(10_000);
    });
  });

  it('notices that a file grew while it was read (guard §18)', async () => {
    await withFolder({ 'users.csv': 'sourcedId\n1\n' }, async (folder) => {
      const path = join(folder, 'users.csv');
      const file = await localFile('users.csv', path);
      await writeFile(path, 'sourcedId\n1\n2\n');
      const error = await refusal(drain(file.open(neverAborted)));
      expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'retry']);
    });
  });
});

async function drain(chunks: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  return bytes;
}
