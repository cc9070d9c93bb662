import { seasonNote } from './season.ts';

it.each(['2026-05-01', '2026-07-15', '2026-09-30'])('finds nothing unusual on %s', (today) => {
  expect(seasonNote(today)).toBe('');
});

it.each([
  ['2026-04-30', 'April'],
  ['2026-10-01', 'October'],
  ['2026-01-01', 'January'],
])('on %s names %s', (today, month) => {
  expect(seasonNote(today)).toBe(` That is unusual in ${month}.`);
});
