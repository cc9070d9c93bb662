import { z } from 'zod';

/** `auto` recognises the format by the names of the files found. */
export const FileFormat = z.enum(['auto', 'oneroster-csv', 'clever-csv']).default('auto');
export type FileFormat = z.infer<typeof FileFormat>;

const seconds = (fallback: number, max: number) => z.number().min(0).max(max).default(fallback);
const text = z.string().min(1);
const url = z.url({ protocol: /^https?$/, error: 'expected a URL that begins with https://' });

const filesKeys = { type: z.literal('files'), path: text };

const sftpKeys = {
  type: z.literal('sftp'),
  host: text,
  port: z.int().min(1).max(65535).default(22),
  username: text,
  password: text.optional(),
  /** OpenSSH or PEM text of the key itself. */
  privateKey: text.optional(),
  passphrase: text.optional(),
  /** `SHA256:` and the base64 digest, as `ssh-keygen -lf` prints it. Left out, the first connection is refused and the key seen is named. */
  hostKey: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'expected SHA256: and 43 characters, as ssh-keygen -lf prints it')
    .optional(),
  path: text.default('.'),
  /** The two looks that must find the same size and time are this far apart. */
  settleSeconds: seconds(10, 3600),
  connectTimeoutSeconds: seconds(20, 600),
  /** Longest silence during a listing or a download. */
  idleTimeoutSeconds: seconds(60, 3600),
};

/** Where a district's guardians.csv lies: the file itself, or a folder that holds it. */
export const GuardiansFile = z.discriminatedUnion('type', [z.strictObject(filesKeys), z.strictObject(sftpKeys)]);
export type GuardiansFile = z.infer<typeof GuardiansFile>;

/** What every source may say of guardians and of the number that students carry. */
const rosterKeys = {
  /** Off: the source's own guardians and guardianships are not taken, and those of the roster are left untouched. */
  manageGuardians: z.boolean().default(true),
  /** Guardians from an extra file; only with `manageGuardians: false`. */
  guardiansFile: GuardiansFile.optional(),
  /** Which of the source's identifiers becomes a student's `studentNumber`. */
  studentIdSource: z.enum(['student_number', 'student_id']).default('student_number'),
};

/** A local folder of CSV files, or one zip of them. */
export const FilesSource = z.strictObject({ ...filesKeys, format: FileFormat, ...rosterKeys });
export type FilesSource = z.infer<typeof FilesSource>;

/** CSV files or one zip on an SFTP site. */
export const SftpSource = z.strictObject({ ...sftpKeys, format: FileFormat, ...rosterKeys });
export type SftpSource = z.infer<typeof SftpSource>;

export const CONTACT_TYPES = ['Parent/Guardian', 'Emergency', 'Primary', 'Secondary', 'Family', 'Other'] as const;
export const CONTACT_RELATIONSHIPS = ['Parent', 'Grandparent', 'Self', 'Aunt/Uncle', 'Sibling', 'Other'] as const;
export const PHONE_TYPES = ['Cell', 'Home', 'Work', 'Other'] as const;

/** Clever's own value lists; a contact counts as a guardian if one of its relationships is in both lists. */
const contactKeys = {
  contactTypes: z.array(z.enum(CONTACT_TYPES)).default(['Parent/Guardian']),
  contactRelationships: z.array(z.enum(CONTACT_RELATIONSHIPS)).default(['Parent']),
  phoneTypes: z.array(z.enum(PHONE_TYPES)).default(['Cell']),
};

const httpKeys = {
  connectTimeoutSeconds: seconds(20, 600),
  /** Longest wait for the answer to one request. */
  responseTimeoutSeconds: seconds(120, 3600),
};

/** Clever's Data API: a district's token by client id and secret, or a fixed token. */
export const CleverSource = z.strictObject({
  type: z.literal('clever'),
  /** Needed to find the district's token; with a fixed token it is checked if given. */
  districtId: text.optional(),
  clientId: text.optional(),
  clientSecret: text.optional(),
  token: text.optional(),
  apiVersion: z.enum(['v3.0', 'v3.1']).default('v3.1'),
  apiUrl: url.default('https://api.clever.com'),
  tokenUrl: url.default('https://clever.com/oauth/tokens'),
  pageSize: z.int().min(1).max(10_000).default(10_000),
  ...contactKeys,
  ...httpKeys,
  ...rosterKeys,
});
export type CleverSource = z.infer<typeof CleverSource>;

const SIGNATURE_METHODS = ['HMAC-SHA256', 'HMAC-SHA1'] as const;
const oauth1Keys = {
  consumerKey: text,
  consumerSecret: text,
  signatureMethod: z.enum(SIGNATURE_METHODS).default('HMAC-SHA256'),
};

