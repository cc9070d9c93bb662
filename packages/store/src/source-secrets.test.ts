import { joinSource, partSource } from './source-secrets.ts';

const sftp = {
  type: 'sftp',
  host: 'h',
  password: 'p',
  passphrase: undefined,
  nested: { password: 'deep', port: 1 },
} as const;

describe('partSource', () => {
  it('takes the secrets of the source type out, at every depth', () => {
    const { source, secrets } = partSource(sftp);
    expect(source).toEqual({ type: 'sftp', host: 'h', nested: { port: 1 } });
    expect([...secrets]).toEqual([
      ['password', 'p'],
      ['nested.password', 'deep'],
    ]);
  });

  it('takes nothing where the type has no secrets', () => {
    expect(partSource({ type: 'files', path: './a' } as { type: 'files' }).secrets.size).toBe(0);
  });

  it('is undone by joinSource', () => {
    const { passphrase: _unset, ...set } = sftp;
    expect(joinSource(partSource(sftp))).toEqual(set);
  });
});
