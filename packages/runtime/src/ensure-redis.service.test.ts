import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureRedis } from './ensure-redis.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollbook-ensure-redis-'));
const originalPath = process.env['PATH'];
let said: string[] = [];

/** A PATH with a shell, and a package manager that notes how it was called and then runs `onInstall`. */
function withPackageManager(name: string, manager: string | null, onInstall = ''): string {
  const place = join(folder, name);
  mkdirSync(place);
  program(join(place, 'sh'), 'exec /bin/sh "$@"');
  // Without root the command is run through sudo, which here only takes the settings and goes on.
  program(join(place, 'sudo'), 'shift; exec /usr/bin/env "$@"');
  if (manager !== null) {
    program(
      join(place, manager),
      `echo "$* RUNLEVEL=$RUNLEVEL" >> ${place}/calls\ncase "$*" in *install*) ${onInstall || ':'};; esac`,
    );
  }
  process.env['PATH'] = place;
  return place;
}

function program(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

beforeEach(() => {
  said = [];
});

afterAll(() => {
  process.env['PATH'] = originalPath;
  rmSync(folder, { recursive: true });
});

describe('ensureRedis', () => {
  const brings = (version: string): string =>
    `printf '#!/bin/sh\\necho "Redis server v=${version} sha=0:0"\\n' > $PATH/redis-server; /bin/chmod +x $PATH/redis-server`;

  it('installs nothing where there is one', async () => {
    const place = withPackageManager('present', 'apt-get');
    program(join(place, 'redis-server'), 'echo "Redis server v=7.2.5 sha=0:0"');
    expect(await ensureRedis((line) => said.push(line))).toMatchObject({ name: 'redis-server 7.2.5' });
    expect(said).toEqual([]);
  });

  it('installs one with the package manager, saying so, and starts no service', async () => {
    const place = withPackageManager('missing', 'apt-get', brings('7.0.15'));
    expect(await ensureRedis((line) => said.push(line))).toMatchObject({ name: 'redis-server 7.0.15' });
    expect(readFileSync(join(place, 'calls'), 'utf8').split('\n').slice(0, 2)).toEqual([
      'update -q RUNLEVEL=1',
      'install -y -q --no-install-recommends redis-server RUNLEVEL=1',
    ]);
    expect(said).toHaveLength(2);
  });

  it('tells the command to run if installing fails', async () => {
    withPackageManager('refused', 'apt-get', 'exit 100');
    await expect(ensureRedis(() => undefined)).rejects.toThrow(
      'ended with 100). Run it with the rights it needs ("sudo sh -c \'apt-get update -q && apt-get install',
    );
  });

  it('is not content with one that is too old', async () => {
    withPackageManager('old', 'apt-get', brings('6.0.16'));
    await expect(ensureRedis(() => undefined)).rejects.toThrow(/brought no Redis of version 6\.2 or later/);
  });

  it('says what is missing where there is no package manager', async () => {
    withPackageManager('bare', null);
    await expect(ensureRedis(() => undefined)).rejects.toThrow(/Install one, or set REDIS_URL/);
  });
});
