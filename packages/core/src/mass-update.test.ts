import fc from 'fast-check';
import { field, updateCount } from './mass-update.fixture.ts';
import { massUpdateWarning } from './mass-update-text.ts';
import { NO_PATTERNS, causesOf, isEmptied, isMassChange, massUpdates, type UpdateCount } from './mass-update.ts';

const warningsOf = (...counts: UpdateCount[]): string[] =>
  massUpdates(counts).map((update) => massUpdateWarning(update).message);

describe('guard §36: a mass update', () => {
  it('has at least 20 records, and more than 30 % of the group', () => {
    expect(isMassChange({ active: 20, changed: 19 })).toBe(false);
    expect(isMassChange({ active: 20, changed: 20 })).toBe(true);
    expect(isMassChange({ active: 100, changed: 30 })).toBe(false);
    expect(isMassChange({ active: 100, changed: 31 })).toBe(true);
    expect(isMassChange({ active: 0, changed: 20 })).toBe(false);
  });

  it('is so exactly where the true quotient is over 30 %', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000_000 }), fc.nat({ max: 1_000_000_000 }), (active, changed) => {
        const isOver = BigInt(changed) * 10n > BigInt(active) * 3n;
        expect(isMassChange({ active, changed })).toBe(active > 0 && changed >= 20 && isOver);
      }),
    );
  });

  it('never is one with fewer changes in the same group, if it is none with more', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1000 }), fc.nat({ max: 1000 }), fc.nat({ max: 1000 }), (active, changed, less) => {
        const fewer = Math.max(0, changed - less);
        if (!isMassChange({ active, changed })) expect(isMassChange({ active, changed: fewer })).toBe(false);
      }),
    );
  });

  it('is a field too that nine of ten who had it lose, and at least 20', () => {
    expect(isEmptied({ emptied: 19, had: 19 })).toBe(false);
    expect(isEmptied({ emptied: 20, had: 22 })).toBe(true);
    expect(isEmptied({ emptied: 20, had: 23 })).toBe(false);
  });

  it('tells the largest group first', () => {
    const [first, second] = warningsOf(updateCount({ changed: 30 }), updateCount({ school: 'B', changed: 60 }));
    expect([first, second]).toEqual([
      expect.stringMatching(/^60 of 80 students of school "B"/),
      expect.stringMatching(/^30 of 80 students of school "0101"/),
    ]);
    expect(warningsOf(updateCount({ changed: 19 }), updateCount())).toEqual([]);
  });

  it('names the group, the fields by their number, the cause, examples and what to do', () => {
    const fields = [field('givenName', { changed: 10 }), field('familyName', { changed: 44 })];
    const patterns = { ...NO_PATTERNS, lettersLost: 40 };
    expect(warningsOf(updateCount({ changed: 44, fields, patterns, examples: ['s1', 's2'] }))).toEqual([
      '44 of 80 students of school "0101" have another name, e-mail, username or number in the data (familyName: 44, givenName: 10). ' +
        'Letters seem to be lost: in 40 of them letters with accents, or of another script, became "?" or are missing. Export as UTF-8. ' +
        'Examples: "s1", "s2". If these changes are wrong, correct the data and sync again. The next run restores the values.',
    ]);
  });

  it('names fields that empty, and where they may be gone', () => {
    const fields = [field('birthDate', { emptied: 80, had: 80, examples: ['s7'] })];
    expect(warningsOf(updateCount({ recordType: 'guardians', school: null, fields }))).toEqual([
      'birthDate is empty in the data for 80 of the 80 guardians who had one (the district). ' +
        'A column or a file with birthDate seems to be gone, or to have lost its name. Examples: "s7". ' +
        'If these changes are wrong, correct the data and sync again. The next run restores the values.',
    ]);
  });

  it('has a cause only if more than half of the changes show it', () => {
    const shifts = [{ field: 'givenName', from: 'familyName', count: 21 }];
    expect(causesOf(updateCount({ changed: 40, shifts }))).toEqual([{ kind: 'shifted', ...shifts[0] }]);
    expect(causesOf(updateCount({ changed: 42, shifts }))).toEqual([]);
    for (const kind of Object.keys(NO_PATTERNS) as (keyof typeof NO_PATTERNS)[])
      expect(causesOf(updateCount({ changed: 40, patterns: { ...NO_PATTERNS, [kind]: 21 } }))).toEqual([
        { kind, count: 21 },
      ]);
  });
});
