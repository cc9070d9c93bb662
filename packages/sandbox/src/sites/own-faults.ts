import type { ClasslinkShare } from '../classlink/share.ts';
import type { CleverAccount } from '../clever/account.ts';
import type { District } from '../model.ts';
import type { OneRosterSite } from '../oneroster-api/oneroster-site.ts';
import type { SftpSite } from '../sftp-site.ts';
import type { SiteFault } from './site-switches.ts';

type Faults = Readonly<Record<string, SiteFault>>;

const UNSHARED = 'the last school is shared no more, and nothing says so';

/** All school ids but the last one's. */
const allButLast = ({ schools }: District): string[] => schools.slice(0, -1).map(({ sisId }) => sisId);

export function cleverFaults(account: CleverAccount, district: () => District): Faults {
  return {
    disconnected: {
      text: 'the district has disconnected the application: its token is revoked and not listed any more',
      on: () => account.disconnect(),
      off: () => account.connect(),
    },
    paused: {
      text: 'the district is paused: its data stays as it was',
      on: () => account.pause(),
      off: () => account.resume(),
    },
    'unshared-school': {
      text: UNSHARED,
      on: () =>
        account.set({
          unsharedSchools: district()
            .schools.slice(-1)
            .map(({ sisId }) => sisId),
        }),
      off: () => account.set({ unsharedSchools: [] }),
    },
    'no-contacts': {
      text: 'the token may not read contacts',
      on: () => account.set({ removedScopes: ['student_contacts'] }),
      off: () => account.set({ removedScopes: [] }),
    },
  };
}

export function classlinkFaults(share: ClasslinkShare, district: () => District): Faults {
  return {
    disabled: {
      text: "the district's administrator has switched the application off",
      on: () => {
        share.isEnabled = false;
      },
      off: () => {
        share.isEnabled = true;
      },
    },
    unlisted: {
      text: 'the list of districts does not hold this one any more',
      on: () => {
        share.isListed = false;
      },
      off: () => {
        share.isListed = true;
      },
    },
    'unshared-school': {
      text: UNSHARED,
      on: () => share.permit({ schools: allButLast(district()) }),
      off: () => share.permit({ schools: null }),
    },
  };
}

export function oneRosterFaults(site: OneRosterSite): Faults {
  return {
    'unshared-school': {
      text: UNSHARED,
      on: () => {
        site.quirks.onlySchools = allButLast(site.district);
      },
      off: () => {
        site.quirks.onlySchools = null;
      },
    },
    'no-birth-dates': {
      text: 'demographics may not be read',
      on: () => {
        site.quirks.forbidden = ['demographics'];
      },
      off: () => {
        site.quirks.forbidden = [];
      },
    },
    'lost-rows': {
      text: 'every page but the first begins a row too late, so that rows are missed',
      on: () => {
        site.quirks.skippedRows = 1;
      },
      off: () => {
        site.quirks.skippedRows = 0;
      },
    },
  };
}

export function sftpFaults({ faults }: SftpSite): Faults {
  const off = (): void => faults.clear();
  const turn = (text: string, on: () => void): SiteFault => ({ text, on, off });
  return {
    'wrong-password': turn('every password is refused', () => {
      faults.rejectPasswords = true;
    }),
    refuse: turn('every connection is reset at once', () => {
      faults.refuseConnections = true;
    }),
    hang: turn('nothing is ever answered', () => {
      faults.hang = true;
    }),
    growing: turn('users.csv grows all the time, as if its upload went on', () => {
      faults.growing = 'users.csv';
    }),
    cut: turn('enrollments.csv ends early', () => {
      faults.truncate = { file: 'enrollments.csv', bytes: 5_000 };
    }),
  };
}
