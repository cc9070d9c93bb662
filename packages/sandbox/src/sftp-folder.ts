import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';
import { UsageError } from '@rollbook/core';

/** A folder seen as a site's whole world: `/` is the folder itself, and no path or symbolic link leads out of it. */
export interface SftpFolder {
  /** The absolute form of a client's path; `..` ends at the root. */
  resolve(path: string): string;
  stat(path: string): Promise<Stats>;
  lstat(path: string): Promise<Stats>;
  list(path: string): Promise<{ name: string; stats: Stats }[]>;
  open(path: string): Promise<FileHandle>;
}

class OutsideError extends Error {
  override readonly name = 'OutsideError';
  readonly code = 'EACCES';
}

/** Throws a UsageError if `root` is not a folder. All methods throw the file system's errors, `EACCES` for a way out of the folder. */
export async function openSftpFolder(root: string): Promise<SftpFolder> {
  const base = await realpath(root).catch(() => null);
  if (base === null || !(await stat(base)).isDirectory())
    throw new UsageError(`The folder "${root}" to serve is not there. Make it first.`);

  const resolve = (path: string): string => posix.resolve('/', path);
  const onDisk = (path: string): string => join(base, resolve(path));
  const inside = async (path: string): Promise<string> => {
    const real = await realpath(onDisk(path));
    if (real === base || real.startsWith(base + sep)) return real;
    throw new OutsideError('the path leads out of the served folder');
  };
  /** The entry itself, even if it is a link: only its folder must be inside. */
  const entry = async (path: string): Promise<string> => {
    const absolute = resolve(path);
    return absolute === '/' ? base : join(await inside(posix.dirname(absolute)), posix.basename(absolute));
  };

  return {
    resolve,
    stat: async (path) => stat(await inside(path)),
    lstat: async (path) => lstat(await entry(path)),
    open: async (path) => open(await inside(path), constants.O_RDONLY | constants.O_NOFOLLOW),
    list: async (path) => {
      const dir = await inside(path);
      const entries: { name: string; stats: Stats }[] = [];
      for (const name of (await readdir(dir)).sort()) {
        const stats = await lstat(join(dir, name)).catch(() => null);
        if (stats !== null) entries.push({ name, stats });
      }
      return entries;
    },
  };
}
