import fc from 'fast-check';
import { createRandom, scramble } from './random.ts';

describe('createRandom', () => {
  it('gives the same sequence for the same seed, and another for another', () => {
    const draw = (...seed: (number | string)[]) => {
      const random = createRandom(...seed);
      return Array.from({ length: 50 }, () => random.next());
    };
    expect(draw(7, 'people')).toEqual(draw(7, 'people'));
    expect(draw(7, 'people')).not.toEqual(draw(8, 'people'));
    expect(draw(7, 'people')).not.toEqual(draw(7, 'places'));
    expect(draw('ab', 'c')).not.toEqual(draw('a', 'bc'));
  });

  it('keeps to its limits and reaches all of them', () => {
    const random = createRandom(1);
    const seen = new Set(Array.from({ length: 500 }, () => random.between(3, 6)));
    expect([...seen].sort()).toEqual([3, 4, 5, 6]);
  });

  it('shuffles without loss and leaves the list alone', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.integer()), (seed, list) => {
        const before = [...list];
        const after = createRandom(seed).shuffled(list);
        expect(list).toEqual(before);
        expect([...after].sort((a, b) => a - b)).toEqual([...list].sort((a, b) => a - b));
      }),
    );
  });

  it('refuses to pick from nothing', () => {
    expect(() => createRandom(1).pick([])).toThrow(RangeError);
  });
});

describe('scramble', () => {
  it('spreads neighbours evenly over 32 bits', () => {
    const buckets = Array.from({ length: 16 }, () => 0);
    const values = Array.from({ length: 16_000 }, (_, index) => scramble(5, index, 1));
    expect(values.filter((value) => !Number.isInteger(value) || value < 0 || value >= 2 ** 32)).toEqual([]);
    for (const value of values) {
      buckets[value % 16] = (buckets[value % 16] ?? 0) + 1;
    }
    expect(Math.min(...buckets)).toBeGreaterThan(850);
    expect(Math.max(...buckets)).toBeLessThan(1150);
  });
});
