import { createHash } from 'node:crypto';
import { UsageError } from '@rollbook/core';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';

export interface SshKeyPair {
  /** OpenSSH text, as `ssh-keygen` writes it. */
  readonly privateKey: string;
  /** One line of OpenSSH text. */
  readonly publicKey: string;
}

/** A new ed25519 key pair without a passphrase. */
export function generateSshKeyPair(): SshKeyPair {
  // About one key in 200 that ssh2 1.17 generates cannot be read back, even by itself.
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error))
      return { privateKey: pair.private, publicKey: pair.public };
  }
}

/** Reads a private or public key. Throws a UsageError, without the key, if it is none. */
export function parseSshKey(text: string): ParsedKey {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error)
    throw new UsageError('Expected an SSH key in OpenSSH or PEM form; the text given cannot be read as one.');
  return key;
}

/** `SHA256:` and the digest of the public key, as `ssh-keygen -lf` prints it. */
export function fingerprintOf(key: string): string {
  const digest = createHash('sha256').update(parseSshKey(key).getPublicSSH()).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}
