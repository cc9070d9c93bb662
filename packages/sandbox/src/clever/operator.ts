import { UsageError } from '@rollbook/core';
import type { OperatorCommand } from '../http/operator.ts';
import type { CleverAccount } from './account.ts';
import type { CleverSwitches } from './switches.ts';

const DEEDS = {
  sync: (account) => account.sync(),
  pause: (account) => account.pause(),
  hold: (account) => account.hold(),
  resume: (account) => account.resume(),
  disconnect: (account) => account.disconnect(),
  connect: (account) => account.connect(),
  'rotate-token': (account) => account.rotateToken(),
} satisfies Readonly<Record<string, (account: CleverAccount) => void>>;

const describe = (account: CleverAccount) => ({
  id: account.id,
  isConnected: account.token !== null,
  lastSync: account.lastSync,
  switches: account.switches,
});

/**
 * By hand, for the district that the body names in `district` or the only one: `PUT /-/switches` with any of
 * {@link CleverSwitches}, `POST /-/sync`, `/-/pause`, `/-/hold`, `/-/resume`, `/-/disconnect`, `/-/connect` and
 * `/-/rotate-token`. `GET /-/switches` shows all districts.
 */
export function operatorCommands(accounts: readonly CleverAccount[]): Readonly<Record<string, OperatorCommand>> {
  const accountOf = (district: unknown): CleverAccount => {
    const found =
      district === undefined && accounts.length === 1 ? accounts[0] : accounts.find(({ id }) => id === district);
    if (found !== undefined) return found;
    throw new UsageError(`Expected "district" to be one of ${accounts.map(({ id }) => `"${id}"`).join(', ')}.`);
  };
  const deeds = Object.entries(DEEDS).map(([name, deed]): [string, OperatorCommand] => [
    `POST /-/${name}`,
    (body) => {
      const account = accountOf(keysOf(body)['district']);
      deed(account);
      return describe(account);
    },
  ]);
  return {
    'GET /-/switches': () => accounts.map(describe),
    'PUT /-/switches': (body) => {
      const { district, ...switches } = keysOf(body);
      const account = accountOf(district);
      account.set(switches as Partial<CleverSwitches>);
      return describe(account);
    },
    ...Object.fromEntries(deeds),
  };
}

const keysOf = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
