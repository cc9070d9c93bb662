import { takeHeader, type CsvHeader } from './csv-header.ts';
import { CsvScanner, type CsvBatch, type CsvRow } from './csv-scanner.ts';
import { decode, type Encoding } from './encoding.ts';
import type { SourceFile } from './source-file.ts';

/** Reads no further than the header. Returns undefined for a file without one (empty or blank). */
export async function readCsvHeader(
  file: SourceFile,
  encoding: Encoding,
  signal: AbortSignal,
): Promise<CsvHeader | undefined> {
  let text = '';
  for await (const piece of decode(file.open(signal), encoding)) {
    text += piece;
    const found = takeHeader(text, false, file.name);
    if (found !== undefined) return found.header;
  }
  return takeHeader(text, true, file.name)?.header;
}

export interface CsvColumns<C extends string> {
  /** For each column of the file the name its cells are wanted under, or '' if they are not wanted. */
  readonly keys: readonly (C | '')[];
  /** Every wanted column; those the file lacks read as ''. */
  readonly wanted: readonly C[];
}

/**
 * All rows of a file, in batches of what one chunk of it holds (some hundreds), each with the exact line it starts in.
 * Memory does not depend on the size of the file. Throws `invalid_data` for broken quoting (see CsvScanner).
 */
export async function* readCsvRows<C extends string>(
  file: SourceFile,
  encoding: Encoding,
  columns: CsvColumns<C>,
  signal: AbortSignal,
): AsyncGenerator<CsvBatch<C>> {
  const blank = Object.fromEntries(columns.wanted.map((name) => [name, ''])) as CsvRow<C>;
  let text = '';
  let scanner: CsvScanner<C> | undefined;
  const scannerAfterHeader = (final: boolean): CsvScanner<C> | undefined => {
    const found = takeHeader(text, final, file.name);
    if (found === undefined) return undefined;
    text = text.slice(found.next);
    const { delimiter, nextLine } = found.header;
    return new CsvScanner({ fileName: file.name, delimiter, keys: columns.keys, blank, line: nextLine });
  };
  for await (const piece of decode(file.open(signal), encoding)) {
    signal.throwIfAborted();
    text += piece;
    scanner ??= scannerAfterHeader(false);
    if (scanner === undefined) continue;
    const batch = scanner.take(text, false);
    text = '';
    if (batch.rows.length > 0 || batch.overlong.length > 0) yield batch;
  }
  scanner ??= scannerAfterHeader(true);
  if (scanner !== undefined) yield scanner.take(text, true);
}
