import { stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Readable } from 'node:stream';
import { SyncError } from '@rollbook/core';
import type { PullWarning } from '@rollbook/pipeline';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import type { DeliveryKind } from './delivery-kind.ts';
import { isCsvName, isIgnoredName, isZipName, listNames, sameNames } from './delivery-names.ts';
import { textOf } from './error-facts.ts';
import { EXPORT_AGAIN, invalidData } from './invalid-data.ts';
import type { FileSet, SourceFile } from './source-file.ts';

/** What no honest roster reaches: an enrollments.csv of 10,000,000 rows has 1 GB and shrinks to a tenth. */
export interface ArchiveLimits {
  readonly maxEntries: number;
  readonly maxTotalBytes: number;
  /** Uncompressed to compressed, for entries over 1 MB. */
  readonly maxRatio: number;
}
const LIMITS: ArchiveLimits = { maxEntries: 1000, maxTotalBytes: 16 * 2 ** 30, maxRatio: 200 };
const RATIO_FROM_BYTES = 2 ** 20;

/**
 * Opens a zip of CSV files, wherever in it the one folder with them is. Entries are streamed, checked against their
 * announced size and CRC, and never written to disk. Throws `invalid_data` for a zip that does not open, is cut short,
 * encrypted, holds names that lead out of it, links, the same file twice, or more than the limits.
 */
export async function openArchive(
  path: string,
  name: string,
  kind: DeliveryKind,
  limits: ArchiveLimits = LIMITS,
): Promise<FileSet> {
  const zip = await openPromise(path, { autoClose: false, validateEntrySizes: true }).catch((error: unknown) => {
    throw damaged(name, error);
  });
  // Without a listener a failing read after the end of a pull would end the process.
  zip.on('error', () => undefined);
  try {
    const entries = await listEntries(zip, name, limits);
    const csvEntries = entries.filter((entry) => isCsvName(entry.fileName));
    const names = csvEntries.map((entry) => baseName(entry.fileName));
    const picked = new Set(kind.pick(name, names));
    const wanted = csvEntries.filter((entry) => picked.has(baseName(entry.fileName)));
    refuseScattered(wanted, name);
    return {
      files: wanted.map((entry) => zipEntryFile(zip, entry, name)),
      otherNames: csvEntries.filter((entry) => !wanted.includes(entry)).map((entry) => baseName(entry.fileName)),
      warnings: nestedZipWarnings(entries, name),
      // The times inside a zip have no time zone.
      modifiedMs: (await stat(path)).mtimeMs,
      close: async () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folder = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

async function listEntries(zip: ZipFile, name: string, limits: ArchiveLimits): Promise<Entry[]> {
  if (zip.entryCount > limits.maxEntries)
    throw tooLarge(name, `it holds ${zip.entryCount} entries; at most ${limits.maxEntries} are read`);
  const entries: Entry[] = [];
  let totalBytes = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      refuseLink(entry, name);
      totalBytes += entry.uncompressedSize;
      refuseBomb(entry, totalBytes, name, limits);
      const parts = entry.fileName.split('/');
      if (!parts.some(isIgnoredName)) entries.push(entry);
    }
  } catch (error) {
    throw damaged(name, error);
  }
  return entries;
}

function refuseLink(entry: Entry, name: string): void {
  const isLink = ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000;
  if (isLink) throw invalidData(`${name}: the entry "${entry.fileName}" is a link, not a file.`, EXPORT_AGAIN);
}

function refuseBomb(entry: Entry, totalBytes: number, name: string, limits: ArchiveLimits): void {
  if (totalBytes > limits.maxTotalBytes)
    throw tooLarge(name, `unpacked it has more than ${limits.maxTotalBytes} bytes`);
  const ratio = entry.uncompressedSize / Math.max(1, entry.compressedSize);
  if (entry.uncompressedSize > RATIO_FROM_BYTES && ratio > limits.maxRatio)
    throw tooLarge(name, `"${entry.fileName}" unpacks to ${Math.floor(ratio)} times its size`);
}

function refuseScattered(wanted: readonly Entry[], name: string): void {
  const twice = sameNames(wanted.map((entry) => baseName(entry.fileName)));
  const paths = wanted.map((entry) => entry.fileName);
  if (twice !== undefined)
    throw invalidData(
      `${name} holds the same file more than once: ${listNames(paths.filter((path) => twice.includes(baseName(path))))}.`,
      'Which of them is meant cannot be known. Ask the district to zip exactly one set of files.',
    );
  if (new Set(paths.map(folder)).size > 1)
    throw invalidData(
      `${name} holds roster files in more than one folder: ${listNames(paths)}.`,
      'Ask the district to zip the files of one set, all in one folder.',
    );
}

function nestedZipWarnings(entries: readonly Entry[], name: string): PullWarning[] {
  const nested = entries.filter((entry) => isZipName(entry.fileName)).map((entry) => entry.fileName);
  if (nested.length === 0) return [];
  const message = `${name}: zip files inside the zip are not read: ${listNames(nested)}.`;
  return [{ code: 'nested_zip', file: name, line: null, message }];
}

function zipEntryFile(zip: ZipFile, entry: Entry, zipName: string): SourceFile {
  async function* open(signal: AbortSignal): AsyncGenerator<Buffer> {
    let stream: Readable | undefined;
    let sum = 0;
    try {
      stream = await zip.openReadStreamPromise(entry);
      for await (const chunk of stream) {
        signal.throwIfAborted();
        sum = crc32(chunk as Buffer, sum);
        yield chunk as Buffer;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw damaged(zipName, error, entry.fileName);
    } finally {
      stream?.destroy();
    }
    if (sum !== entry.crc32)
      throw invalidData(
        `${zipName}: the checksum of "${entry.fileName}" does not match; the zip is damaged.`,
        EXPORT_AGAIN,
      );
  }
  return { name: baseName(entry.fileName), sizeBytes: entry.uncompressedSize, open };
}

const tooLarge = (name: string, what: string) =>
  invalidData(
    `${name} is refused: ${what}.`,
    'Check that the file is a roster export. The operator of Rollbook can look into it.',
  );

/** yauzl and zlib say in English what is wrong with a zip; a SyncError of our own is passed through. */
function damaged(name: string, error: unknown, entryName?: string): Error {
  if (error instanceof SyncError) return error;
  const what = textOf(error).replace(/\.$/, '');
  const where = entryName === undefined ? name : `${name}, "${entryName}"`;
  if (/encrypt/i.test(what))
    return invalidData(
      `${where}: the zip is protected by a password.`,
      'Ask the district to upload it without a password; SFTP already encrypts the way.',
      error,
    );
  return invalidData(
    `${where}: the zip cannot be read (${what}).`,
    `It is damaged or cut short. ${EXPORT_AGAIN}`,
    error,
  );
}
