import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '@rollbook/core';

/** The folder that holds the embedded servers' data, logs and secrets. All paths are absolute. */
export interface Home {
  readonly folder: string;
  /** Where the keeper listens and the token that opens it; there while a keeper takes clients. */
  readonly keeperFile: string;
  readonly secretsFile: string;
  readonly keeperLog: string;
  readonly postgresLog: string;
  readonly redisLog: string;
  readonly postgresData: string;
  readonly redisData: string;
}

export function homeAt(folder: string): Home {
  const root = resolve(folder);
  return {
    folder: root,
    keeperFile: join(root, 'keeper.json'),
    secretsFile: join(root, 'secrets.json'),
    keeperLog: join(root, 'keeper.log'),
    postgresLog: join(root, 'postgres.log'),
    redisLog: join(root, 'redis.log'),
    postgresData: join(root, 'postgres'),
    redisData: join(root, 'redis'),
  };
}

/**
 * Creates the home folder if it is missing. Root makes it traversable (0711), because PostgreSQL then runs as another
 * user; what is secret in it is 0600.
 *
 * @throws UsageError if the folder cannot be written
 */
export function createHome(folder: string): Home {
  const home = homeAt(folder);
  try {
    mkdirSync(home.folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    writePrivateFile(join(home.folder, `.probe-${process.pid}`), '');
    rmSync(join(home.folder, `.probe-${process.pid}`));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(
      `The folder "${home.folder}" cannot be written (${code}). Rollbook keeps its built-in database there: run it as ` +
        'the user who owns the folder, or set ROLLBOOK_HOME to another folder.',
    );
  }
  return home;
}

/** Writes a file that only its owner may read, in one step: readers see the old text or the new, never half. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

/** The text of a file, or null if there is no such file. */
export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The last lines of a log, indented for use in a message; a hint where there is nothing. */
export function lastLines(path: string, count = 12): string {
  const text = readIfThere(path)?.trimEnd() ?? '';
  if (text === '') return `  (${path} is empty)`;
  return text
    .split('\n')
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n');
}

const LOG_LIMIT_BYTES = 5 * 1024 * 1024;

/** Keeps one older log beside the current one, so that neither grows without end. */
export function rotateLog(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(path, `${path}.1`);
}
