import { nightOf } from './calendar.ts';
import { CLEVER_COLUMNS, CLEVER_FILES } from './clever-columns.ts';
import { cleverRows } from './clever-rows.ts';
import { publishFiles, writeZip, type CsvFile } from './csv-files.ts';
import type { District } from './model.ts';

/** The files of a delivery in Clever's CSV format: the whole active roster. A file without rows is a header. */
export function cleverFiles(district: District): CsvFile[] {
  return CLEVER_FILES.map((file) => {
    const columns = CLEVER_COLUMNS[file];
    return { name: `${file}.csv`, rows: withHeader(columns, cleverRows(district, file, columns)) };
  });
}

function* withHeader(header: readonly string[], rows: Iterable<readonly string[]>): Generator<readonly string[]> {
  yield header;
  yield* rows;
}

/** Writes the district as loose CSV files into `dir`, made if it is not there. Returns the names written. */
export async function writeCleverFolder(district: District, dir: string): Promise<string[]> {
  const names = CLEVER_FILES.map((file) => `${file}.csv`);
  return publishFiles(dir, cleverFiles(district), names);
}

/** Writes the district as one zip, the CSV files at its root; the same district gives the same bytes. */
export async function writeCleverZip(district: District, path: string): Promise<void> {
  await writeZip(cleverFiles(district), path, nightOf(district));
}
