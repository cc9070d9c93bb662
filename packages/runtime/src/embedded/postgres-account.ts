import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, lstatSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UsageError } from '@rollbook/core';
import type { Home } from './home.ts';
import { type PostgresBinaries, completeBinaries, copyBinaries } from './postgres-binaries.ts';
import { type RunAs, identity, serverEnvironment } from './server-process.ts';

/** A user of the system and its group, by number. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Where PostgreSQL runs from, where its data is, and as whom it runs. */
export interface PostgresPlace {
  readonly binaries: PostgresBinaries;
  readonly dataFolder: string;
  readonly runAs: RunAs;
  /** Who must own the data; null if that is simply us. */
  readonly owner: Owner | null;
  /** Something a person should know, such as that the data lies outside the home folder. */
  readonly note: string | null;
}

/** Sent by the kernel when the keeper dies, so that no server outlives it: a fast shutdown. */
const PARENT_DEATH = ['--pdeathsig', 'INT'];
/** The third makes access(2), by which PostgreSQL looks for its own programs, heed the capability too. */
const BYPASS_FOLDER_MODES = [
  '--inh-caps=+dac_override',
  '--ambient-caps=+dac_override',
  '--securebits=+no_setuid_fixup',
];

/**
 * Decides how PostgreSQL can run here. It refuses to run as root, so root hands it to another user. That user may not
 * be able to enter the folders it needs (a clone under /root): it then gets the one capability to pass them; or, where
 * that is not possible, the programs, and if need be the data, are put into a folder that it can enter.
 *
 * @throws UsageError if there is no way
 */
export async function placePostgres(home: Home, found: PostgresBinaries): Promise<PostgresPlace> {
  const binaries = await completeBinaries(found, home.folder);
  if (process.getuid?.() !== 0) return placeForOwnUser(home, binaries);

  const elsewhere = enterableFolder(home.folder);
  for (const folder of dataFolders(home.folder, elsewhere)) {
    const place = placeIn(folder, binaries) ?? placeIn(folder, await copyBinaries(binaries, elsewhere));
    if (place === null) continue;
    if (folder === home.folder) return place;
    return {
      ...place,
      note: `PostgreSQL does not run as root and no other user can enter ${home.folder}: its data is in ${folder}`,
    };
  }
  throw new UsageError(
    existsSync(home.postgresData)
      ? `PostgreSQL does not run as root, and no other user can enter "${home.folder}", where its data lies. Let others ` +
          'pass through the folders above it (chmod o+x), run as the user who owns them, or set DATABASE_URL.'
      : `The built-in PostgreSQL cannot run on this system, neither from "${binaries.folder}" nor from "${elsewhere}". ` +
          'Run Rollbook as a user other than root, or set DATABASE_URL to a PostgreSQL server.',
  );
}

/** Where the data may be, best first. Once there is data it stays where it is, whatever has become possible since. */
function dataFolders(homeFolder: string, elsewhere: string): string[] {
  const existing = [homeFolder, elsewhere].filter((folder) => existsSync(join(folder, 'postgres')));
  return existing.length > 0 ? existing.slice(0, 1) : [homeFolder, elsewhere];
}

/** The first way to run these programs on data in `folder`, or null. */
function placeIn(folder: string, binaries: PostgresBinaries): PostgresPlace | null {
  const dataFolder = join(folder, 'postgres');
  const owner = unprivilegedOwner(dataFolder);
  const asOwner = ['--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups'];
  const ways: RunAs[] = [
    { prefix: ['setpriv', ...PARENT_DEATH, ...asOwner, '--'] },
    { prefix: ['setpriv', ...PARENT_DEATH, ...asOwner, ...BYPASS_FOLDER_MODES, '--'] },
    { prefix: [], ...owner },
  ];
  const runAs = ways.find((way) => reaches(way, binaries, folder));
  return runAs === undefined ? null : { binaries, dataFolder, runAs, owner, note: null };
}

function placeForOwnUser(home: Home, binaries: PostgresBinaries): PostgresPlace {
  const owner = statSync(home.postgresData, { throwIfNoEntry: false })?.uid;
  if (owner !== undefined && owner !== process.getuid?.()) {
    throw new UsageError(
      `The database folder "${home.postgresData}" belongs to another user (id ${owner}). Run Rollbook as the user who ` +
        'created it (perhaps root), or set ROLLBOOK_HOME to another folder.',
    );
  }
  const withSignal: RunAs = { prefix: ['setpriv', ...PARENT_DEATH, '--'] };
  const runAs = reaches(withSignal, binaries, home.folder) ? withSignal : { prefix: [] };
  return { binaries, dataFolder: home.postgresData, runAs, owner: null, note: null };
}

/** A folder outside the home for what must be where everybody can pass through; the same one for the same home. */
export function enterableFolder(homeFolder: string): string {
  const name = `rollbook-${createHash('sha256').update(homeFolder).digest('hex').slice(0, 12)}`;
  const folders = ['/var/lib', tmpdir()].map((parent) => join(parent, name));
  const usable = folders.find((folder) => existsSync(folder) && isOurs(folder)) ?? folders.find(canBeMade);
  if (usable !== undefined) return usable;
  throw new UsageError(
    'PostgreSQL does not run as root, and no folder was found that another user could enter (/var/lib and the ' +
      'temporary folder cannot be written). Run Rollbook as another user, or set DATABASE_URL.',
  );
}

/** In a shared temporary folder somebody else may have put a folder or a link in our place. */
function isOurs(folder: string): boolean {
  const found = lstatSync(folder);
  return found.isDirectory() && found.uid === process.getuid?.();
}

function canBeMade(folder: string): boolean {
  try {
    accessSync(dirname(folder), constants.W_OK);
    return !existsSync(folder);
  } catch {
    return false;
  }
}

/** The owner of existing data, else the system's user for PostgreSQL, else `nobody`. */
function unprivilegedOwner(dataFolder: string): Owner {
  const existing = statSync(dataFolder, { throwIfNoEntry: false });
  if (existing !== undefined && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid };
  for (const user of ['postgres', 'nobody']) {
    const uid = idOf('-u', user);
    const gid = idOf('-g', user);
    if (uid !== null && gid !== null) return { uid, gid };
  }
  throw new UsageError(
    'PostgreSQL does not run as root, and this system has neither a user "postgres" nor a user "nobody" to run it as. ' +
      'Run Rollbook as another user, or set DATABASE_URL to a PostgreSQL server.',
  );
}

function idOf(option: string, user: string): number | null {
  try {
    const id = Number(execFileSync('id', [option, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return Number.isInteger(id) && id > 0 ? id : null;
  } catch {
    return null;
  }
}

/** Tried, not reckoned: file modes, access lists, mount options and containers all have a say. */
function reaches(runAs: RunAs, binaries: PostgresBinaries, folder: string): boolean {
  const programs = [
    // Finds its fellow programs and its share folder, and writes nothing.
    [join(binaries.folder, 'bin', 'initdb'), '--show', `--pgdata=${join(folder, 'postgres')}`],
    ['/bin/sh', '-c', 'cd "$1"', 'sh', folder],
  ];
  return programs.every((command) => {
    const [program, ...args] = [...runAs.prefix, ...command] as [string, ...string[]];
    const options = { env: serverEnvironment(), stdio: 'ignore' as const, timeout: 10_000, ...identity(runAs) };
    return spawnSync(program, args, options).status === 0;
  });
}
