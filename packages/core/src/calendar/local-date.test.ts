import fc from 'fast-check';
import { CalendarDate, dayAfter, localDate, startOfDay } from './local-date.ts';

const HOUR_MS = 3_600_000;

/** Hours that a day lasts in a zone. */
const hoursOf = (date: string, timezone: string): number =>
  (startOfDay(dayAfter(date), timezone).getTime() - startOfDay(date, timezone).getTime()) / HOUR_MS;

describe('localDate', () => {
  it.each([
    ['2027-07-01T04:59:59.999Z', 'America/Chicago', '2027-06-30'],
    ['2027-07-01T05:00:00.000Z', 'America/Chicago', '2027-07-01'],
    ['2027-01-01T05:59:59.999Z', 'America/Chicago', '2026-12-31'],
    ['2027-01-01T06:00:00.000Z', 'America/Chicago', '2027-01-01'],
    ['2026-12-31T22:59:59.999Z', 'Europe/Berlin', '2026-12-31'],
    ['2026-12-31T23:00:00.000Z', 'Europe/Berlin', '2027-01-01'],
    ['2027-01-01T09:59:59.999Z', 'Pacific/Kiritimati', '2027-01-01'],
    ['2027-01-01T10:00:00.000Z', 'Pacific/Kiritimati', '2027-01-02'],
    ['2027-01-01T10:59:59.999Z', 'Pacific/Pago_Pago', '2026-12-31'],
    ['2027-01-01T11:00:00.000Z', 'Pacific/Pago_Pago', '2027-01-01'],
    ['2028-02-29T18:14:59.999Z', 'Asia/Kathmandu', '2028-02-29'],
    ['2028-02-29T18:15:00.000Z', 'Asia/Kathmandu', '2028-03-01'],
    ['2028-02-28T18:15:00.000Z', 'Asia/Kathmandu', '2028-02-29'],
  ])('at %s in %s is %s', (instant, timezone, date) => {
    expect(localDate(new Date(instant), timezone)).toBe(date);
  });

  it('refuses what is no time and what is no zone', () => {
    expect(() => localDate(new Date(Number.NaN), 'UTC')).toThrow(RangeError);
    expect(() => localDate(new Date(), 'Mars/Olympus')).toThrow(RangeError);
  });
});

