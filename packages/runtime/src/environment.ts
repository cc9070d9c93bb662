import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { UsageError, kindOf, nearest, quoted } from '@rollbook/core';
import { z } from 'zod';
import { LOG_LEVELS } from './logger.ts';
import { type SecretKey, parseSecretKeys } from './secret-keys.ts';

/** Shown by their kind alone in messages: they are secrets or may hold one. */
const SECRET_KEYS = new Set([
  'DATABASE_URL',
  'REDIS_URL',
  'ROLLBOOK_SECRET_KEYS',
  'ROLLBOOK_DASHBOARD_PASSWORD',
  'ROLLBOOK_ALERT_URL',
]);

const url = (expected: string, protocols: readonly string[]): z.ZodType<string> =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), expected);

const integer = (least: number, most: number): z.ZodType<number, string> => {
  const expected = `a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, expected)
    .transform(Number)
    .refine((number) => number >= least && number <= most, expected);
};

const secretKeys = z.string().transform((text, context): SecretKey[] => {
  try {
    return parseSecretKeys(text);
  } catch (error) {
    const reason = error instanceof UsageError ? error.message : 'it cannot be read';
    context.addIssue({ code: 'custom', message: `keyId:base64-of-32-bytes, but ${reason}` });
    return z.NEVER;
  }
});

/** Every key that Rollbook reads from its environment. A message tells what was expected, to follow "expected". */
const Variables = z.object({
  DATABASE_URL: url('a URL that begins with postgresql://', ['postgresql:', 'postgres:']).optional(),
  REDIS_URL: url('a URL that begins with redis:// or rediss://', ['redis:', 'rediss:']).optional(),
  ROLLBOOK_HOME: z.string().default('.rollbook'),
  ROLLBOOK_QUEUE_BACKEND: z.enum(['auto', 'redis', 'postgres'], '"auto", "redis" or "postgres"').default('auto'),
  ROLLBOOK_SECRET_KEYS: secretKeys.optional(),
  ROLLBOOK_ALLOW_PRIVATE_SOURCES: z
    .enum(['true', 'false'], '"true" or "false"')
    .default('false')
    .transform((text) => text === 'true'),
  ROLLBOOK_HTTP_HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/, 'a host name or an address')
    .default('127.0.0.1'),
  ROLLBOOK_HTTP_PORT: integer(0, 65_535).default(8383),
  ROLLBOOK_DASHBOARD_PASSWORD: z.string().min(8, 'at least 8 characters').optional(),
  ROLLBOOK_ALERT_URL: url('a URL that begins with https:// or http://', ['https:', 'http:']).optional(),
  ROLLBOOK_LOG_LEVEL: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`).optional(),
  ROLLBOOK_SHUTDOWN_SECONDS: integer(1, 3_600).default(25),
  ROLLBOOK_ACTOR: z.string().max(200, 'at most 200 characters').optional(),
});

export interface Environment {
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** Absolute. */
  readonly home: string;
  readonly queueBackend: 'auto' | 'redis' | 'postgres';
  /** The one in use first; undefined if none were given. */
  readonly secretKeys: readonly SecretKey[] | undefined;
  readonly allowPrivateSources: boolean;
  readonly httpHost: string;
  readonly httpPort: number;
  readonly dashboardPassword: string | undefined;
  /** Where new holds are told of; a web address that holds a secret. */
  readonly alertUrl: string | undefined;
  readonly logLevel: (typeof LOG_LEVELS)[number] | undefined;
  readonly shutdownTimeoutMs: number;
  /** What looks like a mistake but harms nobody: to be shown to people once. */
  readonly warnings: readonly string[];
}

/** Names of all keys, for documents and for `rollbook doctor`. */
export const ENVIRONMENT_KEYS: readonly string[] = Object.keys(Variables.shape);

/**
 * Reads the environment; a blank value counts as unset. Relative paths are taken from `folder`.
 *
 * @throws UsageError that names every key at fault, what was expected and, unless it is secret, what was received
 */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
  folder: string = process.cwd(),
): Environment {
  const given = Object.entries(variables).filter(([, value]) => value !== undefined && value.trim() !== '');
  const trimmed = Object.fromEntries(given.map(([key, value]) => [key, value?.trim()]));
  const result = Variables.safeParse(trimmed);
  if (!result.success) throw new UsageError(describe(result.error, trimmed));
  const values = result.data;
  return {
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    home: resolve(folder, values.ROLLBOOK_HOME),
    queueBackend: values.ROLLBOOK_QUEUE_BACKEND,
    secretKeys: values.ROLLBOOK_SECRET_KEYS,
    allowPrivateSources: values.ROLLBOOK_ALLOW_PRIVATE_SOURCES,
    httpHost: values.ROLLBOOK_HTTP_HOST,
    httpPort: values.ROLLBOOK_HTTP_PORT,
    dashboardPassword: values.ROLLBOOK_DASHBOARD_PASSWORD,
    alertUrl: values.ROLLBOOK_ALERT_URL,
    logLevel: values.ROLLBOOK_LOG_LEVEL,
    shutdownTimeoutMs: values.ROLLBOOK_SHUTDOWN_SECONDS * 1000,
    warnings: misspeltKeys(Object.keys(trimmed)),
  };
}

/**
 * Adds the variables of the file `.env` in `folder` to this process's; those that are set already stay as they are.
 *
 * @returns whether there was such a file
 */
export function loadDotEnv(folder: string = process.cwd()): boolean {
  const path = resolve(folder, '.env');
  if (!existsSync(path)) return false;
  try {
    for (const [key, value] of Object.entries(parseEnv(readFileSync(path, 'utf8')))) process.env[key] ??= value;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`The file "${path}" cannot be read (${code}). Make it readable, or remove it.`);
  }
  return true;
}

function describe(error: z.ZodError, variables: Readonly<Record<string, string | undefined>>): string {
  const lines = error.issues.map((issue) => {
    const key = String(issue.path[0]);
    const value = variables[key] ?? '';
    const received = SECRET_KEYS.has(key) ? `${kindOf(value)} of ${value.length} characters` : quoted(value);
    return `${key}: expected ${issue.message}, received ${received}`;
  });
  const listed = lines.length === 1 ? ` ${lines[0]}` : lines.map((line) => `\n  ${line}`).join('');
  return `The environment is not as it should be.${listed}${lines.length === 1 ? '.' : ''}`;
}

/** Only keys that begin as ours do and are a typo away from one: a made-up name is somebody else's business. */
function misspeltKeys(keys: readonly string[]): string[] {
  return keys
    .filter((key) => key.startsWith('ROLLBOOK_') && !ENVIRONMENT_KEYS.includes(key))
    .flatMap((key) => {
      const [meant] = nearest(key, ENVIRONMENT_KEYS);
      return meant === undefined
        ? []
        : [`The environment has "${key}", which means nothing here. Is "${meant}" meant?`];
    });
}
