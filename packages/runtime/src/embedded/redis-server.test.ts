import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';
import { findRedis, isNewEnough } from './redis-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollbook-redis-'));
afterAll(() => rmSync(folder, { recursive: true }));

function program(name: string, says: string): string {
  const place = join(folder, `${name}-${says.replaceAll(/\W/g, '')}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, name), `#!/bin/sh\necho "${says}"\n`, { mode: 0o755 });
  return place;
}

describe('findRedis', () => {
  const old = program('redis-server', 'Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc');
  const fit = program('redis-server', 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc');
  const valkey = program('valkey-server', 'Valkey server v=8.1.1 sha=00000000:0');

  it('takes the first that is new enough', async () => {
    expect(await findRedis([old, fit].join(delimiter))).toEqual({
      path: join(fit, 'redis-server'),
      name: 'redis-server 7.0.15',
    });
    expect(await findRedis([old, valkey].join(delimiter))).toMatchObject({ name: 'valkey-server 8.1.1' });
  });

  it('finds nothing where there is nothing fit', async () => {
    expect(await findRedis(old)).toBeNull();
    expect(await findRedis(join(folder, 'missing'))).toBeNull();
    expect(await findRedis('')).toBeNull();
  });

  it.each([
    ['6.2.0', true],
    ['6.1.9', false],
    ['5.0.14', false],
    ['10.0.0', true],
  ])('judges %s', (version, expected) => {
    expect(isNewEnough(version)).toBe(expected);
  });
});
