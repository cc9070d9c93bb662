import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSecretKeys, parseSecretKeys } from './secret-keys.ts';

const KEY = Buffer.alloc(32, 1).toString('base64');

describe('parseSecretKeys', () => {
  it('keeps the order, the one in use first', () => {
    const keys = parseSecretKeys(`2026:${KEY},2025:${Buffer.alloc(32, 2).toString('base64')}`);
    expect(keys.map(({ id }) => id)).toEqual(['2026', '2025']);
    expect(keys[1]?.key).toEqual(Buffer.alloc(32, 2));
  });

  it.each([
    ['nothing', /key 1 does not have the form/],
    [`a:${KEY},b`, /key 2 does not have the form/],
    [`a:${Buffer.alloc(16).toString('base64')}`, /key 1 \("a"\) has 16 bytes; 32 are needed/],
    [`a:${KEY},a:${KEY}`, /two keys have the id "a"/],
  ])('refuses "%s"', (text, expected) => {
    expect(() => parseSecretKeys(text)).toThrow(expected);
  });

  it('shows no key in its message', () => {
    const tooShort = Buffer.alloc(31, 9).toString('base64');
    expect(() => parseSecretKeys(`a:${tooShort}`)).toThrow(expect.not.stringContaining(tooShort) as unknown as Error);
  });
});

describe('openSecretKeys', () => {
  const home = mkdtempSync(join(tmpdir(), 'rollbook-keys-'));
  afterAll(() => rmSync(home, { recursive: true }));

  it('makes one key, for the owner alone, and finds it again', () => {
    const first = openSecretKeys(undefined, home);
    expect(first).toHaveLength(1);
    expect(openSecretKeys(undefined, home)).toEqual(first);
    expect(statSync(join(home, 'secret-keys')).mode & 0o777).toBe(0o600);
  });

  it('prefers given keys', () => {
    const given = parseSecretKeys(`given:${KEY}`);
    expect(openSecretKeys(given, home)).toBe(given);
  });

  it('says so if the kept file is damaged, rather than make a new key', () => {
    writeFileSync(join(home, 'secret-keys'), 'local:cut');
    expect(() => openSecretKeys(undefined, home)).toThrow(
      /secret-keys" with the keys to stored credentials is damaged/,
    );
  });
});
