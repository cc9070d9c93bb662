import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseConfig, type ConfigFile } from '@rollbook/core';
import { STORY_SCHOOL, startSftpSite, story, writeOneRosterFolder, type District } from '@rollbook/sandbox';

/** Any whole number will do: it decides the names. */
const SEED = 20_261;

export const DISTRICT_ID = 'riverside';
export const SYNC_ID = 'riverside-sis';
export const THRESHOLD_PERCENT = 10;

/** The school whose students vanish. */
export const SHRINKING_SCHOOL = STORY_SCHOOL;

/** What an administrator has entered about the district's files and schools. */
export interface Entries {
  /** Other SIS ids than the true ones, by these. */
  readonly schoolIds?: Readonly<Record<string, string>>;
  readonly isPasswordRight?: boolean;
}

/** A district that puts its files on an SFTP site of its own, on this computer. */
export interface PretendDistrict {
  /** Four days of its life, the first one first. */
  readonly days: readonly [District, District, District, District];
  /** Where the files lie on this computer. */
  readonly uploadFolder: string;
  /** Puts the files of a day on the site, as the student information system would every night. */
  upload(day: District): Promise<void>;
  /** The configuration that belongs to these entries. */
  configure(entries: Entries): ConfigFile;
  close(): Promise<void>;
}

/** @param folder for the site; made by this. */
export async function openPretendDistrict(folder: string): Promise<PretendDistrict> {
  const upload = join(folder, 'upload');
  await mkdir(upload, { recursive: true, mode: 0o700 });
  const [first, second, third, fourth] = story(SEED).map((each) => each.district);
  if (!first || !second || !third || !fourth) throw new Error('The story has less than four days.');
  const password = randomBytes(16).toString('base64url');
  const site = await startSftpSite({ root: folder, users: [{ username: DISTRICT_ID, password }] });
  return {
    days: [first, second, third, fourth],
    uploadFolder: upload,
    async upload(day) {
      await writeOneRosterFolder(day, upload, { version: '1.1' });
    },
    configure: ({ schoolIds = {}, isPasswordRight = true }) =>
      parseConfig({
        districts: [
          {
            id: DISTRICT_ID,
            name: first.org.name,
            timezone: 'America/Chicago',
            syncs: [
              {
                id: SYNC_ID,
                source: {
                  type: 'sftp',
                  host: site.host,
                  port: site.port,
                  username: DISTRICT_ID,
                  password: isPasswordRight ? password : `${password}x`,
                  hostKey: site.hostKey,
                  path: '/upload',
                  // Whole files are renamed into place here, so that nothing is gained by watching them for a while.
                  settleSeconds: 0,
                },
                schools: first.schools.map(({ sisId, name }) => ({ sisId: schoolIds[sisId] ?? sisId, name })),
                deletionThreshold: THRESHOLD_PERCENT,
              },
            ],
          },
        ],
      }),
    close: () => site.stop(),
  };
}
