import { isTimezone, nearestTimezone } from './timezone.ts';

it.each([
  'UTC',
  'America/Chicago',
  'US/Central',
  'Asia/Calcutta',
  'Asia/Kolkata',
  'Europe/Kyiv',
  'Europe/Kiev',
  'America/Argentina/Buenos_Aires',
  'America/Port-au-Prince',
  'America/Port_of_Spain',
  'Antarctica/DumontDUrville',
  'Etc/GMT+5',
  'GB',
  'EST5EDT',
])('%s is a time zone', (name) => expect(isTimezone(name)).toBe(true));

it('every name of the runtime is one', () => {
  expect(Intl.supportedValuesOf('timeZone').filter((name) => !isTimezone(name))).toEqual([]);
});

it.each([
  ['America/chicago', 'America/Chicago'],
  ['america/chicago', 'America/Chicago'],
  ['AMERICA/CHICAGO', 'America/Chicago'],
  ['America/Chicgo', 'America/Chicago'],
  [' America/Chicago', 'America/Chicago'],
  ['America/New York', 'America/New_York'],
  ['us/central', 'US/Central'],
  ['US/central', 'US/Central'],
  ['Asia/Ho_chi_minh', 'Asia/Ho_Chi_Minh'],
  ['Asia/kolkata', 'Asia/Kolkata'],
  ['utc', 'UTC'],
  ['gmt', 'GMT'],
  ['etc/gmt+5', 'Etc/GMT+5'],
  ['est5edt', 'EST5EDT'],
] as const)('%j is none: %s is meant', (name, meant) => {
  expect(isTimezone(name)).toBe(false);
  expect(nearestTimezone(name)).toBe(meant);
});

it.each(['+05:00', '-0500', 'PST', 'Z', '', 'Mars/Olympus', 'America/', 'America', 'SystemV/AST4'])(
  '%j is none',
  (name) => expect(isTimezone(name)).toBe(false),
);
