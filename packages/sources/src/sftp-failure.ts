import { SyncError } from '@rollbook/core';
import { codeOf, textOf } from './error-facts.ts';

/** A connection that ended, or fell silent, before the work was done. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

const credentials = (message: string, advice: string, cause: unknown): SyncError =>
  new SyncError('wrong_credentials', message, { advice, cause });

/**
 * What an error of the SFTP library or of the network means. They have codes only sometimes, so their texts decide.
 * `place` names host and path for the message.
 */
export function sftpFailure(error: unknown, place: string): SyncError {
  if (error instanceof SyncError) return error;
  const text = textOf(error);
  const code = codeOf(error);
  if (/authentication methods failed|authentication failed|too many authentication/i.test(text))
    return credentials(
      `${place} refuses the user name, password or key.`,
      'Ask the district whether the account still exists and its password or key has changed; then enter the new one.',
      error,
    );
  if (code === 3 || /permission denied/i.test(text))
    return credentials(
      `${place}: permission denied.`,
      'The log-in works, but the account may not read there. Ask the district to allow it, or correct the path.',
      error,
    );
  if (code === 2 || /no such file|no such path/i.test(text))
    return new SyncError('invalid_data', `${place} does not exist.`, {
      advice: 'Check the path of the source. Ask the district where its files are uploaded to.',
      cause: error,
    });
  if (/no matching|handshake failed/i.test(text))
    return new SyncError('source_unavailable', `${place} and Rollbook have no encryption method in common.`, {
      advice: 'The server only offers methods that are considered broken. Ask the district to update its SFTP server.',
      disposition: 'give-up',
      cause: error,
    });
  return new SyncError(
    'source_unavailable',
    `${place} cannot be reached or does not answer (${shortCause(text, code)}).`,
    {
      advice:
        'Rollbook tries again by itself. If it goes on, ask the district whether its SFTP server is up and lets the address of Rollbook in.',
      cause: error,
    },
  );
}

/** The library's text without its prefixes (`getConnection: `), as it may name what the operator needs to know. */
const shortCause = (text: string, code: unknown): string =>
  typeof code === 'string' && /^E[A-Z]+$/.test(code) ? code : text.replace(/^(\w+(: |->))+/, '').slice(0, 120);

/** The key itself is at fault, before any server is asked. */
export function keyFailure(error: unknown): SyncError {
  const text = textOf(error);
  if (/no passphrase/i.test(text))
    return credentials(
      'The private key is encrypted, but no passphrase is configured.',
      'Enter the passphrase of the key.',
      error,
    );
  if (/bad passphrase|integrity check|bad decrypt/i.test(text))
    return credentials(
      'The private key does not open with the configured passphrase.',
      'Enter the passphrase that belongs to this key.',
      error,
    );
  return credentials(
    'The private key cannot be read.',
    'Enter the whole text of a private key in OpenSSH or PEM form, from its BEGIN to its END line. PuTTY keys (.ppk) must be converted.',
    error,
  );
}