/** ClassLink: a district's Roster Server through the proxy, or directly. */
export const ClasslinkSource = z.strictObject({
  type: z.literal('classlink'),
  access: z.enum(['proxy', 'direct']),
  /** `proxy`: the partner's bearer, and the district's `oneroster_application_id`, verbatim. */
  partnerToken: text.optional(),
  applicationId: text.optional(),
  proxyUrl: url.default('https://oneroster-proxy.apis.classlink.com'),
  /** `direct`: the URL of the OneRoster root, such as `https://…/ims/oneroster/v1p1`. */
  baseUrl: url.optional(),
  consumerKey: text.optional(),
  consumerSecret: text.optional(),
  signatureMethod: z.enum(SIGNATURE_METHODS).default('HMAC-SHA256'),
  /** ClassLink allows 10,000. Several pages are in memory at once, so smaller ones keep a worker small and cost no time. */
  pageSize: z.int().min(1).max(10_000).default(2_500),
  ...httpKeys,
  ...rosterKeys,
});
export type ClasslinkSource = z.infer<typeof ClasslinkSource>;

export const OneRosterAuth = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('oauth2'),
    tokenUrl: url,
    clientId: text,
    clientSecret: text,
    /** Short names are completed with the standard's prefix for the version. */
    scopes: z.array(text).default(['roster-core.readonly', 'roster-demographics.readonly']),
    credentialsIn: z.enum(['header', 'body']).default('header'),
  }),
  z.strictObject({ type: z.literal('bearer'), token: text }),
  z.strictObject({ type: z.literal('oauth1'), ...oauth1Keys }),
]);
export type OneRosterAuth = z.infer<typeof OneRosterAuth>;

/** Any OneRoster 1.1 or 1.2 server. */
export const OneRosterSource = z.strictObject({
  type: z.literal('oneroster'),
  /** Up to and including the OneRoster root, such as `https://…/ims/oneroster/rostering/v1p2`. */
  baseUrl: url,
  version: z.enum(['1.1', '1.2']),
  pageSize: z.int().min(1).max(50_000).default(1000),
  auth: OneRosterAuth,
  ...httpKeys,
  ...rosterKeys,
});
export type OneRosterSource = z.infer<typeof OneRosterSource>;

/** What a source's configuration says of people: fixed for a run, unlike its address and credentials (guard §14). */
export const RosterSettings = z
  .object({
    manageGuardians: rosterKeys.manageGuardians.unwrap(),
    studentIdSource: rosterKeys.studentIdSource.unwrap(),
    contactTypes: contactKeys.contactTypes.unwrap(),
    contactRelationships: contactKeys.contactRelationships.unwrap(),
    phoneTypes: contactKeys.phoneTypes.unwrap(),
  })
  .partial();
export type RosterSettings = z.infer<typeof RosterSettings>;

export const rosterSettingsOf = (source: SourceConfig): RosterSettings => RosterSettings.parse(source);

export const SourceConfig = z
  .discriminatedUnion('type', [FilesSource, SftpSource, CleverSource, ClasslinkSource, OneRosterSource])
  .superRefine((source, context) => {
    const demand = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: path.split('.'), message });
    if (source.guardiansFile !== undefined && source.manageGuardians)
      demand('guardiansFile', 'guardians come from the source or from guardiansFile: set manageGuardians to false');
    if (source.guardiansFile?.type === 'sftp') demandLogin(source.guardiansFile, 'guardiansFile.', demand);
    if (source.type === 'sftp') demandLogin(source, '', demand);
    if (source.type === 'clever') demandCleverAccess(source, demand);
    if (source.type === 'classlink') demandClasslinkAccess(source, demand);
  });
export type SourceConfig = z.infer<typeof SourceConfig>;
export type SourceType = SourceConfig['type'];

type Demand = (path: string, message: string) => void;

function demandLogin(
  login: { password?: string | undefined; privateKey?: string | undefined },
  at: string,
  demand: Demand,
): void {
  if (login.password === undefined && login.privateKey === undefined)
    demand(`${at}password`, 'expected a password or a privateKey');
}

function demandCleverAccess(source: CleverSource, demand: Demand): void {
  if (source.token !== undefined) {
    if (source.clientId !== undefined || source.clientSecret !== undefined)
      demand('token', 'expected either a token or clientId and clientSecret, not both');
    return;
  }
  for (const key of ['clientId', 'clientSecret', 'districtId'] as const)
    if (source[key] === undefined) demand(key, `expected ${key}, or a fixed token`);
}

const CLASSLINK_KEYS = {
  proxy: ['partnerToken', 'applicationId'],
  direct: ['baseUrl', 'consumerKey', 'consumerSecret'],
} as const;

function demandClasslinkAccess(source: ClasslinkSource, demand: Demand): void {
  const other = source.access === 'proxy' ? 'direct' : 'proxy';
  for (const key of CLASSLINK_KEYS[source.access])
    if (source[key] === undefined) demand(key, `expected ${key}: access is ${source.access}`);
  for (const key of CLASSLINK_KEYS[other])
    if (source[key] !== undefined) demand(key, `is for access: ${other}; here access is ${source.access}`);
}

const SFTP_SECRETS = ['password', 'privateKey', 'passphrase'];

/** The keys of each source type, at any depth, that are sealed at rest and shown to nobody. */
export const SECRET_KEYS: Readonly<Record<SourceType, readonly string[]>> = {
  files: SFTP_SECRETS,
  sftp: SFTP_SECRETS,
  clever: ['clientSecret', 'token', ...SFTP_SECRETS],
  classlink: ['partnerToken', 'consumerSecret', ...SFTP_SECRETS],
  oneroster: ['clientSecret', 'token', 'consumerSecret', ...SFTP_SECRETS],
};
