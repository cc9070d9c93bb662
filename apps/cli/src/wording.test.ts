import { age } from './wording.ts';

describe('age', () => {
  it.each([
    ['2026-03-02T12:00:00Z', 'just now'],
    ['2026-03-02T12:00:30Z', 'just now'],
    ['2026-03-02T11:55:00Z', '5 minutes ago'],
    ['2026-03-02T09:00:00Z', '3 hours ago'],
    ['2026-02-18T09:00:00Z', '12 days ago'],
  ])('of %s is %s', (iso, expected) => {
    expect(age(iso, Date.parse('2026-03-02T12:00:00Z'))).toBe(expected);
  });
});
