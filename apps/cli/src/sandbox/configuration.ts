import { SFTP_PATHS, cleverId, type Sites } from '@rollbook/sandbox';
import { stringify } from 'yaml';

/** A sync of the configuration, and which site it asks. */
export interface SandboxSync {
  readonly id: string;
  readonly source: object;
  /** Clever's ids of schools are its own. */
  readonly schoolId: (sisId: string) => string;
}

const asItIs = (sisId: string): string => sisId;

/** One sync for each way to reach the pretend sites, with credentials that work. */
export function sandboxSyncs({ clever, classlink, oneroster, loose, sftp, sftpLogin }: Sites): SandboxSync[] {
  const [share] = classlink.shares;
  if (share === undefined) throw new Error('expected ClassLink to have a district, received none');
  const { clientId, clientSecret, apiUrl, tokenUrl, account } = clever;
  const { tokens } = oneroster;
  const login = { type: 'sftp', host: sftp.host, port: sftp.port, ...sftpLogin, hostKey: sftp.hostKey };
  // Whole files are renamed into place, so that nothing is gained by watching them for a while.
  const sftpAt = (path: string): object => ({ ...login, path, settleSeconds: 0 });
  const sync = (id: string, source: object, schoolId = asItIs): SandboxSync => ({ id, source, schoolId });
  return [
    sync(
      'clever',
      { type: 'clever', districtId: account.id, clientId, clientSecret, apiUrl, tokenUrl },
      (sisId): string => cleverId('school', sisId),
    ),
    sync('classlink-proxy', {
      type: 'classlink',
      access: 'proxy',
      partnerToken: classlink.partnerToken,
      applicationId: share.applicationId,
      proxyUrl: classlink.proxyUrl,
    }),
    sync('classlink-direct', {
      type: 'classlink',
      access: 'direct',
      baseUrl: classlink.directUrl,
      consumerKey: share.consumerKey,
      consumerSecret: share.consumerSecret,
    }),
    sync('oneroster', {
      type: 'oneroster',
      baseUrl: oneroster.baseUrl,
      version: '1.2',
      auth: {
        type: 'oauth2',
        tokenUrl: oneroster.tokenUrl,
        clientId: tokens.clientId,
        clientSecret: tokens.clientSecret,
      },
    }),
    sync('oneroster-loose', {
      type: 'oneroster',
      baseUrl: loose.baseUrl,
      version: '1.2',
      auth: { type: 'bearer', token: loose.staticToken },
    }),
    sync('sftp', sftpAt(SFTP_PATHS.oneRoster)),
    sync('clever-csv', {
      ...sftpAt(SFTP_PATHS.clever),
      manageGuardians: false,
      guardiansFile: sftpAt(SFTP_PATHS.guardians),
    }),
  ];
}

const HEAD = `Pretend sites on this computer: these credentials open nothing else, and end with the sandbox.
Every source has a district of its own, so that none takes the records of another for its own.
Commands that read the sites need ROLLBOOK_ALLOW_PRIVATE_SOURCES=true.`;

/** The text of a `rollbook.yaml` for all the sites. */
export function sandboxYaml(sites: Sites): string {
  const { org, schools, id } = sites.district;
  const districts = sandboxSyncs(sites).map((sync) => ({
    id: `${id}-${sync.id}`,
    name: `${org.name} (${sync.id})`,
    timezone: 'America/Chicago',
    syncs: [
      {
        id: sync.id,
        source: sync.source,
        schools: schools.map(({ sisId, name }) => ({ sisId: sync.schoolId(sisId), name })),
        deletionThreshold: 10,
      },
    ],
  }));
  const comment = HEAD.replaceAll(/^/gm, '# ');
  return `${comment}\n${stringify({ districts }, { lineWidth: 0 })}`;
}
