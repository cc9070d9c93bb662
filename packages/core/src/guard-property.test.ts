import fc from 'fast-check';
import { archivePermission, guard } from './guard.ts';
import type { GuardInput, GuardResult } from './guard.ts';
import { judge, threshold } from './guard.fixture.ts';
import { RECORD_TYPES } from './record-types.ts';

const basisPoints = fc.integer({ min: 0, max: 10_000 });

/** Small numbers often, where the floor matters most; large ones too. */
const size = fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 1_000_000_000 }));

const counts = size.chain((active) =>
  fc
    .nat({ max: active })
    .chain((toArchive) => fc.record({ active: fc.constant(active), toArchive: fc.constant(toArchive) })),
);

const groups = fc.uniqueArray(
  fc
    .record({
      recordType: fc.constantFrom(...RECORD_TYPES),
      school: fc.constantFrom(null, 'A', 'B', 'students'),
      active: fc.nat({ max: 40 }),
      share: fc.tuple(fc.nat({ max: 100 }), fc.nat({ max: 100 })),
    })
    .map(({ share: [gone, known], active, ...place }) => {
      const toArchive = Math.floor((active * gone) / 100);
      return { ...place, active, toArchive, approved: Math.floor((toArchive * known) / 100) };
    }),
  { selector: ({ recordType, school }) => `${recordType} ${school}`, maxLength: 12 },
);

const inputs: fc.Arbitrary<GuardInput> = fc.record({
  counts: groups,
  threshold: basisPoints.map(threshold),
  alwaysAllow: fc.nat({ max: 5 }),
  withhold: fc.constantFrom('sync', 'school'),
  schoolLinks: fc.constantFrom(null, [{ sisId: 'A', name: null }], [{ sisId: 'C', name: null }]),
  schoolsInData: fc.constant([{ sisId: 'A', name: null }]),
});

/** How many records of each group are archived when everything permitted is. */
function archivedCounts(result: GuardResult): number[] {
  const may = archivePermission(result);
  return result.findings.map(({ recordType, school, toArchive, approved }) => {
    const ofApproved = may({ recordType, school, approved: true }) ? approved : 0;
    return ofApproved + (may({ recordType, school, approved: false }) ? toArchive - approved : 0);
  });
}

describe('guard', () => {
  it('trips exactly where the true quotient is over the threshold', () => {
    fc.assert(
      fc.property(counts, basisPoints, (count, bp) => {
        const { verdict } = judge([count], { threshold: threshold(bp) });
        const allowed = (BigInt(count.active) * BigInt(bp)) / 10_000n;
        expect(verdict).toBe(BigInt(count.toArchive) > allowed ? 'hold' : 'pass');
      }),
    );
  });

  it('passes up to `allowed`, and not beyond', () => {
    fc.assert(
      fc.property(size, basisPoints, fc.nat({ max: 20 }), (active, bp, alwaysAllow) => {
        const settings = { threshold: threshold(bp), alwaysAllow };
        const allowed = judge([{ active }], settings).findings[0]?.allowed ?? Number.NaN;
        expect(judge([{ active, toArchive: allowed }], settings).verdict).toBe('pass');
        if (allowed < active) expect(judge([{ active, toArchive: allowed + 1 }], settings).verdict).toBe('hold');
      }),
    );
  });

  it('is monotone in the number to archive', () => {
    fc.assert(
      fc.property(counts, fc.nat(), basisPoints, fc.nat({ max: 5 }), (count, less, bp, alwaysAllow) => {
        const fewer = { ...count, toArchive: Math.max(0, count.toArchive - less) };
        const settings = { threshold: threshold(bp), alwaysAllow };
        if (judge([count], settings).verdict === 'pass') expect(judge([fewer], settings).verdict).toBe('pass');
      }),
    );
  });

  it('is monotone in the threshold', () => {
    fc.assert(
      fc.property(counts, basisPoints, basisPoints, (count, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        if (judge([count], { threshold: threshold(low) }).verdict === 'pass')
          expect(judge([count], { threshold: threshold(high) }).verdict).toBe('pass');
      }),
    );
  });

  it('gives the smallest whole percentage that passes', () => {
    fc.assert(
      fc.property(counts, basisPoints, fc.nat({ max: 20 }), (count, bp, alwaysAllow) => {
        const at = (percent: number) => judge([count], { threshold: threshold(percent), alwaysAllow });
        const smallest = at(bp).findings[0]?.smallestPassingPercent ?? Number.NaN;
        expect(smallest).toBeGreaterThanOrEqual(0);
        expect(smallest).toBeLessThanOrEqual(100);
        expect(at(smallest * 100).verdict).toBe('pass');
        if (smallest > 0) expect(at((smallest - 1) * 100).verdict).toBe('hold');
      }),
    );
  });

  it('never archives more of a group than was allowed or approved, and withholds the rest', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const result = guard(input);
        for (const [index, archived] of archivedCounts(result).entries()) {
          const { allowed, approved, toArchive, withheld } = result.findings[index] ?? result.findings[0]!;
          expect(archived).toBeLessThanOrEqual(Math.max(allowed, approved));
          expect(archived + withheld).toBe(toArchive);
        }
      }),
    );
  });

  it('archives nothing when it rejects, and everything when it passes', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const result = guard(input);
        const archived = archivedCounts(result).reduce((sum, count) => sum + count, 0);
        const asked = input.counts.reduce((sum, { toArchive }) => sum + toArchive, 0);
        if (result.verdict === 'reject') expect(archived).toBe(0);
        if (result.verdict === 'pass') expect(archived).toBe(asked);
        if (result.verdict === 'hold') expect(archived).toBeLessThan(asked);
      }),
    );
  });

  it('withholds no less with `sync` than with `school`', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const bySchool = archivedCounts(guard({ ...input, withhold: 'school' }));
        const bySync = archivedCounts(guard({ ...input, withhold: 'sync' }));
        for (const [index, archived] of bySync.entries()) expect(archived).toBeLessThanOrEqual(bySchool[index] ?? -1);
      }),
    );
  });
});
