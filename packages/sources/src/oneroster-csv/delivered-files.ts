import type { Delivery, PullWarning } from '@rollbook/pipeline';
import { listNames } from '../delivery-names.ts';
import { revisionOf } from '../delivery-revision.ts';
import { findFile, strangerWarnings } from '../file-set.ts';
import { EXPORT_AGAIN, invalidData } from '../invalid-data.ts';
import { readingOf, type RosterSettings } from '../roster-settings.ts';
import type { FileSet, SourceFile } from '../source-file.ts';
import { plainHeader } from '../csv-columns.ts';
import { inspectFile, sheetOf, type Inspected, type Sheet } from '../csv-sheet.ts';
import {
  FILE_KEYS,
  REQUIRED_FILES,
  UNREAD_FILES,
  columnRules,
  type Column,
  type FileKey,
  type Version,
} from '../oneroster/layout.ts';
import { readManifest, type Manifest, type Mode } from './manifest.ts';

/** A delivery whose files are known to be complete and readable. Files declared absent are not in it. */
export interface OpenedRoster {
  readonly version: Version;
  /** Equal for deliveries that read the same: of their files, what was declared of them, and how they are read. */
  readonly revision: string;
  readonly sheets: { readonly [K in FileKey]?: Sheet<Column<K>> };
  readonly warnings: readonly PullWarning[];
}

/**
 * Checks the delivery as a whole before a row is used: manifest, files present, encodings, headers, version.
 * Throws `invalid_data` for the first thing that makes it unusable.
 */
export async function openRoster(set: FileSet, settings: RosterSettings, signal: AbortSignal): Promise<OpenedRoster> {
  const manifestFile = findFile(set, 'manifest');
  const manifest = manifestFile === undefined ? undefined : await readManifest(manifestFile, signal);
  const warnings: PullWarning[] = [
    ...set.warnings,
    ...(manifest?.warnings ?? []),
    ...strangerWarnings(set, 'OneRoster', KNOWN_FILES, settings),
  ];
  const delivered = new Map<FileKey, { readonly file: SourceFile; readonly delivery: Delivery }>();
  for (const key of FILE_KEYS) {
    const file = findFile(set, key);
    const delivery = deliveryOf(key, file, manifest, warnings);
    if (file !== undefined && delivery !== undefined) delivered.set(key, { file, delivery });
  }
  const inspected = new Map<FileKey, Inspected>();
  for (const [key, { file }] of delivered) inspected.set(key, await inspectFile(file, signal));
  const version = manifest?.version ?? recogniseVersion(inspected);
  refuseMissing(version, delivered, manifest, set);
  const sheets: Partial<Record<FileKey, Sheet>> = {};
  for (const [key, { delivery }] of delivered) {
    const found = inspected.get(key);
    if (found === undefined || (key === 'roles' && version === '1.1')) continue;
    const sheet = sheetOf(found, columnRules(key, version, delivery === 'delta'), delivery);
    sheets[key] = sheet;
    warnings.push(...sheet.warnings);
  }
  // Each sheet was stored under its own key.
  return {
    version,
    revision: revisionOf(READER_VERSION, version, readingOf(settings), filesOf(delivered, inspected)),
    sheets: sheets as OpenedRoster['sheets'],
    warnings,
  };
}

/** Goes up with every change to what the reader makes of a file. */
const READER_VERSION = 2;

function filesOf(
  delivered: ReadonlyMap<FileKey, { readonly delivery: Delivery }>,
  inspected: ReadonlyMap<FileKey, Inspected>,
): unknown[] {
  return [...delivered].map(([key, { delivery }]) => [key, delivery, inspected.get(key)?.digest]).sort();
}

/** How a file is to be read, or undefined if it is not; the manifest rules, OneRoster 1.2 CSV binding. */
function deliveryOf(
  key: FileKey,
  file: SourceFile | undefined,
  manifest: Manifest | undefined,
  warnings: PullWarning[],
): Delivery | undefined {
  if (manifest === undefined) return file === undefined ? undefined : 'full';
  const mode = manifest.modes.get(key.toLowerCase());
  const mismatch = (message: string): void => {
    warnings.push({ code: 'manifest_mismatch', file: manifest.fileName, line: null, message });
  };
  if (file === undefined) {
    if (mode === 'bulk' || mode === 'delta')
      throw invalidData(
        `${manifest.fileName} declares ${key}.csv as ${mode}, but the file is missing.`,
        `The upload is not complete. ${EXPORT_AGAIN}`,
      );
    return undefined;
  }
  if (mode === 'absent') {
    mismatch(`${manifest.fileName} declares ${key}.csv absent, but the file is there. It was not read.`);
    return undefined;
  }
  if (mode !== undefined) return mode === 'delta' ? 'delta' : 'full';
  const implied = impliedMode(manifest.modes);
  mismatch(`${manifest.fileName} does not mention ${key}.csv, but the file is there. It was read as ${implied}.`);
  return implied === 'delta' ? 'delta' : 'full';
}

/** Bulk, unless everything that is declared is delta: read as bulk, such a file would end all it does not list. */
function impliedMode(modes: ReadonlyMap<string, Mode>): 'bulk' | 'delta' {
  const declared = [...modes.values()];
  return declared.includes('delta') && !declared.includes('bulk') ? 'delta' : 'bulk';
}

/** Without a manifest the columns tell: 1.1 has roles in users.csv, 1.2 in roles.csv, 1.0 has other names. */
function recogniseVersion(inspected: ReadonlyMap<FileKey, Inspected>): Version {
  const users = inspected.get('users');
  const columns = new Set(users?.header.cells.map(plainHeader));
  if (columns.has('role') && columns.has('orgsourcedids')) return '1.1';
  if (inspected.has('roles')) return '1.2';
  if (users !== undefined && (columns.has('userid') || columns.has('agents')))
    throw invalidData(
      `${users.file.name} has the columns of OneRoster 1.0, which is not supported.`,
      'Ask the district to set the export of its SIS to OneRoster 1.1 or 1.2 CSV.',
    );
  return '1.1';
}

function refuseMissing(
  version: Version,
  delivered: ReadonlyMap<FileKey, unknown>,
  manifest: Manifest | undefined,
  set: FileSet,
): void {
  const isAbsent = (key: FileKey): boolean => manifest?.modes.get(key.toLowerCase()) === 'absent';
  const missing = REQUIRED_FILES[version].filter((key) => !delivered.has(key) && !isAbsent(key));
  // Without roles nobody's record type is known.
  if (version === '1.2' && delivered.has('users') && !delivered.has('roles') && !missing.includes('roles'))
    missing.push('roles');
  if (missing.length === 0) return;
  const names = missing.map((key) => `${key}.csv`);
  throw invalidData(
    `Required file${names.length === 1 ? ' is' : 's are'} missing (OneRoster ${version}): ${names.join(', ')}. Found: ${listNames([...set.files.map((file) => file.name), ...set.otherNames])}.`,
    `The upload is not complete, or a file is misnamed. ${EXPORT_AGAIN}`,
  );
}

const KNOWN_FILES: readonly string[] = ['manifest', ...FILE_KEYS, ...UNREAD_FILES];
