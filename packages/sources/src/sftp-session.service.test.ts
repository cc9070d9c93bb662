import { createServer } from 'node:net';
import { generateSshKeyPair } from '@rollbook/sandbox';
import ssh2 from 'ssh2';
import { refusal, sound } from './delivery.fixture.ts';
import { Ground, PASSWORD, type Settings } from './sftp-ground.fixture.ts';
import type { Site } from './sftp-server.fixture.ts';

let ground: Ground;
beforeEach(async () => {
  ground = await Ground.prepare();
});
afterEach(async () => {
  expect(await ground.clear()).toEqual([]);
});

describe('access to an SFTP site', () => {
  const outcome = async (site: Site, settings?: Settings): Promise<[string, string]> => {
    const error = await refusal(ground.pull(site, settings));
    expect(error.message + error.advice).not.toContain(settings?.password ?? PASSWORD);
    return [error.reason, error.message];
  };

  it('is refused with a wrong password', async () => {
    expect(await outcome(await ground.siteWith(), { password: 'wrong' })).toEqual([
      'wrong_credentials',
      '"127.0.0.1", "/upload" refuses the user name, password or key.',
    ]);
  });

  it('answers a server that asks for the password', async () => {
    const site = await ground.siteWith(sound, { password: PASSWORD, asksForPassword: true });
    expect((await ground.pull(site)).rows('students')).toHaveLength(1);
  });

  it('is had with a key, and with a key under a passphrase', async () => {
    const plain = generateSshKeyPair();
    const locked = ssh2.utils.generateKeyPairSync('rsa', {
      bits: 2048,
      cipher: 'aes256-ctr',
      passphrase: 'open sesame',
      rounds: 4,
    });
    const first = await ground.siteWith(sound, { publicKey: plain.publicKey });
    expect(
      (await ground.pull(first, { password: undefined, privateKey: plain.privateKey })).rows('students'),
    ).toHaveLength(1);
    const second = await ground.siteWith(sound, { publicKey: locked.public });
    const key = { password: undefined, privateKey: locked.private };
    expect((await ground.pull(second, { ...key, passphrase: 'open sesame' })).rows('students')).toHaveLength(1);
    expect(await outcome(second, { ...key, passphrase: 'wrong' })).toEqual([
      'wrong_credentials',
      'The private key does not open with the configured passphrase.',
    ]);
    expect(await outcome(second, key)).toEqual([
      'wrong_credentials',
      'The private key is encrypted, but no passphrase is configured.',
    ]);
    expect(await outcome(second, { password: undefined, privateKey: 'not a key' })).toEqual([
      'wrong_credentials',
      'The private key cannot be read.',
    ]);
    expect((await outcome(second, { password: undefined, privateKey: plain.privateKey }))[0]).toBe('wrong_credentials');
  });

  it('is refused if the host key has changed or is not pinned, before the password is sent', async () => {
    const site = await ground.siteWith();
    const other = `SHA256:${'A'.repeat(43)}`;
    expect(await outcome(site, { hostKey: other })).toEqual([
      'wrong_credentials',
      `The host key of "127.0.0.1" is ${site.hostKey}; expected ${other}.`,
    ]);
    expect(await outcome(site, { hostKey: undefined })).toEqual([
      'wrong_credentials',
      `The host key of "127.0.0.1" is not pinned. It shows ${site.hostKey}.`,
    ]);
    expect((await ground.pull(site, { hostKey: `${site.hostKey}=` })).rows('students')).toHaveLength(1);
  });

  it('tells a folder that is not there from one that is forbidden', async () => {
    expect(await outcome(await ground.siteWith(), { path: '/uploads' })).toEqual([
      'invalid_data',
      '"127.0.0.1", "/uploads" does not exist.',
    ]);
    expect(await outcome(await ground.siteWith(sound, { password: PASSWORD, isForbidden: true }))).toEqual([
      'wrong_credentials',
      '"127.0.0.1", "/upload": permission denied.',
    ]);
  });

  it('is not sought on private addresses without consent', async () => {
    const site = await ground.siteWith();
    expect((await outcome(site, { allowPrivate: false }))[0]).toBe('source_unavailable');
    expect(site.connections()).toBe(0);
  });

  it('is unavailable if nobody listens, or nobody answers', async () => {
    const site = await ground.siteWith();
    await site.close();
    expect(await outcome(site)).toEqual([
      'source_unavailable',
      '"127.0.0.1", "/upload" cannot be reached or does not answer (ECONNREFUSED).',
    ]);
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const error = await refusal(ground.pull({ port, hostKey: site.hostKey }, { connectTimeoutSeconds: 0.1 }));
    expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'retry']);
    mute.close();
  });
});
