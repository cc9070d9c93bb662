import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { CsvBatch, CsvRow } from '../csv-scanner.ts';

/** Rows that can be read once, from a file of the delivery or from a spooled part of it. */
export interface RowSource<C extends string> {
  readonly sizeBytes: number;
  rows(signal: AbortSignal): AsyncIterable<CsvBatch<C>>;
}

/** One file to be joined, and the column that holds the id all of them share. */
export interface Joined<C extends string> {
  readonly source: RowSource<C>;
  readonly idColumn: C;
  readonly columns: readonly C[];
}

export interface JoinOptions {
  /** A private folder of the operator's choice for what does not fit in memory. */
  readonly spoolDir: string;
  /** Side files larger than this together are not held in memory whole; in bytes of CSV. */
  readonly limitBytes: number;
  readonly signal: AbortSignal;
}

/** 16 MB are some 200,000 rows of roles.csv and, as objects, 60 MB of memory. */
export const SIDE_LIMIT_BYTES = 16 * 2 ** 20;
const MAX_PARTS = 128;

/**
 * Splits a large main file and the side files that belong to it into parts that fit in memory, so that all rows of one
 * id are in the same part; a delivery whose side files are small is one part and is not copied. The spooled copies are
 * readable by this user only and are gone when the iteration ends, however it ends.
 */
export async function* partsById<M extends string, S extends readonly string[]>(
  main: Joined<M>,
  sides: { readonly [I in keyof S]: Joined<S[I]> },
  { spoolDir, limitBytes, signal }: JoinOptions,
): AsyncGenerator<{ readonly main: RowSource<M>; readonly sides: { readonly [I in keyof S]: RowSource<S[I]> } }> {
  const all = sides as readonly Joined<string>[];
  const sideBytes = all.reduce((sum, side) => sum + side.source.sizeBytes, 0);
  // The cast restores what `map` forgets: one source for each side, in order.
  const sourcesOf = (list: readonly RowSource<string>[]) => list as unknown as { [I in keyof S]: RowSource<S[I]> };
  if (sideBytes <= limitBytes) {
    yield { main: main.source, sides: sourcesOf(all.map((side) => side.source)) };
    return;
  }
  const count = Math.min(MAX_PARTS, Math.max(2, Math.ceil((4 * sideBytes) / limitBytes)));
  const folder = await mkdtemp(join(spoolDir, 'join-'));
  try {
    const mainParts = await split(main, count, join(folder, 'main'), signal);
    const sideParts: RowSource<string>[][] = [];
    for (const [i, side] of all.entries()) sideParts.push(await split(side, count, join(folder, `side${i}`), signal));
    for (const [i, part] of mainParts.entries())
      yield { main: part, sides: sourcesOf(sideParts.map((parts) => parts[i]!)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const FLUSH_CHARS = 1 << 16;

/**
 * Ends every value in a spooled copy. No cell can hold it: files with NUL bytes are refused. A spooled row is its line,
 * `+` if it is overlong, and its cells in the order of the columns.
 */
const END = '\0';

async function split<C extends string>(
  { source, idColumn, columns }: Joined<C>,
  count: number,
  path: string,
  signal: AbortSignal,
): Promise<RowSource<C>[]> {
  const paths = Array.from({ length: count }, (_, i) => `${path}.${i}`);
  const parts: { readonly handle: FileHandle; rows: string[]; chars: number }[] = [];
  try {
    for (const file of paths) parts.push({ handle: await open(file, 'wx', 0o600), rows: [], chars: 0 });
    const values: string[] = ['', '', ...columns];
    const put = (row: CsvRow<C>, line: number, mark: '' | '+'): void => {
      const part = parts[partOf(row[idColumn], count)]!;
      values[0] = String(line);
      values[1] = mark;
      for (let i = 0; i < columns.length; i += 1) values[i + 2] = row[columns[i]!];
      const text = values.join(END);
      part.rows.push(text);
      part.chars += text.length;
    };
    for await (const { rows, lines, overlong } of source.rows(signal)) {
      for (let i = 0; i < rows.length; i += 1) put(rows[i]!, lines[i]!, '');
      for (const { row, line } of overlong) put(row, line, '+');
      await flush(FLUSH_CHARS);
    }
    await flush(1);
  } finally {
    for (const part of parts) await part.handle.close();
  }
  return paths.map((file) => ({ sizeBytes: 0, rows: () => readSpooled(file, columns, signal) }));

  async function flush(fromChars: number): Promise<void> {
    for (const part of parts) {
      if (part.chars < fromChars) continue;
      await part.handle.write(part.rows.join(END) + END);
      part.rows = [];
      part.chars = 0;
    }
  }
}

/** FNV-1a: cheap, and even enough over ids that differ in their last digits only. */
function partOf(id: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % count;
}

async function* readSpooled<C extends string>(
  path: string,
  columns: readonly C[],
  signal: AbortSignal,
): AsyncGenerator<CsvBatch<C>> {
  const blank = Object.fromEntries(columns.map((name) => [name, ''])) as CsvRow<C>;
  const size = columns.length + 2;
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', signal })) {
    const values = (rest + String(chunk)).split(END);
    const whole = Math.floor((values.length - 1) / size) * size;
    const batch: CsvBatch<C> = { rows: [], lines: [], overlong: [] };
    for (let at = 0; at < whole; at += size) {
      const row: Record<C, string> = { ...blank };
      for (let i = 0; i < columns.length; i += 1) row[columns[i]!] = values[at + 2 + i]!;
      const line = Number(values[at]);
      if (values[at + 1] === '+') batch.overlong.push({ row, line });
      else {
        batch.rows.push(row);
        batch.lines.push(line);
      }
    }
    rest = values.slice(whole).join(END);
    yield batch;
  }
}
