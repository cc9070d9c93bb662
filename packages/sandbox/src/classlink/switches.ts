import { UsageError } from '@rollbook/core';
import type { ClasslinkShare } from './share.ts';

interface DistrictSwitch {
  readonly read: (share: ClasslinkShare) => unknown;
  readonly turn: (share: ClasslinkShare, to: never) => void;
}

/** What can be changed at a district by hand. */
const DISTRICT_SWITCHES: Readonly<Record<string, DistrictSwitch>> = {
  isEnabled: {
    read: (share) => share.isEnabled,
    turn: (share, to: boolean) => {
      share.isEnabled = to;
    },
  },
  isListed: {
    read: (share) => share.isListed,
    turn: (share, to: boolean) => {
      share.isListed = to;
    },
  },
  tenantStatus: {
    read: (share) => share.tenantStatus,
    turn: (share, to: string) => {
      share.tenantStatus = to;
    },
  },
  schools: {
    read: (share) => share.permissions.schools,
    turn: (share, schools: readonly string[] | null) => share.permit({ schools }),
  },
  courses: {
    read: (share) => share.permissions.courses,
    turn: (share, courses: readonly string[] | null) => share.permit({ courses }),
  },
  /** Whatever is put here: the next state of the data, and the next bearer. */
  revision: { read: (share) => share.revision, turn: (share) => share.changeRevision() },
  bearer: { read: (share) => share.bearer, turn: (share) => share.rotateBearer() },
};

/**
 * What the operator can look at and change while the site runs: the quirks of the data, and under the name of each
 * district its sharing, such as `{"riverside": {"isEnabled": false}}`.
 */
export function switchesOf(quirks: object, shares: readonly ClasslinkShare[]): object {
  const switches = {};
  for (const name of Object.keys(quirks) as (keyof typeof quirks)[])
    Object.defineProperty(switches, name, {
      enumerable: true,
      get: () => quirks[name],
      set: (value: never) => {
        quirks[name] = value;
      },
    });
  for (const share of shares)
    Object.defineProperty(switches, share.tenantName, {
      enumerable: true,
      get: () => Object.fromEntries(Object.entries(DISTRICT_SWITCHES).map(([name, { read }]) => [name, read(share)])),
      set: (wanted: Readonly<Record<string, never>>) => {
        change(share, wanted);
      },
    });
  return switches;
}

function change(share: ClasslinkShare, wanted: Readonly<Record<string, never>>): void {
  const known = Object.keys(DISTRICT_SWITCHES);
  const unknown = Object.keys(wanted).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`Expected switches of "${share.tenantName}": ${known.join(', ')}; got "${unknown}".`);
  for (const [name, value] of Object.entries(wanted)) DISTRICT_SWITCHES[name]?.turn(share, value);
}
