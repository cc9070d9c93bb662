import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import stream, { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { format } from 'fast-csv';
import yazl from 'yazl';
import type { District } from './model.ts';
import { ONEROSTER_COLUMNS, ONEROSTER_FILES, manifestRows } from './oneroster-columns.ts';
import type { OneRosterVersion } from './oneroster-columns.ts';
import { oneRosterRows } from './oneroster-rows.ts';

export interface OneRosterCsvOptions {
  readonly version: OneRosterVersion;
  /** Writes `demographics.csv` too: default true. */
  readonly demographics?: boolean;
}

export interface CsvFile {
  /** `users.csv`, … */
  readonly name: string;
  /** Header first. */
  readonly rows: Iterable<readonly string[]>;
}

/** Adds the header to rows; undefined if there are none, for a file without data rows is not allowed (oneroster §2.1). */
function withHeader(
  header: readonly string[],
  rows: Iterator<readonly string[]>,
): Iterable<readonly string[]> | undefined {
  const first = rows.next();
  if (first.done === true) return undefined;
  return (function* () {
    yield header;
    yield first.value;
    for (let row = rows.next(); row.done !== true; row = rows.next()) yield row.value;
  })();
}

/** The files of a bulk delivery, `manifest.csv` last. Each file's rows can be read once. */
export function oneRosterFiles(district: District, options: OneRosterCsvOptions): CsvFile[] {
  const files: CsvFile[] = [];
  const present = new Set<string>();
  for (const file of ONEROSTER_FILES) {
    const columns: readonly string[] | null = ONEROSTER_COLUMNS[options.version][file];
    if (columns === null || (file === 'demographics' && options.demographics === false)) continue;
    const rows = withHeader(columns, oneRosterRows(district, file, columns));
    if (rows === undefined) continue;
    present.add(file);
    files.push({ name: `${file}.csv`, rows });
  }
  files.push({ name: 'manifest.csv', rows: manifestRows(options.version, present) });
  return files;
}

function toCsv(file: CsvFile): Readable {
  const formatter = format({ headers: false, rowDelimiter: '\r\n', includeEndRowDelimiter: true });
  // The callback form hands an error of the rows on to whoever reads the CSV.
  return stream.pipeline(Readable.from(file.rows), formatter, () => {});
}

/**
 * Puts a set of files into a folder as a careful system does: under other names first, then renamed, the manifest last, and files of
 * an earlier delivery that are no longer part of it removed.
 */
export async function publish(
  dir: string,
  names: readonly string[],
  write: (name: string, path: string) => Promise<void>,
) {
  await mkdir(dir, { recursive: true });
  const partOf = (name: string): string => join(dir, `${name}.part`);
  for (const name of names) await write(name, partOf(name));
  for (const file of ONEROSTER_FILES)
    if (!names.includes(`${file}.csv`)) await rm(join(dir, `${file}.csv`), { force: true });
  for (const name of names) await rename(partOf(name), join(dir, name));
}

/** Writes the district as loose CSV files into `dir`, made if it is not there. Returns the names written, the manifest last. */
export async function writeOneRosterFolder(
  district: District,
  dir: string,
  options: OneRosterCsvOptions,
): Promise<string[]> {
  const files = new Map(oneRosterFiles(district, options).map((file) => [file.name, file]));
  const names = [...files.keys()];
  await publish(dir, names, async (name, path) => {
    const file = files.get(name);
    if (file !== undefined) await pipeline(toCsv(file), createWriteStream(path));
  });
  return names;
}

/** Writes the district as one zip, the CSV files at its root; the same district gives the same bytes. */
export async function writeOneRosterZip(district: District, path: string, options: OneRosterCsvOptions): Promise<void> {
  const zip = new yazl.ZipFile();
  const mtime = new Date(district.schoolYear - 1, 7, district.day, 4);
  for (const file of oneRosterFiles(district, options))
    zip.addReadStream(toCsv(file), file.name, { mtime, forceDosTimestamp: true });
  zip.end();
  const partPath = `${path}.part`;
  await pipeline(zip.outputStream, createWriteStream(partPath));
  await rename(partPath, path);
}
