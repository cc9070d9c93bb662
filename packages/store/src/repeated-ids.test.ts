import fc from 'fast-check';
import { RepeatedIds } from './repeated-ids.ts';

it('suspects every id that comes twice in its group', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(8), fc.string({ maxLength: 12 })), { maxLength: 200 }), (ids) => {
      const repeated = new RepeatedIds();
      const seen = new Set<string>();
      for (const [group, id] of ids) {
        repeated.see(group, id);
        const key = `${group}/${id}`;
        if (seen.has(key)) expect(repeated.suspects(group)).toContain(id);
        seen.add(key);
      }
    }),
    { numRuns: 20 },
  );
});

it('suspects hardly any of twenty thousand ids that look alike', () => {
  const repeated = new RepeatedIds();
  for (let i = 0; i < 20_000; i++) repeated.see(0, `0101-${i % 1000}.S${100_000 + Math.floor(i / 7)}-${i}`);
  expect(repeated.suspects(0)?.length).toBeLessThan(2);
});

it('says when the suspects are too many to list', () => {
  const repeated = new RepeatedIds();
  for (let i = 0; i < 30_000; i++) repeated.see(1, `id-${i % 12_000}`);
  expect(repeated.suspects(1)).toBeNull();
  expect(repeated.suspects(2)).toEqual([]);
});
