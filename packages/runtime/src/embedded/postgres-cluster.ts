import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '@rollbook/core';
import { readIfThere } from './home.ts';
import type { PostgresPlace } from './postgres-account.ts';
import { identity, serverEnvironment } from './server-process.ts';

export const DATABASE_USER = 'rollbook';
export const DATABASE_NAME = 'rollbook';

/** Passwords only, from this machine only. */
const ACCESS_RULES = 'host all all 127.0.0.1/32 scram-sha-256\n';

/**
 * Makes the data folder with the database in it, unless it is there. The work is done under another name and renamed
 * at the end: a kill at any moment leaves nothing half made. Only the holder of the home's lock may call this.
 *
 * @throws UsageError with the reason and PostgreSQL's own words
 */
export async function createCluster(place: PostgresPlace): Promise<void> {
  if (existsSync(place.dataFolder)) return checkVersion(place);
  removeUnfinished(place.dataFolder);
  const unfinished = `${place.dataFolder}.unfinished`;
  mkdirSync(unfinished, { mode: 0o700 });
  handOver(unfinished, place);
  await run(place, 'initdb', [
    `--pgdata=${unfinished}`,
    '--auth=trust',
    `--username=${DATABASE_USER}`,
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ]);
  const rules = join(unfinished, 'pg_hba.conf');
  writeFileSync(rules, ACCESS_RULES, { mode: 0o600 });
  handOver(rules, place);
  await runSql({ ...place, dataFolder: unfinished }, [`CREATE DATABASE ${DATABASE_NAME}`]);
  renameSync(unfinished, place.dataFolder);
}

/** Gives the database its password, while its server is down. */
export async function setPassword(place: PostgresPlace, password: string): Promise<void> {
  await runSql(place, [`ALTER ROLE ${DATABASE_USER} PASSWORD '${password}'`]);
}

function checkVersion(place: PostgresPlace): void {
  const found = readIfThere(join(place.dataFolder, 'PG_VERSION'))?.trim();
  const wanted = place.binaries.version.split('.')[0];
  if (found === wanted) return;
  throw new UsageError(
    found === undefined
      ? `The folder "${place.dataFolder}" is not a PostgreSQL data folder. Move it away, or set ROLLBOOK_HOME.`
      : `The data in "${place.dataFolder}" was written by PostgreSQL ${found}; this Rollbook brings PostgreSQL ${wanted}. ` +
          `Move it over with pg_dump and a PostgreSQL ${found} server, or move the folder away to start afresh.`,
  );
}

function removeUnfinished(dataFolder: string): void {
  const parent = dirname(dataFolder);
  const leftovers = readdirSync(parent).filter((name) => name.startsWith(`${basename(dataFolder)}.unfinished`));
  for (const name of leftovers) rmSync(join(parent, name), { recursive: true, force: true });
}

function handOver(path: string, place: PostgresPlace): void {
  if (place.owner !== null) chownSync(path, place.owner.uid, place.owner.gid);
}

/** Statements through PostgreSQL's single-user mode: no server, no port, no password needed. */
async function runSql(place: PostgresPlace, statements: readonly string[]): Promise<void> {
  const args = ['--single', '-D', place.dataFolder, '-c', 'log_min_error_statement=panic', 'postgres'];
  const output = await run(place, 'postgres', args, `${statements.join(';\n')};\n`);
  const failure = output.split('\n').find((line) => /\b(ERROR|FATAL|PANIC):/.test(line));
  if (failure === undefined) return;
  throw new UsageError(`The built-in database in "${place.dataFolder}" could not be prepared: ${failure.trim()}`);
}

/** Runs one of PostgreSQL's programs to its end and returns what it said. */
async function run(place: PostgresPlace, name: string, args: readonly string[], input = ''): Promise<string> {
  const path = join(place.binaries.folder, 'bin', name);
  const [program, ...rest] = [...place.runAs.prefix, path, ...args] as [string, ...string[]];
  const child = spawn(program, rest, { cwd: '/', env: serverEnvironment(), ...identity(place.runAs) });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  // The program may end without reading its input; its status tells why, the broken pipe does not.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const status = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  if (status === 0) return output;
  const words = output.trimEnd().split('\n').slice(-8).join('\n  ');
  throw new UsageError(`The built-in database could not be created (${name} ended with ${status}):\n  ${words}`);
}
