import type { Delivery, PullWarning } from '@rollbook/pipeline';
import { readCsvHeader, readCsvRows } from './csv-reader.ts';
import type { CsvHeader } from './csv-header.ts';
import type { CsvBatch } from './csv-scanner.ts';
import { detectEncoding, type Encoding } from './encoding.ts';
import { EXPORT_AGAIN, invalidData } from './invalid-data.ts';
import type { SourceFile } from './source-file.ts';
import { matchHeader, type ColumnRules } from './csv-columns.ts';

/** A file of the delivery whose encoding and header are known to be good, ready to be read. */
export interface Sheet<C extends string = string> {
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly delivery: Delivery;
  /** The known columns it has, those that are not read included. */
  readonly present: ReadonlySet<string>;
  readonly warnings: readonly PullWarning[];
  rows(signal: AbortSignal): AsyncIterable<CsvBatch<C>>;
}

/** A file that has been read through once: whole, of a known encoding, with a header. */
export interface Inspected {
  readonly file: SourceFile;
  readonly encoding: Encoding;
  readonly header: CsvHeader;
  /** SHA-256 of its bytes, base64. */
  readonly digest: string;
  readonly warnings: readonly PullWarning[];
}

/** Throws `invalid_data` if the file is damaged, in no known encoding, or has no header. */
export async function inspectFile(file: SourceFile, signal: AbortSignal): Promise<Inspected> {
  const { encoding, foreignLine, digest } = await detectEncoding(file, signal);
  const header = await readCsvHeader(file, encoding, signal);
  if (header === undefined)
    throw invalidData(
      `${file.name} is empty: it has not even a header.`,
      `An export without data would still have one. ${EXPORT_AGAIN}`,
    );
  const warning = {
    code: 'windows_1252',
    file: file.name,
    line: foreignLine,
    message: `${file.name}, line ${foreignLine}: the file is not UTF-8; it was read as Windows-1252. Check that accented names look right.`,
  };
  return { file, encoding, header, digest, warnings: foreignLine === null ? [] : [warning] };
}

/** Throws `invalid_data` if the header does not fit the file (see matchHeader). */
export function sheetOf<C extends string>(inspected: Inspected, rules: ColumnRules<C>, delivery: Delivery): Sheet<C> {
  const { file, encoding, header } = inspected;
  const { keys, present, warnings } = matchHeader({ fileName: file.name, ...header }, rules);
  return {
    fileName: file.name,
    sizeBytes: file.sizeBytes,
    delivery,
    present,
    warnings: [...inspected.warnings, ...warnings],
    rows: (signal) => readCsvRows(file, encoding, { keys, wanted: rules.columns }, signal),
  };
}
