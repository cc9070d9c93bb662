import { LONGEST_WAIT_MS, toldToWaitMs } from './waiting.ts';

const NOW_MS = Date.parse('2026-11-24T10:00:00Z');

describe('how long an answer asks to wait', () => {
  it.each([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['no time at all', { 'retry-after': '0' }, 0],
    ['a date', { 'retry-after': 'Tue, 24 Nov 2026 10:00:30 GMT' }, 30_000],
    ['a date that has passed', { 'retry-after': 'Tue, 24 Nov 2026 09:00:00 GMT' }, 0],
    [
      'a date, by the clock of a server that is ten minutes behind',
      { 'retry-after': 'Tue, 24 Nov 2026 09:50:30 GMT', date: 'Tue, 24 Nov 2026 09:50:00 GMT' },
      30_000,
    ],
    ['Unix seconds', { 'x-ratelimit-reset': String(NOW_MS / 1000 + 12) }, 12_000],
    ['seconds until the reset', { 'ratelimit-reset': '40', 'ratelimit-remaining': '0' }, 40_000],
    ['both: Retry-After counts', { 'retry-after': '3', 'x-ratelimit-reset': '40' }, 3000],
    ['days', { 'retry-after': '604800' }, LONGEST_WAIT_MS],
    ['less than nothing', { 'retry-after': '-5' }, 0],
  ])('%s', (_, headers, expected) => {
    expect(toldToWaitMs(headers, NOW_MS)).toBe(expected);
  });

  it.each([
    ['nothing', {}],
    ['a word', { 'retry-after': 'soon' }],
    ['blanks', { 'retry-after': ' ', 'x-ratelimit-reset': '' }],
    ['several headers of the name', { 'retry-after': ['1', '2'] }],
  ])('%s: undefined', (_, headers) => {
    expect(toldToWaitMs(headers, NOW_MS)).toBeUndefined();
  });
});
