import { giveArrayBack, takeArray } from './spare-arrays.ts';

const WORDS = 4;

/** Share of the slots in use: fuller tables are slower to search. */
const MAX_LOAD = 0.8;

/**
 * The hashes of a sync's active records of one type, and which of them the rows of a pull have met: a row whose hash is
 * among them is what the roster holds already. 25 bytes a record, outside the JavaScript heap.
 */
export class RosterHashes {
  #slots = 0;
  #hashes: Int32Array = new Int32Array(0);
  /** The line that met the hash, plus one; 0: none yet. */
  #metAt: Int32Array = new Int32Array(0);
  #size = 0;
  #met = 0;

  /** @param expected how many hashes will be added, more or less */
  constructor(expected: number) {
    this.#resize(Math.max(16, Math.ceil(expected / MAX_LOAD) + 1));
  }

  get size(): number {
    return this.#size;
  }

  /** How many of the hashes were met. */
  get met(): number {
    return this.#met;
  }

  /** `words`: the hash as four 32-bit numbers. To be done before the first is met. */
  add(words: Int32Array): void {
    if (this.#size >= this.#slots * MAX_LOAD) this.#grow();
    const slot = this.#slotOf(words);
    if (!this.#isFree(slot)) return;
    for (let i = 0; i < WORDS; i++) this.#hashes[slot * WORDS + i] = words[i] as number;
    this.#size += 1;
  }

  /** It must not be used after. */
  release(): void {
    giveArrayBack(this.#hashes);
    giveArrayBack(this.#metAt);
    this.#hashes = this.#metAt = new Int32Array(0);
    this.#slots = 0;
  }

  /** Whether the hash is there. Notes the line; of several the last one counts. */
  meet(words: Int32Array, line: number): boolean {
    const slot = this.#slotOf(words);
    if (this.#isFree(slot)) return false;
    if (this.#metAt[slot] === 0) this.#met += 1;
    this.#metAt[slot] = line + 1;
    return true;
  }

  /** The line that met the hash last; null if none did. */
  lineOf(words: Int32Array): number | null {
    const slot = this.#slotOf(words);
    return this.#isFree(slot) || this.#metAt[slot] === 0 ? null : (this.#metAt[slot] as number) - 1;
  }

  /** The hashes that no row has met. The array is used again for each of them. */
  *missed(): Generator<Int32Array> {
    for (let slot = 0; slot < this.#slots; slot++)
      if (this.#metAt[slot] === 0 && !this.#isFree(slot)) yield this.#hashes.subarray(slot * WORDS, (slot + 1) * WORDS);
  }

  #resize(slots: number): void {
    this.#slots = slots;
    this.#hashes = takeArray(slots * WORDS);
    this.#metAt = takeArray(slots);
    this.#size = 0;
  }

  #grow(): void {
    const former = this.#hashes;
    giveArrayBack(this.#metAt);
    this.#resize(this.#slots * 2);
    for (let at = 0; at < former.length; at += WORDS) {
      const words = former.subarray(at, at + WORDS);
      if (words.some((word) => word !== 0)) this.add(words);
    }
    giveArrayBack(former);
  }

  /** Where the hash stands, or the free slot where it would. Hashes are even already: their first word will do. */
  #slotOf(words: Int32Array): number {
    const hashes = this.#hashes;
    const first = Math.floor((((words[0] as number) >>> 0) * this.#slots) / 2 ** 32);
    for (let slot = first; ; slot = slot + 1 === this.#slots ? 0 : slot + 1) {
      const at = slot * WORDS;
      const isSame =
        hashes[at] === words[0] &&
        hashes[at + 1] === words[1] &&
        hashes[at + 2] === words[2] &&
        hashes[at + 3] === words[3];
      if (isSame || this.#isFree(slot)) return slot;
    }
  }

  /** A hash of zeros alone comes once in 2^128, and would only not be recognised: `add` leaves it out. */
  #isFree(slot: number): boolean {
    const at = slot * WORDS;
    const hashes = this.#hashes;
    return (
      ((hashes[at] as number) |
        (hashes[at + 1] as number) |
        (hashes[at + 2] as number) |
        (hashes[at + 3] as number)) ===
      0
    );
  }
}

/** A hash as PostgreSQL writes a uuid, without hyphens. */
export const hexOf = (words: Int32Array): string =>
  Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');

/** The reverse of {@link hexOf}; hyphens are passed over. */
export function wordsOf(uuid: string): Int32Array {
  const hex = uuid.replaceAll('-', '');
  return Int32Array.from({ length: WORDS }, (_, i) => Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16));
}
