import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { UsageError } from '@rollbook/core';
import { ENVIRONMENT_KEYS, loadDotEnv, readEnvironment } from './environment.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');

function messageOf(variables: Record<string, string>): string {
  try {
    readEnvironment(variables, '/srv');
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('The environment was taken.');
}

describe('readEnvironment', () => {
  it('needs nothing', () => {
    expect(readEnvironment({}, '/srv/app')).toEqual({
      databaseUrl: undefined,
      redisUrl: undefined,
      home: '/srv/app/.rollbook',
      queueBackend: 'auto',
      secretKeys: undefined,
      allowPrivateSources: false,
      httpHost: '127.0.0.1',
      httpPort: 8383,
      dashboardPassword: undefined,
      alertUrl: undefined,
      logLevel: undefined,
      shutdownTimeoutMs: 25_000,
      warnings: [],
    });
  });

  it('takes a blank value for unset', () => {
    const blank = Object.fromEntries(ENVIRONMENT_KEYS.map((key) => [key, '  ']));
    expect(readEnvironment(blank, '/srv')).toEqual(readEnvironment({}, '/srv'));
  });

  it('reads every key', () => {
    const environment = readEnvironment(
      {
        DATABASE_URL: 'postgresql://rollbook:x@db.internal/rollbook',
        REDIS_URL: 'rediss://cache.internal:6380',
        ROLLBOOK_HOME: '/var/lib/rollbook',
        ROLLBOOK_QUEUE_BACKEND: 'redis',
        ROLLBOOK_SECRET_KEYS: `new:${KEY}, old:${KEY}`,
        ROLLBOOK_ALLOW_PRIVATE_SOURCES: 'true',
        ROLLBOOK_HTTP_HOST: '0.0.0.0',
        ROLLBOOK_HTTP_PORT: ' 80 ',
        ROLLBOOK_DASHBOARD_PASSWORD: 'long enough',
        ROLLBOOK_ALERT_URL: 'https://hooks.internal/T0',
        ROLLBOOK_LOG_LEVEL: 'debug',
        ROLLBOOK_SHUTDOWN_SECONDS: '5',
      },
      '/srv',
    );
    expect(environment).toMatchObject({
      databaseUrl: 'postgresql://rollbook:x@db.internal/rollbook',
      redisUrl: 'rediss://cache.internal:6380',
      home: '/var/lib/rollbook',
      queueBackend: 'redis',
      secretKeys: [{ id: 'new' }, { id: 'old' }],
      allowPrivateSources: true,
      httpHost: '0.0.0.0',
      httpPort: 80,
      dashboardPassword: 'long enough',
      alertUrl: 'https://hooks.internal/T0',
      logLevel: 'debug',
      shutdownTimeoutMs: 5_000,
    });
  });

  it.each([
    ['ROLLBOOK_HTTP_PORT', '80a', 'expected a whole number from 0 to 65535, received "80a"'],
    ['ROLLBOOK_HTTP_PORT', '65536', 'expected a whole number from 0 to 65535, received "65536"'],
    ['ROLLBOOK_ALLOW_PRIVATE_SOURCES', 'yes', 'expected "true" or "false", received "yes"'],
    ['ROLLBOOK_LOG_LEVEL', 'loud', 'received "loud"'],
    ['ROLLBOOK_SHUTDOWN_SECONDS', '0', 'expected a whole number from 1 to 3600, received "0"'],
    ['ROLLBOOK_QUEUE_BACKEND', 'kafka', 'expected "auto", "redis" or "postgres", received "kafka"'],
  ])('refuses %s=%s and tells what was expected and received', (key, value, expected) => {
    const message = messageOf({ [key]: value });
    expect(message).toContain(`${key}: `);
    expect(message).toContain(expected);
  });

  it.each([
    ['DATABASE_URL', 'mysql://root:hunter2@db/x'],
    ['REDIS_URL', 'http://:hunter2@cache'],
    ['ROLLBOOK_SECRET_KEYS', 'hunter2'],
    ['ROLLBOOK_DASHBOARD_PASSWORD', 'hunter2'],
    ['ROLLBOOK_ALERT_URL', 'ftp://hooks.internal/hunter2'],
  ])('never shows what was received for %s', (key, value) => {
    const message = messageOf({ [key]: value });
    expect(message).toContain(`${key}: expected `);
    expect(message).toContain(`received text of ${value.length} characters`);
    expect(message).not.toContain('hunter2');
  });

  it('tells of every key at fault at once', () => {
    const message = messageOf({ ROLLBOOK_HTTP_PORT: 'x', ROLLBOOK_LOG_LEVEL: 'y' });
    expect(message).toContain('ROLLBOOK_HTTP_PORT');
    expect(message).toContain('ROLLBOOK_LOG_LEVEL');
  });

  it('points at a misspelt key and leaves those of others alone', () => {
    const { warnings } = readEnvironment({ ROLLBOOK_HTTPPORT: '1', ROLLBOOK_DEMO_SIZE: '1', PATH: '/bin' }, '/srv');
    expect(warnings).toEqual([
      'The environment has "ROLLBOOK_HTTPPORT", which means nothing here. Is "ROLLBOOK_HTTP_PORT" meant?',
    ]);
  });
});

describe('.env.example', () => {
  const example = parseEnv(readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8'));
  const forContainers = ['POSTGRES_PASSWORD', 'REDIS_PASSWORD'];

  it('has every key and no other', () => {
    expect(Object.keys(example).sort()).toEqual([...ENVIRONMENT_KEYS, ...forContainers].sort());
  });

  it('is what Rollbook does without it', () => {
    expect(readEnvironment(example, '/srv')).toEqual(readEnvironment({}, '/srv'));
  });
});

describe('loadDotEnv', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollbook-env-'));

  afterAll(() => {
    rmSync(folder, { recursive: true });
    delete process.env['ROLLBOOK_TEST_SET'];
    delete process.env['ROLLBOOK_TEST_UNSET'];
  });

  it('adds what is not set and overrides nothing', () => {
    expect(loadDotEnv(folder)).toBe(false);
    writeFileSync(join(folder, '.env'), 'ROLLBOOK_TEST_SET=file\nROLLBOOK_TEST_UNSET=file\n');
    process.env['ROLLBOOK_TEST_SET'] = 'process';
    expect(loadDotEnv(folder)).toBe(true);
    expect(process.env['ROLLBOOK_TEST_SET']).toBe('process');
    expect(process.env['ROLLBOOK_TEST_UNSET']).toBe('file');
  });
});
