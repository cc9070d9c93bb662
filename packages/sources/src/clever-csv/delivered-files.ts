import type { PullWarning } from '@rollbook/pipeline';
import { inspectFile, sheetOf, type Inspected, type Sheet } from '../csv-sheet.ts';
import { listNames } from '../delivery-names.ts';
import { revisionOf } from '../delivery-revision.ts';
import { findFile, strangerWarnings } from '../file-set.ts';
import { EXPORT_AGAIN, invalidData } from '../invalid-data.ts';
import { readingOf, type RosterSettings } from '../roster-settings.ts';
import type { FileSet } from '../source-file.ts';
import {
  DEMOGRAPHICS,
  FILE_KEYS,
  REQUIRED_FILES,
  UNREAD_FILES,
  columnRules,
  type Column,
  type FileKey,
} from './layout.ts';

/** A delivery whose files are known to be complete and readable. */
export interface OpenedClever {
  /** Equal for deliveries that read the same. */
  readonly revision: string;
  readonly sheets: { readonly [K in Exclude<FileKey, 'staff'>]: Sheet<Column<K>> } & {
    readonly staff?: Sheet<Column<'staff'>>;
  };
  readonly warnings: readonly PullWarning[];
}

/** Goes up with every change to what the reader makes of a file. */
const READER_VERSION = 1;

/**
 * Checks the delivery as a whole before a row is used: files present, encodings, headers. Every delivery is the whole
 * active roster (clever.md §5). Throws `invalid_data` for the first thing that makes it unusable.
 */
export async function openClever(set: FileSet, settings: RosterSettings, signal: AbortSignal): Promise<OpenedClever> {
  refuseMissing(set);
  const warnings = [...set.warnings, ...strangerWarnings(set, 'Clever', [...FILE_KEYS, ...UNREAD_FILES], settings)];
  const inspected = new Map<FileKey, Inspected>();
  for (const key of FILE_KEYS) {
    const file = findFile(set, key);
    if (file !== undefined) inspected.set(key, await inspectFile(file, signal));
  }
  const sheets: Partial<Record<FileKey, Sheet>> = {};
  for (const [key, found] of inspected) {
    const sheet = sheetOf<string>(found, columnRules(key), 'full');
    sheets[key] = sheet;
    warnings.push(...sheet.warnings);
    if (key === 'students') warnings.push(...skippedColumns(sheet));
  }
  const digests = [...inspected].map(([key, { digest }]) => [key, digest]);
  return {
    revision: revisionOf('clever-csv', READER_VERSION, readingOf(settings), digests),
    // Each sheet was stored under its own key, and none that is required is missing.
    sheets: sheets as unknown as OpenedClever['sheets'],
    warnings,
  };
}

function refuseMissing(set: FileSet): void {
  const missing = REQUIRED_FILES.filter((key) => findFile(set, key) === undefined).map((key) => `${key}.csv`);
  if (missing.length === 0) return;
  throw invalidData(
    `Required file${missing.length === 1 ? ' is' : 's are'} missing (Clever CSV): ${missing.join(', ')}. Found: ${listNames([...set.files.map((file) => file.name), ...set.otherNames])}.`,
    `The upload is not complete, or a file is misnamed. ${EXPORT_AGAIN}`,
  );
}

function skippedColumns({ fileName, present }: Sheet): PullWarning[] {
  const skipped = DEMOGRAPHICS.filter((name) => present.has(name));
  if (skipped.length === 0) return [];
  const message = `${fileName}: of the facts about students only the birth date is taken; these columns were not read: ${skipped.join(', ')}.`;
  return [{ code: 'demographics_skipped', file: fileName, line: null, message }];
}
