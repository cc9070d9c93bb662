import { fingerprintOf, generateSshKeyPair, parseSshKey } from './ssh-key.ts';

describe('generateSshKeyPair', () => {
  it('gives keys that can always be read back and belong together', () => {
    // Unguarded, 400 keys hold a broken one in nine of ten runs.
    for (let count = 0; count < 400; count += 1) {
      const { privateKey, publicKey } = generateSshKeyPair();
      expect(fingerprintOf(privateKey)).toBe(fingerprintOf(publicKey));
    }
  });
});

describe('fingerprintOf', () => {
  it('is what ssh-keygen -lf prints', () => {
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBtjCQXYjuHpyImGlEjPeGFi48nz9EsXeG4a2ESPWAIe';
    expect(fingerprintOf(key)).toBe('SHA256:amYwkWV2tky0IukgL3fblQXygUVKe01SfAT9A5EKBp4');
  });
});

describe('parseSshKey', () => {
  it('refuses other text without repeating it', () => {
    expect(() => parseSshKey('my password')).toThrow(
      'Expected an SSH key in OpenSSH or PEM form; the text given cannot be read as one.',
    );
  });
});
