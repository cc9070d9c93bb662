import { nightOf } from './calendar.ts';
import { publishFiles, writeZip, type CsvFile } from './csv-files.ts';
import type { District } from './model.ts';
import { ONEROSTER_COLUMNS, ONEROSTER_FILES, manifestRows } from './oneroster-columns.ts';
import type { OneRosterVersion } from './oneroster-columns.ts';
import { oneRosterRows } from './oneroster-rows.ts';

export interface OneRosterCsvOptions {
  readonly version: OneRosterVersion;
  /** Writes `demographics.csv` too: default true. */
  readonly demographics?: boolean;
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

/** Every name a delivery may have. */
export const ONEROSTER_NAMES: readonly string[] = [...ONEROSTER_FILES.map((file) => `${file}.csv`), 'manifest.csv'];

/** Writes the district as loose CSV files into `dir`, made if it is not there. Returns the names written, the manifest last. */
export async function writeOneRosterFolder(
  district: District,
  dir: string,
  options: OneRosterCsvOptions,
): Promise<string[]> {
  return publishFiles(dir, oneRosterFiles(district, options), ONEROSTER_NAMES);
}

/** Writes the district as one zip, the CSV files at its root; the same district gives the same bytes. */
export async function writeOneRosterZip(district: District, path: string, options: OneRosterCsvOptions): Promise<void> {
  await writeZip(oneRosterFiles(district, options), path, nightOf(district));
}
