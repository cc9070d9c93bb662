import { CsvScanner, MAX_ROW_CHARS, type CsvBatch, type CsvRow } from '../csv-scanner.ts';

/** Rows of a file by where their cells stand in its bytes, and those that cannot be taken so easily, as text. */
export interface ScannedBytes<C extends string> {
  readonly count: number;
  readonly bytes: Buffer;
  /** For each row a start and an end for each wanted column; equal: no value. */
  readonly cells: Int32Array;
  readonly stride: number;
  /** The 1-based line of each row. */
  readonly lines: Int32Array;
  readonly odd: CsvBatch<C>;
}

export interface PackedScannerOptions<C extends string> {
  readonly fileName: string;
  readonly delimiter: string;
  /** See ScannerOptions. */
  readonly keys: readonly (C | '')[];
  readonly blank: CsvRow<C>;
  /** The columns whose cells are wanted, in the order of the cells of a row. */
  readonly wanted: readonly C[];
  /** The line of the first row. */
  readonly line: number;
  /** Whether a row, by the position of its cells, can be taken as it is. */
  readonly isPlain: (bytes: Buffer, cells: Int32Array, at: number) => boolean;
}

const QUOTE = 34;
const LF = 10;
const CR = 13;
const SPACE = 32;
const BACKSLASH = 92;

/** What a byte outside of quotes means: part of a cell, its end, or that the row is odd. */
const PLAIN = 0;
const CELL_END = 1;
const STRANGE = 2;

function byteKinds(delimiter: number): Uint8Array {
  const kinds = new Uint8Array(256).fill(STRANGE, 0, SPACE);
  for (const strange of [QUOTE, BACKSLASH]) kinds[strange] = STRANGE;
  for (const end of [delimiter, LF, CR]) kinds[end] = CELL_END;
  return kinds;
}

/** Rows of a chunk are at least so long, or there is room made for more. */
const EXPECTED_ROW_BYTES = 24;

/**
 * Finds the cells of UTF-8 text without decoding it: RFC 4180, with CR LF, LF or CR. Whatever is out of the ordinary (a
 * quote within a value, a line break, a control character, a row that `isPlain` refuses) goes to {@link CsvScanner}.
 */
export class PackedScanner<C extends string> {
  readonly #options: PackedScannerOptions<C>;
  readonly #delimiter: number;
  /** For each column of the file the place of its start in a row's cells, or -1. */
  readonly #slots: Int32Array;
  readonly #kinds: Uint8Array;
  /** The slots of wanted columns that the file lacks. */
  readonly #absent: readonly number[];
  readonly #stride: number;
  #cells: Int32Array = new Int32Array(0);
  #lines: Int32Array = new Int32Array(0);
  #rest: Buffer = Buffer.alloc(0);
  readonly #work: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  #line: number;
  /** A row so long that it fills chunks is not searched for its end with each of them. */
  #scanFromBytes = 0;

  constructor(options: PackedScannerOptions<C>) {
    this.#options = options;
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#slots = Int32Array.from(options.keys, (key) => (key === '' ? -1 : options.wanted.indexOf(key) * 2));
    this.#kinds = byteKinds(this.#delimiter);
    this.#stride = options.wanted.length * 2;
    this.#absent = options.wanted.flatMap((name, index) => (options.keys.includes(name) ? [] : [index * 2]));
    this.#line = options.line;
  }

