import type { FieldKind, RecordType, RosterRecord } from '@rollbook/core';
import { PACKED_CELLS, type PackedEnrollments, type Presence } from '@rollbook/pipeline';
import { columnsOf } from './columns.ts';
import type { RosterHashes } from './roster-hashes.ts';
import { RowHash } from './row-hash.ts';

const NEEDS_ESCAPE = /[\\\n\r\t]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const NULL = '\\N';

/** One value in the text format of COPY. */
function escapeText(value: string): string {
  return NEEDS_ESCAPE.test(value) ? value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] as string) : value;
}

const NEEDS_QUOTING = /["\\\n\r\t]/;
const quoteElement = (value: string): string =>
  NEEDS_QUOTING.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`;

/** An array literal, then escaped for COPY. Sets have no order: sorted, so that equal sets have equal hashes. */
function encodeSet(values: readonly string[]): string {
  if (values.length === 0) return '{}';
  const distinct = values.length === 1 ? values : [...new Set(values)].sort();
  return escapeText(`{${distinct.map(quoteElement).join(',')}}`);
}

type Encode = (value: unknown) => string;
const ENCODERS: Readonly<Record<FieldKind, Encode>> = {
  text: (value) => (value === null ? NULL : escapeText(value as string)),
  date: (value) => (value === null ? NULL : (value as string)),
  flag: (value) => (value === null ? NULL : value === true ? 't' : 'f'),
  set: (value) => encodeSet(value as string[]),
};

/** E-mails are compared trimmed and lower-cased, and kept as given. */
const comparable = (email: string): string => email.trim().toLowerCase();

/** A capital, white space or anything beyond ASCII: the comparable form may differ. Most addresses have none. */
const MAY_DIFFER = /[^!-@[-~]/;

const HASH_HEX_DIGITS = 32;

/** What a line holds besides its text: tabs, hash, presence, line number, line feed. */
const LINE_OVERHEAD_BYTES = 64;

const TAB = 9;
const LINE_FEED = 10;
const DIGIT_ZERO = 48;
const BACKSLASH = 92;
const CAPITAL_N = 78;
const LOWER_CASE_BIT = 32;
const PRIMARY_CELL = 2 * PACKED_CELLS.indexOf('primary');

/** Enough for two drafts at a time. */
const MAX_FREE = 32;

/** Buffers of one size, used again and again: left to the garbage collector they would pile up outside its sight. */
export class BufferPool {
  readonly sizeBytes: number;
  readonly #free: Buffer[] = [];

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafe(this.sizeBytes);
  }

  /** `piece` may be part of a buffer that was taken; nobody may hold on to it. */
  giveBack(piece: Buffer): void {
    if (piece.buffer.byteLength === this.sizeBytes && this.#free.length < MAX_FREE)
      this.#free.push(Buffer.from(piece.buffer));
  }
}

/** Lines for COPY, gathered in buffers of a pool; a line that is larger gets a buffer of its own. */
export class LineBuffer {
  readonly #pool: BufferPool;
  readonly #hash = new RowHash();
  readonly #known: RosterHashes | undefined;
  readonly #encodedSchools = new Map<string | null, Buffer>();
  #lastSchool: string | null = null;
  #lastEncodedSchool: Buffer = Buffer.from(NULL);
  #full: Buffer[] = [];
  #fullBytes = 0;
  #current: Buffer;
  /** Of the same bytes: reads words quicker. */
  #view: DataView;
  #length = 0;

  /** @param known present rows with one of these hashes are not added */
  constructor(pool: BufferPool, known?: RosterHashes) {
    this.#pool = pool;
    this.#known = known;
    this.#current = pool.take();
    this.#view = viewOf(this.#current);
  }

  get sizeBytes(): number {
    return this.#fullBytes + this.#length;
  }

  /**
   * Adds a line: `text`, then the hash of it (or of `hashedText`, or none for null), presence and line number. False if
   * the hash is known: then there is nothing to add.
   */
  add(text: string, hashedText: string | undefined | null, presence: Presence, line: number): boolean {
    this.#reserve(Math.max(text.length, hashedText?.length ?? 0) * 3 + LINE_OVERHEAD_BYTES);
    const bytes = this.#current;
    const start = this.#length;
    if (typeof hashedText === 'string')
      this.#hash.digest(this.#view, start, start + bytes.write(hashedText, start, 'utf8'));
    const at = start + bytes.write(text, start, 'utf8');
    if (hashedText === undefined) this.#hash.digest(this.#view, start, at);
    if (hashedText === null) this.#hash.words.fill(0);
    return this.#end(at, presence, line);
  }

  /** The same for a packed enrollment, whose values need no escaping; `school` comes from its class. */
  addPacked({ bytes: from, cells, stride, lines }: PackedEnrollments, index: number, school: string | null): boolean {
    const encodedSchool = this.#encodedSchool(school);
    const firstCell = index * stride;
    const lastCell = firstCell + 2 * PACKED_CELLS.length;
    let size = encodedSchool.length + LINE_OVERHEAD_BYTES + 3 * PACKED_CELLS.length;
    for (let cell = firstCell; cell < lastCell; cell += 2)
      size += (cells[cell + 1] as number) - (cells[cell] as number);
    this.#reserve(size);
    const bytes = this.#current;
    const start = this.#length;
    let at = start;
    for (let cell = firstCell; cell < lastCell; cell += 2) {
      let next = cells[cell] as number;
      const end = cells[cell + 1] as number;
      if (next === end) {
        bytes[at++] = BACKSLASH;
        bytes[at++] = CAPITAL_N;
      } else if (cell - firstCell === PRIMARY_CELL) bytes[at++] = (from[next] as number) | LOWER_CASE_BIT;
      else while (next < end) bytes[at++] = from[next++] as number;
      bytes[at++] = TAB;
    }
    for (let i = 0; i < encodedSchool.length; i++) bytes[at++] = encodedSchool[i] as number;
    this.#hash.digest(this.#view, start, at);
    return this.#end(at, 'p', lines[index] as number);
  }

  #encodedSchool(school: string | null): Buffer {
    if (school === this.#lastSchool) return this.#lastEncodedSchool;
    let encoded = this.#encodedSchools.get(school);
    if (!encoded) this.#encodedSchools.set(school, (encoded = Buffer.from(ENCODERS.text(school))));
    this.#lastSchool = school;
    this.#lastEncodedSchool = encoded;
    return encoded;
  }

  /** Completes the line that ends at `at` so far, unless its hash is known. */
  #end(to: number, presence: Presence, line: number): boolean {
    if (presence === 'p' && this.#known?.meet(this.#hash.words, line)) return false;
    const bytes = this.#current;
    let at = to;
    bytes[at] = TAB;
    this.#hash.writeHex(bytes, at + 1);
    at += 1 + HASH_HEX_DIGITS;
    bytes[at++] = TAB;
    bytes[at++] = presence.charCodeAt(0);
    bytes[at++] = TAB;
    at = writeNumber(bytes, at, line);
    bytes[at++] = LINE_FEED;
    this.#length = at;
    return true;
  }

  /** Hands over what was gathered, in order, and begins anew; the pool wants the pieces back. */
  take(): Buffer[] {
    const chunks = this.#full;
    if (this.#length > 0) chunks.push(this.#current.subarray(0, this.#length));
    this.#full = [];
    this.#fullBytes = 0;
    this.#current = this.#pool.take();
    this.#view = viewOf(this.#current);
    this.#length = 0;
    return chunks;
  }

  /** It must not be used after. */
  release(): void {
    this.#pool.giveBack(this.#current);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#current.length) return;
    if (this.#length > 0) this.#full.push(this.#current.subarray(0, this.#length));
    this.#fullBytes += this.#length;
    this.#current = bytes > this.#pool.sizeBytes ? Buffer.allocUnsafe(bytes) : this.#pool.take();
    this.#view = viewOf(this.#current);
    this.#length = 0;
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Writes a whole number in decimal digits; returns where it ends. */
function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let rest = value; rest > 9; rest = Math.floor(rest / 10)) digits++;
  for (let i = digits - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 10))
    bytes[at + i] = DIGIT_ZERO + (rest % 10);
  return at + digits;
}

export type EncodeRow = (lines: LineBuffer, record: RosterRecord, presence: Presence, line: number) => boolean;

/**
 * Makes the function that adds one record as a line for COPY: sis_id, the columns of the type, source_hash, presence,
 * line. The hash is over the id and the encoded fields, with the e-mail in its comparable form. False if it is known.
 */
export function rowEncoder(recordType: RecordType): EncodeRow {
  const columns = columnsOf(recordType);
  const fields = columns.map((column) => column.field);
  const encoders = columns.map((column) => ENCODERS[column.kind]);
  const emailIndex = fields.indexOf('email');
  const encode = (sisId: string, values: Record<string, unknown>): string => {
    let text = escapeText(sisId);
    for (let i = 0; i < fields.length; i++) text += '\t' + (encoders[i] as Encode)(values[fields[i] as string]);
    return text;
  };
  return (lines, record, presence, line) => {
    const values = record as unknown as Record<string, unknown>;
    const email = emailIndex < 0 ? null : (values['email'] as string | null);
    const hashed =
      email !== null && MAY_DIFFER.test(email)
        ? encode(record.sisId, { ...values, email: comparable(email) })
        : undefined;
    return lines.add(encode(record.sisId, values), hashed, presence, line);
  };
}

/** Adds the line of a row of which only the id could be read. */
export function addSkipped(lines: LineBuffer, recordType: RecordType, sisId: string, line: number): void {
  lines.add(escapeText(sisId) + `\t${NULL}`.repeat(columnsOf(recordType).length), null, 's', line);
}
