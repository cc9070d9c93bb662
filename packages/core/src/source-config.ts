import { z } from 'zod';

/** `auto` recognises the format by the names of the files found. */
export const FileFormat = z.enum(['auto', 'oneroster-csv']).default('auto');

const seconds = (fallback: number, max: number) => z.number().min(0).max(max).default(fallback);

/** A local folder of CSV files, or one zip of them. */
export const FilesSource = z.strictObject({
  type: z.literal('files'),
  path: z.string().min(1),
  format: FileFormat,
});
export type FilesSource = z.infer<typeof FilesSource>;

/** CSV files or one zip on an SFTP site. */
export const SftpSource = z.strictObject({
  type: z.literal('sftp'),
  host: z.string().min(1),
  port: z.int().min(1).max(65535).default(22),
  username: z.string().min(1),
  password: z.string().min(1).optional(),
  /** OpenSSH or PEM text of the key itself. */
  privateKey: z.string().min(1).optional(),
  passphrase: z.string().min(1).optional(),
  /** `SHA256:` and the base64 digest, as `ssh-keygen -lf` prints it. Left out, the first connection is refused and the key seen is named. */
  hostKey: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'expected SHA256: and 43 characters, as ssh-keygen -lf prints it')
    .optional(),
  path: z.string().min(1).default('.'),
  format: FileFormat,
  /** The two looks that must find the same size and time are this far apart. */
  settleSeconds: seconds(10, 3600),
  connectTimeoutSeconds: seconds(20, 600),
  /** Longest silence during a listing or a download. */
  idleTimeoutSeconds: seconds(60, 3600),
});
export type SftpSource = z.infer<typeof SftpSource>;

export const SourceConfig = z.discriminatedUnion('type', [FilesSource, SftpSource]).superRefine((source, context) => {
  if (source.type === 'sftp' && source.password === undefined && source.privateKey === undefined)
    context.addIssue({ code: 'custom', path: ['password'], message: 'expected a password or a privateKey' });
});
export type SourceConfig = z.infer<typeof SourceConfig>;
export type SourceType = SourceConfig['type'];

/** The keys of each source type that are sealed at rest and shown to nobody. */
export const SECRET_KEYS: Readonly<Record<SourceType, readonly string[]>> = {
  files: [],
  sftp: ['password', 'privateKey', 'passphrase'],
};