  /** The rows that `chunk` completes; with `final`, all that are left. What is returned holds until the next call. */
  take(chunk: Buffer, final: boolean): ScannedBytes<C> {
    const bytes = this.#joined(chunk);
    const odd: CsvBatch<C> = { rows: [], lines: [], overlong: [] };
    this.#makeRoom(Math.ceil(bytes.length / EXPECTED_ROW_BYTES));
    let count = 0;
    let start = 0;
    while (start < bytes.length && (final || bytes.length >= this.#scanFromBytes)) {
      if ((count + 1) * this.#stride > this.#cells.length) this.#makeRoom(count * 2);
      const at = count * this.#stride;
      const end = this.#row(bytes, start, at, final);
      if (end === INCOMPLETE) break;
      if (end !== ODD && this.#options.isPlain(bytes, this.#cells, at)) {
        this.#lines[count] = this.#line;
        count += 1;
        this.#line += 1;
        start = end;
        continue;
      }
      const oddEnd = this.#oddRowEnd(bytes, start, final);
      if (oddEnd === INCOMPLETE) break;
      this.#takeOdd(bytes.toString('utf8', start, oddEnd), odd);
      start = oddEnd;
    }
    this.#rest = start < bytes.length ? bytes.subarray(start) : Buffer.alloc(0);
    if (bytes.length >= this.#scanFromBytes) this.#scanFromBytes = start === 0 ? bytes.length * 2 : 0;
    // It throws, and says why.
    if (this.#rest.length > MAX_ROW_CHARS * 4) this.#takeOdd(this.#rest.toString('utf8'), odd, false);
    return { count, bytes, cells: this.#cells, stride: this.#stride, lines: this.#lines, odd };
  }

  /** What is left of the chunks before, and this one, in a buffer that is used again for the next. */
  #joined(chunk: Buffer): Buffer {
    const rest = this.#rest;
    if (rest.length === 0) return chunk;
    const size = rest.length + chunk.length;
    // The rest stands in one of the two already.
    const target = rest.buffer === this.#work[0].buffer ? 1 : 0;
    if (this.#work[target].length < size) this.#work[target] = Buffer.allocUnsafeSlow(size * 2);
    const work = this.#work[target];
    rest.copy(work);
    chunk.copy(work, rest.length);
    return work.subarray(0, size);
  }

  #makeRoom(rows: number): void {
    if (rows * this.#stride <= this.#cells.length) return;
    const cells = new Int32Array(rows * this.#stride);
    cells.set(this.#cells);
    const lines = new Int32Array(rows);
    lines.set(this.#lines);
    this.#cells = cells;
    this.#lines = lines;
  }

  /** Notes the cells of the row at `start` from `at` on; returns where the next row starts, ODD or INCOMPLETE. */
  #row(bytes: Buffer, start: number, at: number, final: boolean): number {
    const cells = this.#cells;
    const slots = this.#slots;
    const delimiter = this.#delimiter;
    const kinds = this.#kinds;
    const width = slots.length;
    const size = bytes.length;
    let position = start;
    for (let column = 0; ; column++) {
      let from = position;
      let to: number;
      let byte: number;
      if (bytes[position] === QUOTE) {
        from = position + 1;
        to = from;
        while (to < size && (byte = bytes[to] as number) !== QUOTE) {
          if (byte < SPACE || byte === BACKSLASH) return ODD;
          to += 1;
        }
        position = to + 1;
        if (position >= size && !final) return INCOMPLETE;
        if (to >= size) return ODD;
        byte = position < size ? (bytes[position] as number) : LF;
        if (byte !== delimiter && byte !== LF && byte !== CR) return ODD;
      } else {
        while (position < size && kinds[bytes[position] as number] === PLAIN) position += 1;
        if (position < size) {
          byte = bytes[position] as number;
          if (kinds[byte] === STRANGE) return ODD;
        } else {
          if (!final) return INCOMPLETE;
          byte = LF;
        }
        to = position;
      }
      if (column < width) {
        const slot = slots[column] as number;
        if (slot >= 0) {
          cells[at + slot] = from;
          cells[at + slot + 1] = to;
        }
      } else if (to > from) return ODD;
      position += 1;
      if (byte === delimiter) continue;
      for (let rest = column + 1; rest < width; rest++) this.#empty(at, slots[rest] as number);
      for (const slot of this.#absent) this.#empty(at, slot);
      if (byte !== CR) return position;
      if (position >= size && !final) return INCOMPLETE;
      return bytes[position] === LF ? position + 1 : position;
    }
  }

  #empty(at: number, slot: number): void {
    if (slot < 0) return;
    this.#cells[at + slot] = 0;
    this.#cells[at + slot + 1] = 0;
  }

  /** Where the row at `start` ends if quotes may hold line breaks. */
  #oddRowEnd(bytes: Buffer, start: number, final: boolean): number {
    let isQuoted = false;
    let isCellStart = true;
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at];
      if (isQuoted) {
        if (byte !== QUOTE) continue;
        if (bytes[at + 1] === QUOTE) at += 1;
        else isQuoted = false;
      } else if (byte === QUOTE && isCellStart) isQuoted = true;
      else if (byte === LF) return at + 1;
      else if (byte === CR) {
        if (at + 1 === bytes.length && !final) return INCOMPLETE;
        return bytes[at + 1] === LF ? at + 2 : at + 1;
      }
      isCellStart = byte === this.#delimiter;
    }
    return final ? bytes.length : INCOMPLETE;
  }

  #takeOdd(text: string, odd: CsvBatch<C>, isWhole = true): void {
    const { fileName, delimiter, keys, blank } = this.#options;
    const scanner = new CsvScanner({ fileName, delimiter, keys, blank, line: this.#line });
    const { rows, lines, overlong } = scanner.take(text, isWhole);
    odd.rows.push(...rows);
    odd.lines.push(...lines);
    odd.overlong.push(...overlong);
    this.#line += text.match(/\r\n|[\r\n]/g)?.length ?? 0;
  }
}

const INCOMPLETE = -1;
const ODD = -2;