describe('startOfDay', () => {
  it.each([
    ['2027-01-15', 'America/Chicago', '2027-01-15T06:00:00.000Z'],
    ['2027-07-15', 'America/Chicago', '2027-07-15T05:00:00.000Z'],
    ['2027-07-15', 'Europe/Berlin', '2027-07-14T22:00:00.000Z'],
    ['2027-07-15', 'Asia/Kathmandu', '2027-07-14T18:15:00.000Z'],
    ['2027-07-15', 'Pacific/Kiritimati', '2027-07-14T10:00:00.000Z'],
    ['2027-07-15', 'Pacific/Pago_Pago', '2027-07-15T11:00:00.000Z'],
    ['2027-07-15', 'Etc/GMT+12', '2027-07-15T12:00:00.000Z'],
    ['2028-02-29', 'UTC', '2028-02-29T00:00:00.000Z'],
  ])('of %s in %s is %s', (date, timezone, instant) => {
    expect(startOfDay(date, timezone).toISOString()).toBe(instant);
  });

  it.each([
    ['2027-03-14', 'America/Chicago', 23],
    ['2027-11-07', 'America/Chicago', 25],
    ['2027-03-28', 'Europe/Berlin', 23],
    ['2027-10-31', 'Europe/Berlin', 25],
    ['2027-10-03', 'Australia/Lord_Howe', 23.5],
    ['2027-04-04', 'Australia/Lord_Howe', 24.5],
    ['2027-07-15', 'America/Chicago', 24],
  ])('follows the clocks: %s in %s lasts %p hours', (date, timezone, hours) => {
    expect(hoursOf(date, timezone)).toBe(hours);
  });

  it.each([
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
    ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    ['2026-03-29', 'Asia/Beirut', '2026-03-28T22:00:00.000Z'],
  ])('is 01:00 where midnight is left out: %s in %s', (date, timezone, instant) => {
    const start = startOfDay(date, timezone);
    expect(start.toISOString()).toBe(instant);
    expect(start.toLocaleTimeString('de', { timeZone: timezone })).toBe('01:00:00');
    expect(hoursOf(date, timezone)).toBe(23);
  });

  it.each([
    ['2027-11-07', 'America/Havana', '2027-11-07T04:00:00.000Z'],
    ['2010-11-07', 'America/St_Johns', '2010-11-07T02:30:00.000Z'],
  ])('is the first of two midnights: %s in %s', (date, timezone, instant) => {
    expect(startOfDay(date, timezone).toISOString()).toBe(instant);
  });

  it('is that of the next day for a day that was left out', () => {
    expect(startOfDay('2011-12-30', 'Pacific/Apia')).toEqual(startOfDay('2011-12-31', 'Pacific/Apia'));
  });

  it('refuses what is no date', () => {
    expect(() => startOfDay('24 December', 'UTC')).toThrow(new RangeError('There is no day "24 December" in UTC.'));
  });

  it('is in its day, and a millisecond before it is another day', () => {
    const zones = [
      'UTC',
      'America/Chicago',
      'America/St_Johns',
      'America/Sao_Paulo',
      'America/Havana',
      'Europe/Berlin',
      'Europe/Dublin',
      'Africa/Cairo',
      'Africa/Casablanca',
      'Asia/Beirut',
      'Asia/Tehran',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Pacific/Chatham',
      'Pacific/Kiritimati',
      'Pacific/Pago_Pago',
    ];
    const dates = fc
      .date({ min: new Date('2000-01-01'), max: new Date('2100-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10));
    fc.assert(
      fc.property(dates, fc.constantFrom(...zones), (date, timezone) => {
        const start = startOfDay(date, timezone);
        expect(localDate(start, timezone)).toBe(date);
        expect(localDate(new Date(start.getTime() - 1), timezone)).not.toBe(date);
      }),
      { numRuns: 500 },
    );
  });
});

it.each([
  ['2026-12-31', '2027-01-01'],
  ['2028-02-28', '2028-02-29'],
  ['2028-02-29', '2028-03-01'],
  ['2027-02-28', '2027-03-01'],
  ['2999-12-31', '3000-01-01'],
])('knows the day after %s', (date, next) => {
  expect(dayAfter(date)).toBe(next);
});

describe('CalendarDate', () => {
  it.each(['2026-12-24', '2028-02-29', '2000-02-29', '2999-12-31'])('takes %s', (date) => {
    expect(CalendarDate.parse(date)).toBe(date);
  });

  it('takes what YAML has made of an unquoted date', () => {
    expect(CalendarDate.parse(new Date('2026-12-24'))).toBe('2026-12-24');
  });

  it.each([
    ['2026-02-30', '"2026-02-30"'],
    ['2027-02-29', '"2027-02-29"'],
    ['2100-02-29', '"2100-02-29"'],
    ['2026-13-01', '"2026-13-01"'],
    ['2026-1-1', '"2026-1-1"'],
    ['24.12.2026', '"24.12.2026"'],
    ['2026-12-24T00:00:00Z', '"2026-12-24T00:00:00Z"'],
    [' 2026-12-24', '" 2026-12-24"'],
    ['2026-12-24\n', '"2026-12-24\\n"'],
    ['0206-12-24', '"0206-12-24"'],
    ['9999-12-31', '"9999-12-31"'],
    ['', '""'],
    [new Date('2026-12-24T06:00:00Z'), '"2026-12-24T06:00:00.000Z"'],
    [new Date(Number.NaN), 'keys with values'],
    [20261224, '20261224'],
    [null, 'nothing'],
    [undefined, 'nothing'],
    [['2026-12-24'], 'a list'],
  ])('refuses %p and says what it received', (value, received) => {
    expect(CalendarDate.safeParse(value).error?.issues.map(({ message }) => message)).toEqual([
      `expected a date that exists, in the years 2000 to 2999, such as 2026-12-24, received ${received}`,
    ]);
  });
});
