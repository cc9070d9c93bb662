import type { PullWarning } from '@rollbook/pipeline';
import { readCsvHeader, readCsvRows } from '../csv-reader.ts';
import { detectEncoding } from '../encoding.ts';
import { invalidData } from '../invalid-data.ts';
import type { SourceFile } from '../source-file.ts';
import { plainHeader } from '../csv-columns.ts';
import type { Version } from '../oneroster/layout.ts';

export type Mode = 'absent' | 'bulk' | 'delta';

/** What manifest.csv declares. Names of files are in lower case; a property that is blank or missing is not in `modes`. */
export interface Manifest {
  readonly fileName: string;
  readonly version: Version | null;
  readonly modes: ReadonlyMap<string, Mode>;
  readonly warnings: readonly PullWarning[];
}

/**
 * Reads manifest.csv with the tolerance that files in the wild need: any order, spaces, `1` for `1.0`, missing
 * properties. Throws `invalid_data` for a version that is not 1.1 or 1.2, and for a mode that is not one.
 */
export async function readManifest(file: SourceFile, signal: AbortSignal): Promise<Manifest> {
  const { encoding } = await detectEncoding(file, signal);
  const header = await readCsvHeader(file, encoding, signal);
  if (header === undefined) throw invalidData(`${file.name} is empty.`, WHAT_A_MANIFEST_IS);
  const plain = header.cells.map(plainHeader);
  if (!plain.includes('propertyname') || !plain.includes('value'))
    throw invalidData(
      `${file.name}, line ${header.line}: expected the header \`propertyName,value\`.`,
      WHAT_A_MANIFEST_IS,
    );
  const keys = plain.map((name) => (name === 'propertyname' ? 'name' : name === 'value' ? 'value' : ''));
  let version: Version | null = null;
  const modes = new Map<string, Mode>();
  const warnings: PullWarning[] = [];
  for await (const { rows, lines } of readCsvRows(file, encoding, { keys, wanted: ['name', 'value'] }, signal))
    for (const [i, row] of rows.entries()) {
      const line = lines[i] ?? 0;
      const name = plainHeader(row.name);
      const value = plainHeader(row.value);
      if (value === '') continue;
      if (name === 'oneroster.version') version = versionOf(value, file.name, line);
      else if (name.startsWith('file.')) modes.set(name.slice(5), modeOf(row.name.trim(), value, file.name, line));
      else if (name === 'manifest.version' && !/^1(\.0+)?$/.test(value))
        warnings.push({
          code: 'manifest_version',
          file: file.name,
          line,
          message: `${file.name}, line ${line}: expected manifest.version 1.0; read as if it were.`,
        });
    }
  return { fileName: file.name, version, modes, warnings };
}

const WHAT_A_MANIFEST_IS =
  'A OneRoster manifest has the columns propertyName and value. Ask the district to export the whole set again.';

/** 1.2.1 is only the number of a document about 1.2. */
function versionOf(value: string, fileName: string, line: number): Version {
  const version = /^v?(1\.[12])(\.\d+)?$/.exec(value)?.[1];
  if (version === '1.1' || version === '1.2') return version;
  throw invalidData(
    `${fileName}, line ${line}: oneroster.version "${value.slice(0, 20)}" is not supported; expected 1.1 or 1.2.`,
    'Ask the district to set the export of its SIS to OneRoster 1.1 or 1.2 CSV.',
  );
}

function modeOf(name: string, value: string, fileName: string, line: number): Mode {
  if (value === 'absent' || value === 'bulk' || value === 'delta') return value;
  throw invalidData(
    `${fileName}, line ${line}: "${name.slice(0, 60)}" is "${value.slice(0, 20)}"; expected absent, bulk or delta.`,
    'Ask the district to export the whole set again, with its manifest.',
  );
}
