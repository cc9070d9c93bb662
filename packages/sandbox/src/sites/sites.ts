import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCleverFolder } from '../clever-csv.ts';
import { startClasslinkSite, type ClasslinkSite } from '../classlink/classlink-site.ts';
import { startCleverSite, type CleverSite } from '../clever/clever-site.ts';
import { writeGuardiansFile } from '../guardians-csv.ts';
import type { HttpSite } from '../http/http-site.ts';
import type { District } from '../model.ts';
import { startOneRosterSite, type OneRosterSite } from '../oneroster-api/oneroster-site.ts';
import { writeOneRosterFolder } from '../oneroster-csv.ts';
import { startSftpSite, type SftpSite } from '../sftp-site.ts';
import { classlinkFaults, cleverFaults, oneRosterFaults, sftpFaults } from './own-faults.ts';
import { SiteSwitches, httpSiteFaults } from './site-switches.ts';

export const SITE_NAMES = ['clever', 'classlink', 'oneroster', 'loose', 'sftp'] as const;
export type SiteName = (typeof SITE_NAMES)[number];

export interface SitesOptions {
  readonly district: District;
  /** Served by the SFTP site; made if it is not there. */
  readonly folder: string;
  /** The ports are this one and the four that follow, in the order of {@link SITE_NAMES}. Left out: any free ones. */
  readonly portBase?: number;
  /** Each HTTP request waits so long. */
  readonly latencyMs?: number;
}

/** Where the SFTP site has what, below its root. */
export const SFTP_PATHS = { oneRoster: '/oneroster', clever: '/clever', guardians: '/guardians' } as const;

/** Every pretend site at once, all of the same district. */
export interface Sites {
  readonly clever: CleverSite;
  readonly classlink: ClasslinkSite;
  /** Profile `strict-1.2`. */
  readonly oneroster: OneRosterSite;
  /** Profile `loose`. */
  readonly loose: OneRosterSite;
  readonly sftp: SftpSite;
  readonly sftpLogin: { readonly username: string; readonly password: string };
  /** What can be made to go wrong at each. */
  readonly switches: Readonly<Record<SiteName, SiteSwitches>>;
  /** As of now. */
  readonly district: District;
  /** Requests that each site has seen; of the SFTP site, log-ins. */
  requests(): Readonly<Record<SiteName, number>>;
  /** Shows another day of the district everywhere; the SFTP site gets its files first. */
  publish(district: District): Promise<void>;
  /** For the HTTP sites. */
  setLatency(latencyMs: number): void;
  /** Stops all; throws the first error when all were tried. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a pretend Clever, ClassLink, two OneRoster servers and an SFTP site on 127.0.0.1, all with the same district.
 * Throws the system's error if a port is taken; then nothing is left running.
 */
export async function startSites(options: SitesOptions): Promise<Sites> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    const ended = await Promise.allSettled(stops.splice(0).map((each) => each()));
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  };
  const started = async <S extends { stop(): Promise<void> }>(starting: Promise<S>): Promise<S> => {
    const site = await starting;
    stops.push(() => site.stop());
    return site;
  };
  const { folder, portBase } = options;
  const port = (name: SiteName): { port?: number } =>
    portBase === undefined ? {} : { port: portBase + SITE_NAMES.indexOf(name) };
  let { district } = options;
  const sftpLogin = { username: district.id, password: randomBytes(12).toString('base64url') };
  try {
    await writeFiles(district, folder);
    const clientSecret = randomBytes(12).toString('base64url');
    const clever = await started(startCleverSite({ districts: [district], clientSecret, ...port('clever') }));
    const classlink = await started(startClasslinkSite({ shares: [{ district }], ...port('classlink') }));
    const oneroster = await started(startOneRosterSite({ district, ...port('oneroster') }));
    const loose = await started(startOneRosterSite({ district, profile: 'loose', ...port('loose') }));
    const sftp = await started(startSftpSite({ root: folder, users: [sftpLogin], ...port('sftp') }));
    const httpSites: Readonly<Record<Exclude<SiteName, 'sftp'>, HttpSite>> = {
      clever: clever.http,
      classlink: classlink.http,
      oneroster: oneroster.http,
      loose: loose.http,
    };
    const setLatency = (latencyMs: number): void => {
      for (const site of Object.values(httpSites)) site.latencyMs = latencyMs;
    };
    setLatency(options.latencyMs ?? 0);
    const [share] = classlink.shares;
    if (share === undefined) throw new Error('expected ClassLink to have a district, received none');
    const now = (): District => district;
    const switchesOf = (site: HttpSite, own: ConstructorParameters<typeof SiteSwitches>[0]): SiteSwitches =>
      new SiteSwitches({ ...httpSiteFaults(site.faults), ...own });
    return {
      clever,
      classlink,
      oneroster,
      loose,
      sftp,
      sftpLogin,
      switches: {
        clever: switchesOf(clever.http, cleverFaults(clever.account, now)),
        classlink: switchesOf(classlink.http, classlinkFaults(share, now)),
        oneroster: switchesOf(oneroster.http, oneRosterFaults(oneroster)),
        loose: switchesOf(loose.http, oneRosterFaults(loose)),
        sftp: new SiteSwitches(sftpFaults(sftp)),
      },
      get district() {
        return district;
      },
      requests: () => ({
        clever: clever.http.log.total,
        classlink: classlink.http.log.total,
        oneroster: oneroster.http.log.total,
        loose: loose.http.log.total,
        sftp: sftp.counters.logins,
      }),
      async publish(next) {
        await writeFiles(next, folder);
        clever.account.sync(next);
        share.publish(next);
        oneroster.district = next;
        loose.district = next;
        district = next;
      },
      setLatency,
      stop,
    };
  } catch (error) {
    // What was started must not outlive the failure, which says more than a failure to stop.
    await stop().catch(() => undefined);
    throw error;
  }
}

async function writeFiles(district: District, folder: string): Promise<void> {
  const guardians = join(folder, SFTP_PATHS.guardians);
  await mkdir(guardians, { recursive: true, mode: 0o700 });
  await writeOneRosterFolder(district, join(folder, SFTP_PATHS.oneRoster), { version: '1.1' });
  await writeCleverFolder(district, join(folder, SFTP_PATHS.clever));
  await writeGuardiansFile(district, join(guardians, 'guardians.csv'));
}
