import { ThresholdWindow } from './threshold-window.ts';

it.each([
  [0, 0],
  [20, 20],
  ['20', 20],
  ['20h', 20],
  ['1 hour', 1],
  ['7 days', 168],
  ['30D', 720],
  [720, 720],
])('guard §35: reads %j as %i hours', (written, hours) => {
  expect(ThresholdWindow.parse(written)).toBe(hours);
});

it.each([721, -1, 1.5, '31 days', '20 minutes', '', 'a day', null, true])('guard §35: refuses %j', (written) => {
  const { error } = ThresholdWindow.safeParse(written);
  expect(error?.issues[0]?.message).toMatch(/^expected a number of hours, or days, from 0 to 30 days.*received/);
});
