import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { SyncError } from '@rollbook/core';

const NOT_PUBLIC = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv6');

/** Whether an IP address is loopback, private, link-local or otherwise not of the public internet. */
export const isPrivateAddress = (address: string): boolean =>
  NOT_PUBLIC.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * The address to connect to. The name is resolved once and the connection goes to this very address, so that a name
 * server cannot answer differently the second time. Throws a SyncError for a name that is not known, and, unless
 * `allowPrivate`, for an address that is not public.
 */
export async function resolveAddress(host: string, allowPrivate: boolean): Promise<string> {
  const found = await lookup(host, { all: true }).catch((error: unknown) => {
    throw new SyncError('source_unavailable', `The host "${host}" cannot be found.`, {
      advice:
        'Check the spelling of the host. If it is right, the name service may be down: Rollbook tries again by itself.',
      cause: error,
    });
  });
  const first = found[0];
  if (first === undefined)
    throw new SyncError('source_unavailable', `The host "${host}" has no address.`, {
      advice: 'Check the spelling of the host.',
    });
  if (!allowPrivate && found.some(({ address }) => isPrivateAddress(address)))
    throw new SyncError('source_unavailable', `The host "${host}" is on a loopback or private address.`, {
      advice:
        'Rollbook connects to such addresses only with the consent of its operator: set ROLLBOOK_ALLOW_PRIVATE_SOURCES=true if that is meant.',
      disposition: 'give-up',
    });
  return first.address;
}
