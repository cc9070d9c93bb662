import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@rollbook/core';

/** A key that seals credentials: AES-256 takes 32 bytes. */
export interface SecretKey {
  readonly id: string;
  readonly key: Buffer;
}

const KEY_BYTES = 32;
const KEY_FORM = 'key-id:base64-of-32-bytes, more of them separated by commas, the one in use first';

/**
 * Parses `ROLLBOOK_SECRET_KEYS`: `keyId:base64[,keyId:base64…]`. The first key seals, all of them open.
 *
 * @throws UsageError that tells which key is wrong by its place; never a key
 */
export function parseSecretKeys(text: string): SecretKey[] {
  const keys = text.split(',').map((entry, index) => parseKey(entry.trim(), index + 1));
  const ids = keys.map(({ id }) => id);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw new UsageError(`two keys have the id "${repeated}"`);
  return keys;
}

/**
 * The keys that seal credentials: the given ones, else a key made at first use and kept in `<home>/secret-keys`, which
 * only its owner may read. A key that is made this way serves one machine: with a shared database give the keys.
 *
 * @throws UsageError if the kept file is damaged
 */
export function openSecretKeys(given: readonly SecretKey[] | undefined, home: string): readonly SecretKey[] {
  if (given !== undefined) return given;
  const path = join(home, 'secret-keys');
  mkdirSync(home, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  createOnce(path, `local:${randomBytes(KEY_BYTES).toString('base64')}\n`);
  try {
    return parseSecretKeys(readFileSync(path, 'utf8').trim());
  } catch (error) {
    const reason = error instanceof UsageError ? error.message : 'it cannot be read';
    throw new UsageError(
      `The file "${path}" with the keys to stored credentials is damaged: ${reason}. Restore it from a backup; without ` +
        'it the credentials of every sync must be entered again.',
    );
  }
}

/** Linking fails if the name is taken: of two processes at once, both then read the same key. */
function createOnce(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function parseKey(entry: string, place: number): SecretKey {
  const [, id, encoded] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? [];
  if (id === undefined || encoded === undefined) {
    throw new UsageError(`key ${place} does not have the form ${KEY_FORM}`);
  }
  const key = Buffer.from(encoded, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new UsageError(
      `key ${place} ("${id}") has ${key.length} bytes; ${KEY_BYTES} are needed (openssl rand -base64 32)`,
    );
  }
  return { id, key };
}
