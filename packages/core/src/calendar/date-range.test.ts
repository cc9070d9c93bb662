import fc from 'fast-check';
import { firstDayOutside, isWithin } from './date-range.ts';
import { dayAfter } from './local-date.ts';

it('counts the first day of a window and not its `until`', () => {
  const window = { from: '2027-07-01', until: '2027-07-03' };
  const days = ['2027-06-30', '2027-07-01', '2027-07-02', '2027-07-03'];
  expect(days.map((day) => isWithin(window, day))).toEqual([false, true, true, false]);
});

describe('firstDayOutside', () => {
  const first = (day: string, ...ranges: [from: string, to: string][]) =>
    firstDayOutside(
      ranges.map(([from, to]) => ({ from, to })),
      day,
    );

  it('is the day itself where no range holds it', () => {
    expect(first('2026-12-24')).toBe('2026-12-24');
    expect(first('2026-12-23', ['2026-12-24', '2027-01-03'])).toBe('2026-12-23');
    expect(first('2027-01-04', ['2026-12-24', '2027-01-03'])).toBe('2027-01-04');
  });

  it('is the day after a range, both of whose ends count', () => {
    expect(first('2026-12-24', ['2026-12-24', '2027-01-03'])).toBe('2027-01-04');
    expect(first('2027-01-03', ['2026-12-24', '2027-01-03'])).toBe('2027-01-04');
    expect(first('2028-02-28', ['2028-02-28', '2028-02-28'])).toBe('2028-02-29');
  });

  it('passes ranges that adjoin or overlap, in any order, and stops at a gap of one day', () => {
    const week: [string, string][] = [
      ['2026-12-28', '2026-12-31'],
      ['2026-12-24', '2026-12-25'],
      ['2026-12-25', '2026-12-27'],
    ];
    expect(first('2026-12-24', ...week)).toBe('2027-01-01');
    expect(first('2026-12-24', ...week, ['2027-01-02', '2027-01-05'])).toBe('2027-01-01');
    expect(first('2026-12-24', ...week, ['2027-01-01', '2027-01-01'])).toBe('2027-01-02');
  });

  it('is what walking day by day finds', () => {
    const dayOf = (index: number) => new Date(Date.UTC(2028, 1, 20 + index)).toISOString().slice(0, 10);
    const ranges = fc.array(
      fc
        .tuple(fc.nat({ max: 40 }), fc.nat({ max: 6 }))
        .map(([from, length]) => ({ from: dayOf(from), to: dayOf(from + length) })),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(ranges, fc.nat({ max: 40 }), (blackout, start) => {
        let day = dayOf(start);
        while (blackout.some(({ from, to }) => from <= day && day <= to)) day = dayAfter(day);
        expect(firstDayOutside(blackout, dayOf(start))).toBe(day);
      }),
      { numRuns: 300 },
    );
  });
});
