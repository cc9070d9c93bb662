import { giveArrayBack, takeArray } from './spare-arrays.ts';

/** 2^27 bits, 16 MB whatever the district's size: with a million ids, one in a million is suspected wrongly. */
const BITS_LOG2 = 27;
const PROBES = 4;

/** Beyond this many suspects it is cheaper to look for repeated ids among all of them. */
const MAX_SUSPECTS = 10_000;

/**
 * Watches ids go by and suspects those that came before: a Bloom filter, which never misses a repeated id. The database
 * then looks at the suspects only.
 */
export class RepeatedIds {
  readonly #bits = takeArray(2 ** (BITS_LOG2 - 5));
  readonly #suspects = new Map<number, string[]>();
  readonly #overflowed = new Set<number>();

  /** It must not be used after. */
  release(): void {
    giveArrayBack(this.#bits);
  }

  /** `group` keeps the ids of different record types apart. */
  see(group: number, id: string): void {
    let first = 0x811c9dc5 ^ group;
    let second = 0x9e3779b9 + group;
    for (let i = 0; i < id.length; i++) {
      const code = id.charCodeAt(i);
      first = Math.imul(first ^ code, 0x01000193);
      second = Math.imul(second ^ code, 0x85ebca6b) ^ (second >>> 15);
    }
    if (!this.#mark(first, second)) this.#suspect(group, id);
  }

  /** The same for an id in UTF-8. */
  seeBytes(group: number, bytes: Buffer, start: number, end: number): void {
    let first = 0x811c9dc5 ^ group;
    let second = 0x9e3779b9 + group;
    for (let i = start; i < end; i++) {
      const code = bytes[i] as number;
      // Characters are several bytes from here on; the two ways must agree.
      if (code > 127) return this.see(group, bytes.toString('utf8', start, end));
      first = Math.imul(first ^ code, 0x01000193);
      second = Math.imul(second ^ code, 0x85ebca6b) ^ (second >>> 15);
    }
    if (!this.#mark(first, second)) this.#suspect(group, bytes.toString('latin1', start, end));
  }

  /** False if all the bits of this id were set before. */
  #mark(first: number, step: number): boolean {
    const second = step | 1;
    let isNew = false;
    for (let probe = 0; probe < PROBES; probe++) {
      // The high bits are the well-mixed ones.
      const bit = Math.imul(first + Math.imul(probe, second), 0xc2b2ae35) >>> (32 - BITS_LOG2);
      const word = bit >>> 5;
      const mask = 1 << (bit & 31);
      if ((this.#bits[word] as number) & mask) continue;
      isNew = true;
      (this.#bits[word] as number) |= mask;
    }
    return isNew;
  }

  #suspect(group: number, id: string): void {
    let suspects = this.#suspects.get(group);
    if (!suspects) this.#suspects.set(group, (suspects = []));
    if (suspects.length < MAX_SUSPECTS) suspects.push(id);
    else this.#overflowed.add(group);
  }

  /** The ids of a group that may have come twice; null if they are too many to list. */
  suspects(group: number): readonly string[] | null {
    return this.#overflowed.has(group) ? null : (this.#suspects.get(group) ?? []);
  }
}
