const FIRST_CAPACITY = 1 << 12;
/** Fuller tables look long for a free place. */
const MAX_LOAD = 0.6;

/**
 * A number for each id, in 12 bytes a place instead of the hundred that a Map of strings takes: a million ids fit in
 * some 25 MB. Ids are known by a hash of 64 bits; that two of a million share it happens once in 37 million districts.
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
    const size = this.#size;
    const place = this.#placeFor(id, value);
    this.#values[place] = value;
    return this.#size > size;
  }

  /** The number that the id was given first: this one, if it is new. */
  first(id: string, value: number): number {
    // First the place: finding it may replace the arrays.
    const place = this.#placeFor(id, value);
    return this.#values[place] as number;
  }

  /** The place of the id, taken with this value if it has none yet. */
  #placeFor(id: string, value: number): number {
    const [high, low] = keyOf(id);
    let place = this.#placeOf(high, low);
    if (this.#low[place] !== 0) return place;
    if (this.#size + 1 > this.#low.length * MAX_LOAD) {
      this.#grow();
      place = this.#placeOf(high, low);
    }
    this.#size += 1;
    this.#high[place] = high;
    this.#low[place] = low;
    this.#values[place] = value;
    return place;
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

/**
 * Two hashes of 32 bits that have nothing in common: FNV-1a, and one of another multiplier that folds its upper bits
 * back at each step. A low half of 0 means a free place; no key has it.
 */
function keyOf(id: string): [high: number, low: number] {
  let high = 0x811c9dc5;
  let low = 0x9e3779b9;
  for (let i = 0; i < id.length; i += 1) {
    const code = id.charCodeAt(i);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b);
    low ^= low >>> 15;
  }
  return [spread(high), spread(low) || 1];
}

/** Lets every bit decide on every other, as ids differ in their last digits only. */
function spread(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
