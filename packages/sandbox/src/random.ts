/** A repeatable source of choices: the same seed gives the same sequence on every machine. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  /** A whole number in [low, high]. */
  between(low: number, high: number): number;
  /** True with the given probability, 0 to 1. */
  chance(probability: number): boolean;
  /** One element. Throws a RangeError when there is none. */
  pick<T>(list: readonly T[]): T;
  /** A new list with the same elements in another order. */
  shuffled<T>(list: readonly T[]): T[];
}

const GOLDEN = 0x9e3779b9;

/** Scrambles whole numbers into one of 32 bits (0 to 2^32 - 1): what a row at an index looks like, without its neighbours. */
export function scramble(a: number, b = 0, c = 0): number {
  let hash =
    Math.imul(a ^ 0x85ebca6b, 0xcc9e2d51) ^ Math.imul(b + GOLDEN, 0x1b873593) ^ Math.imul(c ^ 0x27d4eb2f, 0x165667b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function seedOf(parts: readonly (number | string)[]): number {
  let seed = GOLDEN;
  for (const part of parts) {
    if (typeof part === 'number') seed = scramble(seed, part, 1);
    else for (const letter of part) seed = scramble(seed, letter.codePointAt(0) ?? 0, 2);
    seed = scramble(seed, 0, 3);
  }
  return seed;
}

/**
 * A generator for the given seed. Several parts name one purpose (`createRandom(7, 'people', '0101')`), so that a choice more in
 * one place shifts nothing elsewhere. The sequence is mulberry32: a 32-bit counter, scrambled.
 */
export function createRandom(...seed: readonly (number | string)[]): Random {
  let state = seedOf(seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (probability) => next() < probability,
    pick: <T>(list: readonly T[]): T => {
      if (list.length === 0) throw new RangeError('expected at least one element to pick from, got none');
      return list[below(list.length)] as T;
    },
    shuffled: <T>(list: readonly T[]): T[] => {
      const result = [...list];
      for (let last = result.length - 1; last > 0; last -= 1) {
        const other = below(last + 1);
        [result[last], result[other]] = [result[other] as T, result[last] as T];
      }
      return result;
    },
  };
}
