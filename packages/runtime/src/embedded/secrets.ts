import { randomBytes } from 'node:crypto';
import { UsageError } from '@rollbook/core';
import { z } from 'zod';
import { type Home, readIfThere, writePrivateFile } from './home.ts';

const Secrets = z.object({ postgres: z.string().min(20).optional(), redis: z.string().min(20).optional() });
type Secrets = z.infer<typeof Secrets>;

/**
 * The password of an embedded server, made at first use. `apply` makes the server's data know a new password; it runs
 * before the password is kept, so that a kill in between cannot leave the two apart.
 *
 * @throws UsageError if the file of secrets cannot be understood
 */
export async function openPassword(
  home: Home,
  server: keyof Secrets,
  apply: (password: string) => Promise<void>,
): Promise<string> {
  const known = readSecrets(home)[server];
  if (known !== undefined) return known;
  // 192 random bits, in characters that need no quoting in URLs, SQL and configuration files.
  const password = randomBytes(24).toString('base64url');
  await apply(password);
  writePrivateFile(home.secretsFile, `${JSON.stringify({ ...readSecrets(home), [server]: password }, null, 2)}\n`);
  return password;
}

function readSecrets(home: Home): Secrets {
  const text = readIfThere(home.secretsFile);
  if (text === null) return {};
  try {
    return Secrets.parse(JSON.parse(text));
  } catch {
    throw new UsageError(
      `The file "${home.secretsFile}" is damaged. Delete it: new passwords are set at the next start.`,
    );
  }
}
