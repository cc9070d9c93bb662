import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '@rollbook/core';
import type { Home } from './home.ts';
import { type PostgresBinaries, completeBinaries, copyBinaries } from './postgres-binaries.ts';
import { type RunAs, identity, serverEnvironment } from './server-process.ts';

/** Where PostgreSQL runs from, where its data is, and as whom it runs. */
export interface PostgresPlace {
  readonly binaries: PostgresBinaries;
  readonly dataFolder: string;
  readonly runAs: RunAs;
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
 * Decides how PostgreSQL can run here. It refuses to run as root, so root hands it to another user; that user may not
 * be able to enter the folders it needs (a clone under /root), and then gets the one capability to pass them, or, where
 * that is not possible, copies in a folder that it can enter.
 *
 * @throws UsageError if there is no way
 */
export async function placePostgres(home: Home, found: PostgresBinaries): Promise<PostgresPlace> {
  const binaries = await completeBinaries(found, home.folder);
  if (process.getuid?.() !== 0) return placeForOwnUser(home, binaries);

  const owner = unprivilegedOwner(home.postgresData);
  const asOwner = ['--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups'];
  const ways: RunAs[] = [
    { prefix: ['setpriv', ...PARENT_DEATH, ...asOwner, '--'], ...owner },
    { prefix: ['setpriv', ...PARENT_DEATH, ...asOwner, ...BYPASS_FOLDER_MODES, '--'], ...owner },
    { prefix: [], ...owner },
  ].map(withoutSecondChange);
  const way = ways.find((runAs) => reaches(runAs, binaries, home.folder));
  if (way !== undefined) return { binaries, dataFolder: home.postgresData, runAs: way, note: null };
  return placeElsewhere(home, binaries, ways);
}

/** The user and group that must own the data folder, or null if it is simply ours. */
export function dataOwner(runAs: RunAs): { uid: number; gid: number } | null {
  const uidAt = runAs.prefix.indexOf('--reuid');
  if (uidAt !== -1) {
    const gidAt = runAs.prefix.indexOf('--regid');
    return { uid: Number(runAs.prefix[uidAt + 1]), gid: Number(runAs.prefix[gidAt + 1]) };
  }
  return runAs.uid === undefined || runAs.gid === undefined ? null : { uid: runAs.uid, gid: runAs.gid };
}

/** setpriv itself must start as root: it changes the user, so `spawn` may not have done so before. */
function withoutSecondChange(runAs: RunAs): RunAs {
  return runAs.prefix.length === 0 ? runAs : { prefix: runAs.prefix };
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
  return { binaries, dataFolder: home.postgresData, runAs, note: null };
}

async function placeElsewhere(home: Home, found: PostgresBinaries, ways: readonly RunAs[]): Promise<PostgresPlace> {
  if (existsSync(home.postgresData)) {
    throw new UsageError(
      `PostgreSQL does not run as root, and no other user can enter "${home.folder}", where its data lies. Let others ` +
        'pass through the folders above it (chmod o+x), run as the user who owns them, or set DATABASE_URL.',
    );
  }
  const folder = enterableFolder(home.folder);
  const binaries = await copyBinaries(found, folder);
  const runAs = ways.find((way) => reaches(way, binaries, folder));
  if (runAs === undefined) {
    throw new UsageError(
      `The built-in PostgreSQL cannot run on this system, neither from "${found.folder}" nor from "${folder}". Run ` +
        'Rollbook as a user other than root, or set DATABASE_URL to a PostgreSQL server.',
    );
  }
  const note = `PostgreSQL does not run as root and no other user can enter ${home.folder}: its data is in ${folder}`;
  return { binaries, dataFolder: join(folder, 'postgres'), runAs, note };
}

/** A folder of root's, outside the home, that everybody can pass through; the same one for the same home. */
function enterableFolder(homeFolder: string): string {
  const name = `rollbook-${createHash('sha256').update(homeFolder).digest('hex').slice(0, 12)}`;
  for (const parent of ['/var/lib', tmpdir()]) {
    const folder = join(parent, name);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o711 });
    } catch {
      continue;
    }
    const found = lstatSync(folder);
    // In a shared temporary folder somebody else may have put a folder or a link in our place.
    if (found.isDirectory() && found.uid === 0) return folder;
  }
  throw new UsageError(
    'PostgreSQL does not run as root, and no folder was found that another user could enter (/var/lib and the ' +
      'temporary folder cannot be written). Run Rollbook as another user, or set DATABASE_URL.',
  );
}

/** The owner of existing data, else the system's user for PostgreSQL, else `nobody`. */
function unprivilegedOwner(dataFolder: string): { uid: number; gid: number } {
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
