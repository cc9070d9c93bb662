import type { GuardiansFile } from '@rollbook/core';
import type { PullEvent, PullWarning } from '@rollbook/pipeline';
import { readCsvRows } from '../csv-reader.ts';
import type { CsvBatch } from '../csv-scanner.ts';
import { inspectFile } from '../csv-sheet.ts';
import { GUARDIANS_FILE } from '../delivery-kind.ts';
import { createDelivery } from '../file-delivery.ts';
import { invalidData } from '../invalid-data.ts';
import type { SourceContext } from '../source-context.ts';
import type { FileSet } from '../source-file.ts';
import { COLUMNS, matchColumns, type Column } from './columns.ts';

/** A guardians.csv that is there, whole, of a known encoding, with a header that is understood. */
export interface OpenGuardians {
  readonly fileName: string;
  /** SHA-256 of its bytes. */
  readonly digest: string;
  /** When it was written, in milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly warnings: readonly PullWarning[];
  /** Can be read as often as needed. */
  rows(signal: AbortSignal): AsyncIterable<CsvBatch<Column>>;
  close(): Promise<void>;
}

/** A place where a guardians.csv lies. Opening it tells its progress, and throws a SyncError if it cannot be had. */
export interface GuardiansSource {
  open(signal: AbortSignal): AsyncGenerator<PullEvent, OpenGuardians>;
}

/** The guardians.csv in a local or remote folder or zip, or named itself, whatever its name then is. */
export function createGuardiansSource(place: GuardiansFile, context: SourceContext): GuardiansSource {
  const delivery = createDelivery(place, GUARDIANS_FILE, context);
  async function* open(signal: AbortSignal): AsyncGenerator<PullEvent, OpenGuardians> {
    const set = yield* delivery.open(signal);
    try {
      return await openGuardians(set, place.path, signal);
    } catch (error) {
      await set.close();
      throw error;
    }
  }
  return { open };
}

async function openGuardians(set: FileSet, path: string, signal: AbortSignal): Promise<OpenGuardians> {
  const [file] = set.files;
  if (file === undefined) throw invalidData(`The zip at "${path}" holds no guardians.csv.`, GUARDIANS_FILE.advice);
  const { encoding, header, digest, warnings } = await inspectFile(file, signal);
  const { keys, byPlace } = matchColumns(file.name, header);
  return {
    fileName: file.name,
    digest,
    modifiedMs: set.modifiedMs,
    warnings: [...set.warnings, ...warnings, ...takenByPlace(file.name, header.line, byPlace)],
    rows: (rowsSignal) => readCsvRows(file, encoding, { keys, wanted: COLUMNS }, rowsSignal),
    close: () => set.close(),
  };
}

function takenByPlace(fileName: string, line: number, columns: readonly Column[]): PullWarning[] {
  if (columns.length === 0) return [];
  const message = `${fileName}, line ${line}: columns of unknown names were taken by their place: ${columns.join(', ')}.`;
  return [{ code: 'columns_by_place', file: fileName, line, message }];
}
