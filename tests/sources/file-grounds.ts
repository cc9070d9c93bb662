import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  startSftpSite,
  writeCleverFolder,
  writeOneRosterFolder,
  writeOneRosterZip,
  type District,
  type SftpSite,
} from '@rollbook/sandbox';
import { CLEVER_CSV, ONEROSTER_11, ONEROSTER_12, type Carries } from './carries.ts';
import {
  Workplace,
  closedPort,
  withBlankId,
  type Settings,
  type SourceGround,
  type SourceKind,
} from './source-ground.ts';

/** Writes a district into a folder that is there. */
type Write = (district: District, folder: string) => Promise<unknown>;

export interface FileGround extends SourceGround {
  /** The folder that is read, or served. */
  readonly folder: string;
}

export interface SftpGround extends FileGround {
  readonly site: SftpSite;
}

const writers: Readonly<Record<'loose11' | 'zip12' | 'clever', Write>> = {
  loose11: (district, folder) => writeOneRosterFolder(district, folder, { version: '1.1' }),
  zip12: (district, folder) => writeOneRosterZip(district, join(folder, 'roster.zip'), { version: '1.2' }),
  clever: (district, folder) => writeCleverFolder(district, folder),
};

function filesKind(name: string, carries: Carries, write: Write): SourceKind<FileGround> {
  return {
    name,
    carries,
    prepare: async (district) => {
      const place = await Workplace.create();
      const folder = place.path('roster');
      await mkdir(folder);
      let latest = district;
      const publish = async (next: District): Promise<void> => {
        latest = next;
        await write(next, folder);
      };
      await publish(district);
      return {
        spoolDir: place.spoolDir,
        log: place.log,
        folder,
        secrets: () => [],
        source: (settings = {}) => place.open({ type: 'files', path: folder, ...settings }),
        publish,
        loseId: () => publish(withBlankId(latest)),
        wrongCredentials: null,
        unreachable: async () => ({ path: place.path('nowhere') }),
        clear: () => place.clear(),
      };
    },
  };
}

export const ONEROSTER_FILES = filesKind('OneRoster 1.1 files', ONEROSTER_11, writers.loose11);
export const ONEROSTER_ZIP = filesKind('a OneRoster 1.2 zip', ONEROSTER_12, writers.zip12);
export const CLEVER_FILES = filesKind('Clever CSV files', CLEVER_CSV, writers.clever);

const PASSWORD = 'correct horse battery';

export const SFTP: SourceKind<SftpGround> = {
  name: 'an SFTP site',
  carries: ONEROSTER_11,
  prepare: async (district) => {
    const files = await ONEROSTER_FILES.prepare(district);
    const place = await Workplace.create();
    const site = await startSftpSite({ root: files.folder, users: [{ username: 'riverside', password: PASSWORD }] });
    const configOf = (settings: Settings): Settings => ({
      type: 'sftp',
      host: site.host,
      port: site.port,
      username: 'riverside',
      password: PASSWORD,
      hostKey: site.hostKey,
      path: '/',
      settleSeconds: 0.02,
      ...settings,
    });
    return {
      ...files,
      spoolDir: place.spoolDir,
      log: place.log,
      site,
      secrets: () => [PASSWORD],
      source: (settings = {}) => place.open(configOf(settings)),
      wrongCredentials: {
        settings: { password: 'incorrect horse' },
        asked: () => Array.from({ length: site.counters.connections }, (_, index) => `connection ${index}`),
      },
      unreachable: async () => ({ port: await closedPort() }),
      clear: async () => {
        await site.stop();
        await files.clear();
        await place.clear();
      },
    };
  },
};

/** What lies in a folder: names and contents. */
export async function contentOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).toSorted()) hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex');
}
