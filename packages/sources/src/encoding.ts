import { createHash } from 'node:crypto';
import { isAscii, isUtf8 } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { TextDecoder } from 'node:util';
import { EXPORT_AGAIN, invalidData } from './invalid-data.ts';
import type { SourceFile } from './source-file.ts';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

export interface Detected {
  readonly encoding: Encoding;
  /** Where the file has its first byte that is not UTF-8, if it was read as Windows-1252: a line, 1-based. */
  readonly foreignLine: number | null;
  /** SHA-256 of the file's bytes, base64. */
  readonly digest: string;
}

/** Enough to see a BOM, and to see whether every other byte is NUL. */
const HEAD_BYTES = 4096;
const UNDEFINED_IN_1252 = [0x81, 0x8d, 0x8f, 0x90, 0x9d];
const LOST_CHARACTER = Buffer.from('\uFFFD');
const SAVE_AS_UTF8 =
  'Ask the district to save the file as "CSV UTF-8" (in Excel) or to set the export of its SIS to UTF-8.';

/**
 * Decides over the whole file, before a row is used, how it is to be decoded: BOM, then strict UTF-8, then UTF-16 by
 * its pattern of NUL bytes, then Windows-1252. Throws `invalid_data` for NUL bytes, characters that are already lost
 * (U+FFFD), UTF-8 with damage in it, and bytes that no supported encoding knows.
 */
export async function detectEncoding(file: SourceFile, signal: AbortSignal): Promise<Detected> {
  let head = Buffer.alloc(0);
  let check: NarrowCheck | WideCheck | undefined;
  const digest = createHash('sha256');
  for await (const chunk of file.open(signal)) {
    digest.update(chunk);
    if (check !== undefined) await check.feed(chunk);
    else {
      head = Buffer.concat([head, chunk]);
      if (head.length < HEAD_BYTES) continue;
      check = checkFor(file, head, signal);
      await check.feed(head);
    }
  }
  if (check === undefined) {
    check = checkFor(file, head, signal);
    if (head.length > 0) await check.feed(head);
  }
  return { ...(await check.finish()), digest: digest.digest('base64') };
}

function checkFor(file: SourceFile, head: Buffer, signal: AbortSignal): NarrowCheck | WideCheck {
  const wide = wideEncoding(head);
  return wide === undefined ? new NarrowCheck(file, signal) : new WideCheck(file, wide);
}

function wideEncoding(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const nulls = [0, 0];
  for (let i = 0; i < head.length; i += 1) if (head[i] === 0) nulls[i % 2]! += 1;
  const [even, odd] = nulls as [number, number];
  const half = head.length / 2;
  if (even === 0 && odd > half * 0.5) return 'utf-16le';
  if (odd === 0 && even > half * 0.5) return 'utf-16be';
  return undefined;
}

class WideCheck {
  readonly #file: SourceFile;
  readonly #encoding: 'utf-16le' | 'utf-16be';
  readonly #decoder: TextDecoder;
  readonly #lines = new LineCount();

  constructor(file: SourceFile, encoding: 'utf-16le' | 'utf-16be') {
    this.#file = file;
    this.#encoding = encoding;
    this.#decoder = new TextDecoder(encoding, { fatal: true });
  }

  feed(chunk: Buffer): void {
    const text = this.#decode(chunk);
    const bad = text.search(/[\0\uFFFD]/);
    if (bad >= 0) {
      this.#lines.take(text.slice(0, bad));
      throw text[bad] === '\0' ? nulBytes(this.#file, this.#lines.line) : lostCharacter(this.#file, this.#lines.line);
    }
    this.#lines.take(text);
  }

  finish(): Omit<Detected, 'digest'> {
    this.#decode(undefined);
    return { encoding: this.#encoding, foreignLine: null };
  }

  #decode(chunk: Buffer | undefined): string {
    try {
      return chunk === undefined ? this.#decoder.decode() : this.#decoder.decode(chunk, { stream: true });
    } catch {
      throw invalidData(
        `${this.#file.name}, line ${this.#lines.line} or shortly after: the file is UTF-16 but damaged or cut short there.`,
        EXPORT_AGAIN,
      );
    }
  }
}

class NarrowCheck {
  readonly #file: SourceFile;
  readonly #signal: AbortSignal;
  #offset = 0;
  #marked = false;
  #carry = Buffer.alloc(0);
  #wellFormed = 0;
  #malformed = 0;
  #firstForeign = -1;
  #firstUndefined = -1;
  #firstLost = -1;

  constructor(file: SourceFile, signal: AbortSignal) {
    this.#file = file;
    this.#signal = signal;
  }

