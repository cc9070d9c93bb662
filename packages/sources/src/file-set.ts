import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import type { PullWarning } from '@rollbook/pipeline';
import { openArchive } from './archive.ts';
import type { DeliveryKind } from './delivery-kind.ts';
import { fileKey, isCsvName, isIgnoredName, isZipName, listNames, sameNames } from './delivery-names.ts';
import { codeOf } from './error-facts.ts';
import { invalidData } from './invalid-data.ts';
import type { RosterSettings } from './roster-settings.ts';
import { localFile, type FileSet } from './source-file.ts';

/** Which names of a listing make up the delivery: one zip, or loose CSV files. */
export type Delivered =
  | { readonly kind: 'zip'; readonly name: string }
  | { readonly kind: 'loose'; readonly names: readonly string[]; readonly otherNames: readonly string[] };

/**
 * Picks the delivery out of the names in a folder. Its files are known by name, a zip by its ending; loose files and a
 * zip side by side are refused, because nobody can say which of them is the current one.
 * Throws `invalid_data` if there is nothing, or more than one candidate.
 */
export function pickDelivery(place: string, all: readonly string[], kind: DeliveryKind): Delivered {
  const names = all.filter((name) => !isIgnoredName(name));
  const csvNames = names.filter(isCsvName);
  const wanted = kind.pick(place, csvNames);
  const zips = kind.isSingleFile && wanted.length > 0 ? [] : names.filter(isZipName);
  if (wanted.length > 0 && zips.length > 0)
    throw invalidData(
      `${place} holds both loose roster files and a zip: ${listNames([...zips, ...wanted])}.`,
      'Which of them is current cannot be known. Remove the one that is not meant.',
    );
  if (zips.length > 1)
    throw invalidData(
      `${place} holds ${zips.length} zip files: ${listNames(zips)}.`,
      'Which of them is current cannot be known. Leave only the one that is meant.',
    );
  const twice = sameNames(wanted);
  if (twice !== undefined)
    throw invalidData(
      `${place} holds the same file more than once: ${listNames(twice)}.`,
      'Names are compared without case. Remove the one that is not meant.',
    );
  const [zip] = zips;
  if (zip !== undefined) return { kind: 'zip', name: zip };
  const otherNames = csvNames.filter((name) => !wanted.includes(name));
  if (wanted.length > 0) return { kind: 'loose', names: wanted, otherNames };
  throw invalidData(`${place} holds no ${kind.what}. Found: ${listNames(all)}.`, kind.advice);
}

/**
 * The delivery in a local folder or zip, called `place` in messages. Links that lead out of the folder are refused.
 * Throws `invalid_data` if there is none, naming what was found.
 */
export async function openLocalFiles(path: string, kind: DeliveryKind, place = `"${path}"`): Promise<FileSet> {
  const info = await stat(path).catch((error: unknown) => {
    throw notThere(place, error);
  });
  if (!info.isDirectory()) return openSingleFile(path, kind, place);
  const all = await readdir(path).catch((error: unknown) => {
    throw notThere(place, error);
  });
  const delivered = pickDelivery(place, all, kind);
  if (delivered.kind === 'zip') {
    await refuseOutside(path, delivered.name);
    return openArchive(join(path, delivered.name), delivered.name, kind);
  }
  const files = [];
  for (const name of delivered.names) {
    await refuseOutside(path, name);
    files.push(await localFile(name, join(path, name)));
  }
  const generations = differentGenerations(files);
  const warnings =
    generations === undefined ? [] : [{ code: 'mixed_generations', file: null, line: null, message: generations }];
  const modifiedMs = Math.max(...files.map((file) => file.modifiedMs));
  return { files, otherNames: delivered.otherNames, warnings, modifiedMs, close };
}

async function openSingleFile(path: string, kind: DeliveryKind, place: string): Promise<FileSet> {
  const name = basename(path);
  if (!isCsvName(name)) return openArchive(path, name, kind);
  if (kind.isSingleFile) {
    const file = await localFile(name, path);
    return { files: [file], otherNames: [], warnings: [], modifiedMs: file.modifiedMs, close };
  }
  throw invalidData(
    `${place} is a single CSV file.`,
    'Give the folder that holds all files of the roster, or a zip of them.',
  );
}

/** Local files are open only while they are read. */
async function close(): Promise<void> {}

async function refuseOutside(root: string, name: string): Promise<void> {
  const target = await realpath(join(root, name)).catch((error: unknown) => {
    throw notThere(`"${join(root, name)}"`, error);
  });
  if (target.startsWith((await realpath(root)) + sep)) return;
  throw invalidData(
    `"${join(root, name)}" is a link that leads out of its folder.`,
    'Put the file itself into the folder. Links to other places are not followed.',
  );
}

function notThere(place: string, error: unknown): Error {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return invalidData(
      `${place} does not exist.`,
      'Check the path of the source: it names a folder of CSV files, or a zip.',
      error,
    );
  return invalidData(
    `${place} cannot be read (${String(code)}).`,
    'Check that the account Rollbook runs under may read it.',
    error,
  );
}

/**
 * An export writes its files within minutes; half a day leaves room for slow ones and still tells last night's files
 * from those of the night before.
 */
export const GENERATION_HOURS = 12;

/** Says which loose files are too far apart in time to belong to one export, or undefined (guard §18). */
export function differentGenerations(
  files: readonly { readonly name: string; readonly modifiedMs: number }[],
): string | undefined {
  const byTime = files.toSorted((a, b) => a.modifiedMs - b.modifiedMs);
  const [oldest, newest] = [byTime[0], byTime.at(-1)];
  if (oldest === undefined || newest === undefined) return undefined;
  if (newest.modifiedMs - oldest.modifiedMs <= GENERATION_HOURS * 3_600_000) return undefined;
  const at = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  return `The files are of different generations: "${oldest.name}" is of ${at(oldest.modifiedMs)}, "${newest.name}" of ${at(newest.modifiedMs)} UTC.`;
}

/** The file of that key (`users`) in a set, if it is there. */
export const findFile = (set: FileSet, key: string) =>
  set.files.find((file) => fileKey(file.name) === key.toLowerCase());

/** Names the CSV files of a delivery that are none of its format's; a configured guardians.csv is read by itself. */
export function strangerWarnings(
  { otherNames }: FileSet,
  format: string,
  knownKeys: readonly string[],
  { guardiansFile }: RosterSettings,
): PullWarning[] {
  const known = new Set(knownKeys.map((key) => key.toLowerCase()));
  if (guardiansFile !== undefined) known.add('guardians');
  const names = otherNames.filter((name) => !known.has(fileKey(name)));
  if (names.length === 0) return [];
  const message = `Files that do not belong to ${format} were left out: ${listNames(names)}.`;
  return [{ code: 'unknown_file', file: null, line: null, message }];
}
