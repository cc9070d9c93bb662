import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import stream, { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { format } from 'fast-csv';
import yazl from 'yazl';

export interface CsvFile {
  /** `users.csv`, … */
  readonly name: string;
  /** Header first. Can be read once. */
  readonly rows: Iterable<readonly string[]>;
}

function toCsv(file: CsvFile): Readable {
  const formatter = format({ headers: false, rowDelimiter: '\r\n', includeEndRowDelimiter: true });
  // The callback form hands an error of the rows on to whoever reads the CSV.
  return stream.pipeline(Readable.from(file.rows), formatter, () => {});
}

/** Writes one file, under another name first: a reader never sees half of it. */
export async function writeCsvFile(file: CsvFile, path: string): Promise<void> {
  await pipeline(toCsv(file), createWriteStream(`${path}.part`));
  await rename(`${path}.part`, path);
}

/**
 * Puts a set of files into a folder as a careful system does: under other names first, then renamed, the last one last,
 * and files of an earlier delivery that are no longer part of it removed.
 *
 * @param allNames every name a delivery of the format may have.
 */
export async function publish(
  dir: string,
  names: readonly string[],
  allNames: readonly string[],
  write: (name: string, path: string) => Promise<void>,
) {
  await mkdir(dir, { recursive: true });
  const partOf = (name: string): string => join(dir, `${name}.part`);
  for (const name of names) await write(name, partOf(name));
  for (const name of allNames) if (!names.includes(name)) await rm(join(dir, name), { force: true });
  for (const name of names) await rename(partOf(name), join(dir, name));
}

/** {@link publish} for files that are made of rows. Returns their names, in order. */
export async function publishFiles(
  dir: string,
  files: readonly CsvFile[],
  allNames: readonly string[],
): Promise<string[]> {
  const byName = new Map(files.map((file) => [file.name, file]));
  const names = [...byName.keys()];
  await publish(dir, names, allNames, async (name, path) => {
    const file = byName.get(name);
    if (file !== undefined) await pipeline(toCsv(file), createWriteStream(path));
  });
  return names;
}

/** Writes files as one zip, all at its root; the same files with the same time give the same bytes. */
export async function writeZip(files: readonly CsvFile[], path: string, mtime: Date): Promise<void> {
  const zip = new yazl.ZipFile();
  for (const file of files) zip.addReadStream(toCsv(file), file.name, { mtime, forceDosTimestamp: true });
  zip.end();
  const partPath = `${path}.part`;
  await pipeline(zip.outputStream, createWriteStream(partPath));
  await rename(partPath, path);
}