  async feed(chunk: Buffer): Promise<void> {
    if (this.#offset === 0 && this.#carry.length === 0)
      this.#marked = chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    const nul = chunk.indexOf(0);
    if (nul >= 0) throw nulBytes(this.#file, await this.#lineAt(this.#offset + this.#carry.length + nul));
    if (this.#carry.length === 0 && isAscii(chunk)) {
      this.#offset += chunk.length;
      return;
    }
    const all = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    const whole = all.subarray(0, all.length - openTail(all));
    this.#take(whole);
    this.#carry = Buffer.from(all.subarray(whole.length));
  }

  async finish(): Promise<Omit<Detected, 'digest'>> {
    if (this.#carry.length > 0) {
      // The last byte of "José" in Windows-1252 looks like this too, but only in a file without sound UTF-8.
      if (this.#malformed === 0 && (this.#marked || this.#wellFormed > 0)) throw await this.#cutOff();
      this.#take(this.#carry);
    }
    if (this.#malformed === 0) {
      if (this.#firstLost >= 0) throw lostCharacter(this.#file, await this.#lineAt(this.#firstLost));
      return { encoding: 'utf-8', foreignLine: null };
    }
    const line = await this.#lineAt(this.#firstForeign);
    // Read as Windows-1252, a mostly sound UTF-8 file would have every accented name spoilt.
    if (this.#marked || this.#wellFormed > this.#malformed)
      throw invalidData(
        `${this.#file.name}, line ${line}: the file is UTF-8 but has bytes there that are not.`,
        `${EXPORT_AGAIN} ${SAVE_AS_UTF8}`,
      );
    if (this.#firstUndefined >= 0)
      throw invalidData(
        `${this.#file.name}, line ${await this.#lineAt(this.#firstUndefined)}: the encoding of the file is not recognised. Expected UTF-8, UTF-16 or Windows-1252.`,
        SAVE_AS_UTF8,
      );
    return { encoding: 'windows-1252', foreignLine: line };
  }

  async #cutOff(): Promise<Error> {
    const line = await this.#lineAt(this.#offset);
    return invalidData(
      `${this.#file.name}, line ${line}: the file is cut off in the middle of a character.`,
      `The upload is not complete. ${EXPORT_AGAIN}`,
    );
  }

  #take(bytes: Buffer): void {
    if (this.#malformed === 0 && isUtf8(bytes)) {
      if (!isAscii(bytes)) this.#wellFormed += bytes.length - bytes.toString().length;
      if (this.#firstLost < 0) {
        const lost = bytes.indexOf(LOST_CHARACTER);
        if (lost >= 0) this.#firstLost = this.#offset + lost;
      }
    } else this.#count(bytes);
    this.#offset += bytes.length;
  }

  #count(bytes: Buffer): void {
    for (let i = 0; i < bytes.length;) {
      const length = sequenceLength(bytes, i);
      if (length > 1) this.#wellFormed += 1;
      if (length === 0) {
        this.#malformed += 1;
        if (this.#firstForeign < 0) this.#firstForeign = this.#offset + i;
        if (this.#firstUndefined < 0 && UNDEFINED_IN_1252.includes(bytes[i]!)) this.#firstUndefined = this.#offset + i;
      }
      i += Math.max(1, length);
    }
  }

  /** Only for a message: reads the file again up to `offset` and counts its lines. */
  async #lineAt(offset: number): Promise<number> {
    const lines = new LineCount();
    let at = 0;
    for await (const chunk of this.#file.open(this.#signal)) {
      lines.take(chunk.subarray(0, offset - at).toString('latin1'));
      at += chunk.length;
      if (at >= offset) break;
    }
    return lines.line;
  }
}

/** How many bytes at the end belong to a UTF-8 sequence that is not complete yet: 0 to 3. */
function openTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < announcedLength(byte) ? back : 0;
  }
  return 0;
}

const announcedLength = (lead: number): number => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2);

/** The length of the well-formed UTF-8 sequence at `i`, or 0. */
function sequenceLength(bytes: Buffer, i: number): number {
  const lead = bytes[i]!;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = announcedLength(lead);
  return i + length <= bytes.length && isUtf8(bytes.subarray(i, i + length)) ? length : 0;
}

/** The line that text read so far ends in; a file that has LF anywhere ends its lines with (CR)LF, else with CR. */
class LineCount {
  #lf = 0;
  #cr = 0;

  get line(): number {
    return 1 + (this.#lf > 0 ? this.#lf : this.#cr);
  }

  take(text: string): void {
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code === 10) this.#lf += 1;
      else if (code === 13) this.#cr += 1;
    }
  }
}

const nulBytes = (file: SourceFile, line: number) =>
  invalidData(`${file.name}, line ${line}: NUL bytes where text was expected; the file is damaged.`, EXPORT_AGAIN);

const lostCharacter = (file: SourceFile, line: number) =>
  invalidData(
    `${file.name}, line ${line}: a character was lost (U+FFFD) when the file was written.`,
    `The export or a later conversion used the wrong encoding. ${SAVE_AS_UTF8}`,
  );

/** 0x80 to 0x9F of Windows-1252; the rest is Latin-1. Our own table, since not every Node.js decodes these the same. */
const HIGH_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ';

/** The text of a file whose encoding was detected, without its BOM, in pieces. */
export async function* decode(bytes: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<string> {
  const decoder = decoderOf(encoding);
  let first = true;
  for await (const chunk of bytes) {
    let text = decoder.write(chunk);
    if (first && text !== '') {
      first = false;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    if (text !== '') yield text;
  }
  const rest = decoder.end();
  if (rest !== '') yield rest;
}

function decoderOf(encoding: Encoding): { write(chunk: Buffer): string; end(): string } {
  if (encoding === 'utf-8') return new StringDecoder('utf8');
  if (encoding === 'windows-1252')
    return {
      write: (chunk) =>
        chunk.toString('latin1').replace(/[\x80-\x9f]/g, (c) => HIGH_1252.charAt(c.charCodeAt(0) - 0x80)),
      end: () => '',
    };
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  return { write: (chunk) => decoder.decode(chunk, { stream: true }), end: () => decoder.decode() };
}
