import { cleverDateOf, dayAfter } from './clever-date.ts';

describe('cleverDateOf', () => {
  it.each([
    ['6/18/1998', '1998-06-18'],
    ['06/08/2012', '2012-06-08'],
    ['12/31/2010', '2010-12-31'],
    [' 2/29/2012 ', '2012-02-29'],
    ['2019-08-21', '2019-08-21'],
    ['2019-08-21T00:00:00.000Z', '2019-08-21'],
    ['', null],
    ['  ', null],
  ])('reads %j as %p', (text, date) => {
    expect(cleverDateOf(text)).toBe(date);
  });

  it.each(['2/30/2012', '13/1/2012', '18/6/1998', '6/18/98', '6-18-1998', 'June 18, 1998', '0/0/0000'])(
    'does not take %j for a date',
    (text) => {
      expect(cleverDateOf(text)).toBeUndefined();
    },
  );
});

it.each([
  ['2026-12-31', '2027-01-01'],
  ['2028-02-28', '2028-02-29'],
  ['2027-02-28', '2027-03-01'],
])('gives the day after %p', (date, next) => {
  expect(dayAfter(date)).toBe(next);
});
