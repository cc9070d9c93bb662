import { lstatSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeBinaries, copyBinaries, findPostgresBinaries } from './postgres-binaries.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollbook-binaries-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An installation as npm unpacks it: programs and libraries, no links. */
function installation(name: string): string {
  const native = join(folder, name, 'native');
  for (const part of ['bin', 'lib']) mkdirSync(join(native, part), { recursive: true });
  writeFileSync(join(native, 'bin', 'postgres'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(native, 'lib', 'libx.so.1.2'), 'library');
  const links = ['native/lib/libx.so', 'native/lib/libx.so.1'];
  writeFileSync(
    join(native, 'pg-symlinks.json'),
    JSON.stringify(links.map((target) => ({ source: 'native/lib/libx.so.1.2', target }))),
  );
  return native;
}

describe('completeBinaries', () => {
  it('makes the links that the install script would have made, and does so once', async () => {
    const native = installation('links');
    for (let round = 0; round < 2; round += 1) {
      const complete = await completeBinaries({ folder: native, version: '18.4' }, join(folder, 'home'));
      expect(complete.folder).toBe(native);
      expect(readFileSync(join(native, 'lib', 'libx.so.1'), 'utf8')).toBe('library');
    }
    expect(lstatSync(join(native, 'lib', 'libx.so')).isSymbolicLink()).toBe(true);
  });
});

describe('copyBinaries', () => {
  it('completes the copy, which does not lean on the original', async () => {
    const native = installation('copied');
    const copy = await copyBinaries({ folder: native, version: '18.4' }, join(folder, 'copies'));
    rmSync(native, { recursive: true });
    expect(readFileSync(join(copy.folder, 'lib', 'libx.so'), 'utf8')).toBe('library');
    expect(realpathSync(join(copy.folder, 'lib', 'libx.so'))).toContain('copies');
    expect(lstatSync(join(copy.folder, 'bin', 'postgres')).mode & 0o111).toBe(0o111);
  });
});

describe('findPostgresBinaries', () => {
  it('finds the one that npm installed', () => {
    const { version, folder: found } = findPostgresBinaries();
    expect(version).toMatch(/^\d+\.\d+$/);
    expect(lstatSync(join(found, 'bin', 'initdb')).isFile()).toBe(true);
  });
});
