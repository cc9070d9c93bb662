import { refusal } from './delivery.fixture.ts';
import { isPrivateAddress, resolveAddress } from './source-address.ts';

describe('addresses of sources', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    'fd00::1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ])('%s is not public', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each(['8.8.8.8', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is public', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });

  it('refuses a private address without consent, and says how to give it', async () => {
    const error = await refusal(resolveAddress('localhost', false));
    expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'give-up']);
    expect(error.advice).toContain('ROLLBOOK_ALLOW_PRIVATE_SOURCES');
    expect(isPrivateAddress(await resolveAddress('127.0.0.1', true))).toBe(true);
  });

  it('says that a host cannot be found', async () => {
    const error = await refusal(resolveAddress('no-such-host.invalid', false));
    expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'retry']);
    expect(error.message).toBe('The host "no-such-host.invalid" cannot be found.');
  });
});
