import fc from 'fast-check';
import { updateCount } from './mass-update.fixture.ts';
import { NO_PATTERNS, type UpdateCount } from './mass-update.ts';
import { areUpdatesWithheld, judgeUpdates } from './update-guard.ts';
import { NO_UPDATE_THRESHOLD, PEOPLE, type UpdateThreshold } from './update-threshold.ts';

const at = (percent: number): UpdateThreshold => ({
  students: percent * 100,
  staff: percent * 100,
  guardians: percent * 100,
});

const groups = fc.uniqueArray(
  fc
    .record({
      recordType: fc.constantFrom(...PEOPLE),
      school: fc.constantFrom(null, 'A', 'B'),
      active: fc.nat({ max: 60 }),
      share: fc.nat({ max: 100 }),
      more: fc.nat({ max: 5 }),
    })
    .map(({ share, more, active, ...place }): UpdateCount => {
      const changed = Math.floor((active * share) / 100);
      return updateCount({ ...place, active, changed, updates: changed + more });
    }),
  { selector: ({ recordType, school }) => `${recordType} ${school}`, maxLength: 9 },
);
const basisPoints = fc.option(fc.nat({ max: 10_000 }));
const inputs = fc.record({
  counts: groups,
  threshold: fc.record({ students: basisPoints, staff: basisPoints, guardians: basisPoints }),
  withhold: fc.constantFrom('sync' as const, 'school' as const),
});

describe('guard §36: updateThreshold', () => {
  it('holds what is over it, and not what is exactly at it', () => {
    const verdictOf = (changed: number) =>
      judgeUpdates({ counts: [updateCount({ changed })], threshold: at(30), withhold: 'sync' }).verdict;
    expect(verdictOf(24)).toBe('pass');
    expect(verdictOf(25)).toBe('hold');
  });

  it('is off where nothing is set', () => {
    const counts = [updateCount({ changed: 80 })];
    expect(judgeUpdates({ counts, threshold: NO_UPDATE_THRESHOLD, withhold: 'sync' })).toEqual({
      verdict: 'pass',
      findings: [],
      withheld: { everything: false, schools: [], districtTypes: [] },
      explanation: null,
    });
  });

  it('judges every group by whole numbers, and by nothing but its own', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { findings, verdict } = judgeUpdates(input);
        for (const { recordType, active, changed, verdict: own } of findings) {
          const percent = input.threshold[recordType];
          const isOver = percent !== null && active > 0 && BigInt(changed) * 10_000n > BigInt(active) * BigInt(percent);
          expect(own).toBe(isOver ? 'hold' : 'pass');
        }
        expect(verdict).toBe(findings.some((finding) => finding.verdict === 'hold') ? 'hold' : 'pass');
      }),
    );
  });

  it('withholds all of a group or nothing, every group that is over, and nothing where none is', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { findings, withheld, verdict, explanation } = judgeUpdates(input);
        expect(explanation === null).toBe(verdict === 'pass');
        findings.forEach((finding, index) => {
          const updates = input.counts[index]?.updates ?? 0;
          expect(finding.withheld).toBe(areUpdatesWithheld(withheld, finding) ? updates : 0);
          if (finding.verdict === 'hold') expect(areUpdatesWithheld(withheld, finding)).toBe(true);
          if (verdict === 'pass') expect(finding.withheld).toBe(0);
          if (verdict === 'hold' && input.withhold === 'sync') expect(finding.withheld).toBe(updates);
        });
      }),
    );
  });

  it('withholds by school only where that school, or that type of the district, is over', () => {
    fc.assert(
      fc.property(inputs, ({ counts, threshold }) => {
        const { findings } = judgeUpdates({ counts, threshold, withhold: 'school' });
        const over = findings.filter(({ verdict }) => verdict === 'hold');
        for (const finding of findings) {
          const isNear = over.some(
            ({ school, recordType }) =>
              school === finding.school && (school !== null || recordType === finding.recordType),
          );
          if (!isNear) expect(finding.withheld).toBe(0);
        }
      }),
    );
  });

  it('passes at the percentage that it says would pass', () => {
    fc.assert(
      fc.property(groups, (counts) => {
        const { findings } = judgeUpdates({ counts, threshold: at(0), withhold: 'sync' });
        findings.forEach(({ smallestPassingPercent }, index) => {
          const count = counts[index] as UpdateCount;
          const verdictAt = (percent: number) =>
            judgeUpdates({ counts: [count], threshold: at(percent), withhold: 'sync' }).verdict;
          expect(verdictAt(smallestPassingPercent)).toBe('pass');
          if (smallestPassingPercent > 0) expect(verdictAt(smallestPassingPercent - 1)).toBe('hold');
        });
      }),
    );
  });

  it('says what was over, what was withheld, the cause, and that there is nothing to approve', () => {
    const counts = [
      updateCount({ changed: 44, patterns: { ...NO_PATTERNS, encodedTwice: 44 } }),
      updateCount({ recordType: 'guardians', school: null, active: 30, changed: 20 }),
      updateCount({ recordType: 'staff', active: 9, updates: 1 }),
    ];
    const { explanation } = judgeUpdates({ counts, threshold: at(30), withhold: 'school' });
    expect(explanation?.message).toBe(
      '44 of 80 students of school "0101" would get another name, e-mail, username or number; the update threshold of 30 % allows 24. ' +
        'Over it as well: 20 of 30 guardians of the district. ' +
        '65 updates of people of school "0101" and guardians of the district were withheld; these records stay as they were.',
    );
    expect(explanation?.advice).toContain('Text seems to be encoded twice');
    expect(explanation?.advice).toContain('There is nothing to approve.');
    expect(explanation?.advice).toContain('raise the update threshold to 67 % for the next run');
  });
});
