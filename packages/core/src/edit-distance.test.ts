import fc from 'fast-check';
import { editDistance } from './edit-distance.ts';

/** The definition, by recursion over the beginnings of both texts, with none of the shortcuts. */
function byDefinition(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  const known = new Map<string, number>();
  const of = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i},${j}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
    const distance = Math.min(
      of(i - 1, j) + 1,
      of(i, j - 1) + 1,
      of(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
      isSwap ? of(i - 2, j - 2) + 1 : Infinity,
    );
    known.set(key, distance);
    return distance;
  };
  return of(a.length, b.length);
}

/** Few letters, so that texts share parts; emoji that share halves of their surrogate pairs. */
const word = fc
  .array(fc.constantFrom('a', 'b', 'c', '0', '😀', '😁', '\u{1FA00}'), { maxLength: 9 })
  .map((parts) => parts.join(''));

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['password', 'password', 0],
    ['pasword', 'password', 1],
    ['passwrod', 'password', 1],
    ['passw0rd', 'password', 1],
    ['password1', 'password', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
    ['😀😁', '😁😀', 1],
    ['😀', '😁', 1],
    ['A', 'a', 1],
  ])('of %j and %j is %i', (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
  });

  it('is what the definition says', () => {
    fc.assert(
      fc.property(word, word, (a, b) => expect(editDistance(a, b)).toBe(byDefinition(a, b))),
      { numRuns: 500 },
    );
  });

  it('is Infinity beyond the bound, and else the same', () => {
    fc.assert(
      fc.property(word, word, fc.nat({ max: 9 }), (a, b, bound) => {
        const distance = byDefinition(a, b);
        expect(editDistance(a, b, bound)).toBe(distance > bound ? Infinity : distance);
      }),
      { numRuns: 1000 },
    );
  });

  it('finds one edit at either end, and a swap of pairs, under a bound of 1', () => {
    for (const [a, b] of [
      ['abcdef', 'xbcdef'],
      ['abcdef', 'abcde'],
      ['a😀😁b', 'a😁😀b'],
      ['😀\u{1FA00}', '\u{1FA00}😀'],
    ] as const)
      expect(editDistance(a, b, 1)).toBe(1);
  });

  it('is the same both ways', () => {
    fc.assert(fc.property(word, word, (a, b) => expect(editDistance(a, b)).toBe(editDistance(b, a))));
  });
});
