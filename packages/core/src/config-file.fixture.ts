import { parseConfig } from './config-file.ts';
import { ConfigError } from './config-problem.ts';

export const FILES = { type: 'files', path: './roster' };
export const SFTP = { type: 'sftp', host: 'sftp.riverside.example', username: 'riverside', password: 'hunter2' };

/** A configuration of one district. */
export const withDistrict = (district: object) => ({ districts: [{ id: 'riverside', ...district }] });

/** A configuration of one sync, from files unless told otherwise. */
export const withSync = (sync: object) => withDistrict({ syncs: [{ id: 'sis', source: FILES, ...sync }] });

/** What is wrong with a configuration, as `path: message`; empty if nothing is. */
export function problemsOf(value: unknown): string[] {
  try {
    parseConfig(value);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
}

/** The problems of one sync, with paths that begin at the sync. */
export const syncProblemsOf = (sync: object): string[] =>
  problemsOf(withSync(sync)).map((problem) => problem.replace('districts[0].syncs[0].', ''));
