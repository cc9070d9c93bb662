/**
 * MurmurHash3 (x86, 128 bits, seed 0) over a piece of a buffer. Not a cryptographic hash and not meant as one: it tells
 * whether a record is what it was, at a tenth of SHA-256's price; two versions of one record share it once in 2^128.
 */
export class RowHash {
  /** The four words of the last {@link digest}, as signed 32-bit numbers. */
  readonly words = new Int32Array(4);

  digest(bytes: DataView, start: number, end: number): void {
    let h1 = 0;
    let h2 = 0;
    let h3 = 0;
    let h4 = 0;
    let i = start;
    for (; i + 16 <= end; i += 16) {
      h1 ^= mix(bytes.getInt32(i, true), 0x239b961b, 15, 0xab0e9789);
      h1 = (Math.imul(((h1 << 19) | (h1 >>> 13)) + h2, 5) + 0x561ccd1b) | 0;
      h2 ^= mix(bytes.getInt32(i + 4, true), 0xab0e9789, 16, 0x38b34ae5);
      h2 = (Math.imul(((h2 << 17) | (h2 >>> 15)) + h3, 5) + 0x0bcaa747) | 0;
      h3 ^= mix(bytes.getInt32(i + 8, true), 0x38b34ae5, 17, 0xa1e38b93);
      h3 = (Math.imul(((h3 << 15) | (h3 >>> 17)) + h4, 5) + 0x96cd1c35) | 0;
      h4 ^= mix(bytes.getInt32(i + 12, true), 0xa1e38b93, 18, 0x239b961b);
      h4 = (Math.imul(((h4 << 13) | (h4 >>> 19)) + h1, 5) + 0x32ac3b17) | 0;
    }
    const left = end - i;
    if (left > 12) h4 ^= mix(tailWord(bytes, i + 12, end), 0xa1e38b93, 18, 0x239b961b);
    if (left > 8) h3 ^= mix(tailWord(bytes, i + 8, end), 0x38b34ae5, 17, 0xa1e38b93);
    if (left > 4) h2 ^= mix(tailWord(bytes, i + 4, end), 0xab0e9789, 16, 0x38b34ae5);
    if (left > 0) h1 ^= mix(tailWord(bytes, i, end), 0x239b961b, 15, 0xab0e9789);

    const length = end - start;
    h1 ^= length;
    h2 ^= length;
    h3 ^= length;
    h4 ^= length;
    h1 = (h1 + h2 + h3 + h4) | 0;
    h2 = (h2 + h1) | 0;
    h3 = (h3 + h1) | 0;
    h4 = (h4 + h1) | 0;
    h1 = avalanche(h1);
    h2 = avalanche(h2);
    h3 = avalanche(h3);
    h4 = avalanche(h4);
    h1 = (h1 + h2 + h3 + h4) | 0;
    this.words[0] = h1;
    this.words[1] = h2 + h1;
    this.words[2] = h3 + h1;
    this.words[3] = h4 + h1;
  }

  /** Writes the digest as 32 hexadecimal digits at `at`. */
  writeHex(bytes: Uint8Array, at: number): void {
    for (let i = 0; i < 4; i++) {
      const value = this.words[i] as number;
      for (let digit = 0; digit < 8; digit++)
        bytes[at + i * 8 + digit] = HEX_DIGITS[(value >>> (28 - digit * 4)) & 15] as number;
    }
  }
}

const HEX_DIGITS = Buffer.from('0123456789abcdef', 'latin1');

/** The last, incomplete word of a message. */
function tailWord(bytes: DataView, at: number, end: number): number {
  let value = 0;
  for (let i = Math.min(at + 4, end) - 1; i >= at; i--) value = (value << 8) | bytes.getUint8(i);
  return value;
}

function mix(value: number, first: number, rotation: number, second: number): number {
  const mixed = Math.imul(value, first);
  return Math.imul((mixed << rotation) | (mixed >>> (32 - rotation)), second);
}

function avalanche(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
