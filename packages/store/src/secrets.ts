import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { UsageError } from '@rollbook/core';
import type pg from 'pg';
import { inTransaction, type Sql } from './database.ts';

/** A key that seals credentials: 32 bytes for AES-256. Of several, the first seals and all of them open. */
export interface SecretKey {
  readonly id: string;
  readonly key: Uint8Array;
}

/** Where a secret belongs. It is sealed for this place alone: copied to another row it does not open. */
export interface SecretPlace {
  readonly syncId: string;
  /** The key in the source's configuration; keys within keys are joined by dots. */
  readonly field: string;
}

export interface SealedText {
  readonly keyId: string;
  readonly nonce: Uint8Array;
  /** The encrypted text and then its tag of 16 bytes. */
  readonly sealed: Uint8Array;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const WHERE_KEYS_ARE =
  'ROLLBOOK_SECRET_KEYS (where it is not set, the file "secret-keys" in the folder that ROLLBOOK_HOME names)';

/** As JSON no two places read the same. */
const boundTo = ({ syncId, field }: SecretPlace): Buffer => Buffer.from(JSON.stringify(['rollbook', syncId, field]));

/** Seals a text with the first of the keys, for one place. */
export function seal(text: string, place: SecretPlace, keys: readonly SecretKey[]): SealedText {
  const [current] = keys;
  if (!current) throw new UsageError('There is no key to seal credentials with. Set ROLLBOOK_SECRET_KEYS.');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, current.key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(place));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { keyId: current.id, nonce, sealed };
}

/**
 * Opens what {@link seal} sealed for the same place.
 *
 * @throws UsageError that names the sync, the field and the key's id, if that key is missing or is not the one it was.
 */
export function unseal({ keyId, nonce, sealed }: SealedText, place: SecretPlace, keys: readonly SecretKey[]): string {
  const key = keys.find(({ id }) => id === keyId)?.key;
  const what = `The "${place.field}" of sync "${place.syncId}" is sealed with the key "${keyId}"`;
  const remedy = 'or enter the credentials again with "rollbook config load"';
  if (!key) throw new UsageError(`${what}, which is not in ${WHERE_KEYS_ARE}. Add that key again, ${remedy}.`);
  const text = sealed.subarray(0, -TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(boundTo(place))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch {
    throw new UsageError(
      `${what}, but the key of that name in ${WHERE_KEYS_ARE} does not open it. Put the former key back, ${remedy}.`,
    );
  }
}

interface SecretRow {
  readonly sync_id: string;
  readonly field: string;
  readonly key_id: string;
  readonly nonce: Buffer;
  readonly sealed: Buffer;
}

/**
 * Seals every stored credential anew with the first key, so that older keys can be given up. All or nothing.
 *
 * @returns how many were sealed with another key before.
 * @throws UsageError if one of them cannot be opened; then nothing is changed.
 */
export async function reseal(pool: pg.Pool, keys: readonly SecretKey[]): Promise<number> {
  return inTransaction(pool, async (sql) => {
    const { rows } = await sql.query<SecretRow>(
      'SELECT sync_id, field, key_id, nonce, sealed FROM sealed_secrets WHERE key_id <> $1 ORDER BY 1, 2 FOR UPDATE',
      [keys[0]?.id ?? ''],
    );
    for (const row of rows) await resealRow(sql, row, keys);
    return rows.length;
  });
}

async function resealRow(sql: Sql, row: SecretRow, keys: readonly SecretKey[]): Promise<void> {
  const place = { syncId: row.sync_id, field: row.field };
  const text = unseal({ keyId: row.key_id, nonce: row.nonce, sealed: row.sealed }, place, keys);
  const { keyId, nonce, sealed } = seal(text, place, keys);
  await sql.query(
    `UPDATE sealed_secrets SET key_id = $3, nonce = $4, sealed = $5, updated_at = now()
     WHERE sync_id = $1 AND field = $2`,
    [place.syncId, place.field, keyId, nonce, sealed],
  );
}

/** The ids of the keys that stored credentials are sealed with; for telling which are still needed. */
export async function sealingKeyIds(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ key_id: string }>('SELECT DISTINCT key_id FROM sealed_secrets ORDER BY key_id');
  return rows.map((row) => row.key_id);
}
