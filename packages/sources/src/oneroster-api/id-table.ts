import { createHash } from 'node:crypto';

const FIRST_CAPACITY = 1 << 12;
/** Fuller tables look long for a free place. */
const MAX_LOAD = 0.6;

/**
 * A number for each id, in 12 bytes a place instead of the hundred that a Map of strings takes: a million ids fit in
 * some 25 MB. Ids are known by 64 bits of their SHA-256; that two of a million share them happens once in 37 million
 * districts.
 */
export class IdTable {
  #high = new Uint32Array(FIRST_CAPACITY);
  #low = new Uint32Array(FIRST_CAPACITY);
  #values = new Int32Array(FIRST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of the id; undefined if it has none. */
  get(id: string): number | undefined {
    const [high, low] = keyOf(id);
    const place = this.#placeOf(high, low);
    return this.#low[place] === 0 ? undefined : this.#values[place];
  }

  /** Gives the id a number, in place of the one it may have. Whether the id is new. */
  set(id: string, value: number): boolean {
    const [high, low] = keyOf(id);
    let place = this.#placeOf(high, low);
    const isNew = this.#low[place] === 0;
    if (isNew) {
      if (this.#size + 1 > this.#low.length * MAX_LOAD) {
        this.#grow();
        place = this.#placeOf(high, low);
      }
      this.#size += 1;
      this.#high[place] = high;
      this.#low[place] = low;
    }
    this.#values[place] = value;
    return isNew;
  }

  /** Where the key is, or the free place where it would be. */
  #placeOf(high: number, low: number): number {
    const last = this.#low.length - 1;
    let place = high & last;
    while (this.#low[place] !== 0 && (this.#low[place] !== low || this.#high[place] !== high))
      place = (place + 1) & last;
    return place;
  }

  #grow(): void {
    const [highs, lows, values] = [this.#high, this.#low, this.#values];
    const capacity = lows.length * 2;
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#values = new Int32Array(capacity);
    for (let old = 0; old < lows.length; old += 1) {
      const low = lows[old]!;
      if (low === 0) continue;
      const place = this.#placeOf(highs[old]!, low);
      this.#high[place] = highs[old]!;
      this.#low[place] = low;
      this.#values[place] = values[old]!;
    }
  }
}

/** A low half of 0 means a free place; no key has it. */
function keyOf(id: string): [high: number, low: number] {
  const digest = createHash('sha256').update(id).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4) || 1];
}
