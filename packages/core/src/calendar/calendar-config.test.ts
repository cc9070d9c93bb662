import { z } from 'zod';
import { problemsOf } from '../schema-problem.ts';
import { Calendar, KeptCalendar, NO_CALENDAR } from './calendar-config.ts';

/** What is wrong with a calendar, as a person sees it; empty if nothing is. */
function problems(calendar: unknown): string[] {
  const Sync = z.strictObject({ calendar: Calendar });
  const { error } = Sync.safeParse({ calendar });
  if (error === undefined) return [];
  const found = problemsOf(error, { calendar }, z.toJSONSchema(Sync, { io: 'input' }));
  return found.map(({ path, message }) => `${path}: ${message}`);
}

const pathsOf = (calendar: unknown) => Calendar.safeParse(calendar).error?.issues.map(({ path }) => path);

const SUMMER = { from: '2027-07-01', until: '2027-09-01' };
const ROLLOVER = { from: '2027-08-01', until: '2027-08-20', deletionThreshold: 60 };

describe('Calendar', () => {
  it('reads a full calendar', () => {
    const calendar = Calendar.parse({
      blackout: ['2026-11-26', { from: '2026-12-24', to: '2027-01-03' }, { from: '2028-02-29', to: '2028-02-29' }],
      additionsOnly: { from: '2027-06-01', until: '2027-08-01' },
      rollover: { ...ROLLOVER, deletionThreshold: { default: 60, staff: 12.5 }, alwaysAllow: 20 },
    });
    expect(calendar).toEqual({
      blackout: [
        { from: '2026-11-26', to: '2026-11-26' },
        { from: '2026-12-24', to: '2027-01-03' },
        { from: '2028-02-29', to: '2028-02-29' },
      ],
      additionsOnly: { from: '2027-06-01', until: '2027-08-01' },
      rollover: {
        from: '2027-08-01',
        until: '2027-08-20',
        deletionThreshold: { default: 6000, perType: { staff: 1250 } },
        alwaysAllow: 20,
      },
    });
  });

  it('holds nothing where nothing is configured', () => {
    expect(Calendar.parse({})).toEqual(NO_CALENDAR);
    expect(Calendar.parse({ blackout: [], additionsOnly: false })).toEqual(NO_CALENDAR);
  });

  it('takes additions only without an end, and leaves `alwaysAllow` to the sync', () => {
    expect(Calendar.parse({ additionsOnly: true }).additionsOnly).toBe(true);
    expect(Calendar.parse({ rollover: ROLLOVER }).rollover?.alwaysAllow).toBeNull();
  });

  it('takes dates that YAML has read as such', () => {
    const [from, until] = [new Date('2027-08-01'), new Date('2027-08-20')];
    expect(Calendar.parse({ blackout: [from, { from, to: from }], rollover: { ...ROLLOVER, from, until } })).toEqual(
      Calendar.parse({ blackout: ['2027-08-01', '2027-08-01'], rollover: ROLLOVER }),
    );
  });

  it('takes 366 blackouts and no more', () => {
    const days = (count: number) =>
      Array.from({ length: count }, (_, index) => new Date(Date.UTC(2028, 0, 1 + index)).toISOString().slice(0, 10));
    expect(problems({ blackout: days(366) })).toEqual([]);
    expect(problems({ blackout: days(367) })).toEqual([
      'calendar.blackout: expected at most 366 dates and ranges, received a list',
    ]);
  });

  it('says what is wrong where', () => {
    const date = 'expected a date that exists, in the years 2000 to 2999, such as 2026-12-24';
    expect(
      problems({
        blackout: ['2026-02-30', { from: '2026-12-24' }, 24, { from: '2026-12-24', til: '2026-12-25' }],
        additionsOnly: 'yes',
        rollover: { from: '2027-08-01', until: 'September', deletionThreshold: 101, alwaysAllow: -1 },
        blackouts: [],
      }),
    ).toEqual([
      `calendar.blackout[0]: ${date}, received "2026-02-30"`,
      `calendar.blackout[1].to: ${date}, received nothing`,
      'calendar.blackout[2]: expected a date such as 2026-12-24, or a range such as {from: 2026-12-24, to: 2027-01-03}, received 24',
      `calendar.blackout[3].to: ${date}, received nothing`,
      expect.stringMatching(/^calendar\.blackout\[3\]\.til: unknown key; /),
      'calendar.additionsOnly: expected true, or a window such as {from: 2027-07-01, until: 2027-09-01}, received "yes"',
      `calendar.rollover.until: ${date}, received "September"`,
      expect.stringMatching(/^calendar\.rollover\.deletionThreshold: expected .*, received 101$/),
      'calendar.rollover.alwaysAllow: expected a number of at least 0, received -1',
      'calendar.blackouts: unknown key; did you mean `blackout`?',
    ]);
  });

  it.each([
    [{ additionsOnly: { ...SUMMER, to: '2027-08-31' } }, 'calendar.additionsOnly.to: unknown key; '],
    [{ rollover: { ...ROLLOVER, treshold: 5 } }, 'calendar.rollover.treshold: unknown key; '],
    [{ rollover: SUMMER }, 'calendar.rollover.deletionThreshold: expected a percentage '],
    [null, 'calendar: expected keys with values, received nothing'],
  ])('refuses %j', (calendar, problem) => {
    expect(problems(calendar)).toEqual([expect.stringContaining(problem)]);
  });

  it('refuses a window that ends before it begins, or as it begins', () => {
    const window = { from: '2027-09-01', until: '2027-07-01' };
    const problem = 'expected the first day after the window, later than `from` (2027-09-01), received';
    expect(problems({ additionsOnly: window })).toEqual([`calendar.additionsOnly.until: ${problem} "2027-07-01"`]);
    expect(problems({ blackout: ['2027-09-01'], rollover: { ...ROLLOVER, ...window } })).toEqual([
      `calendar.rollover.until: ${problem} "2027-07-01"`,
    ]);
    expect(problems({ additionsOnly: { ...window, until: window.from } })).toEqual([
      `calendar.additionsOnly.until: ${problem} "2027-09-01"`,
    ]);
  });

  it('refuses a range whose last day comes before its first', () => {
    expect(problems({ blackout: ['2026-11-26', { from: '2027-01-03', to: '2026-12-24' }] })).toEqual([
      'calendar.blackout[1].to: expected the last day of the range, not before `from` (2027-01-03), received "2026-12-24"',
    ]);
  });

  it('gives the path of each mistake', () => {
    expect(pathsOf({ blackout: [{ from: '2027-01-03', to: '2026-12-24' }] })).toEqual([['blackout', 0, 'to']]);
    expect(pathsOf({ additionsOnly: { from: '2027-09-01', until: '2027-07-01' } })).toEqual([
      ['additionsOnly', 'until'],
    ]);
    expect(pathsOf({ rollover: { ...ROLLOVER, until: '2027-08-01' } })).toEqual([['rollover', 'until']]);
    expect(pathsOf({ rollover: ROLLOVER, additionsOnly: true })).toEqual([['rollover']]);
  });
});

describe('a rollover window', () => {
  const additionsOnlyProblem = (setting: string) =>
    'calendar.rollover: expected a window in which records may be archived; calendar.rollover has limits for archiving, ' +
    `but calendar.additionsOnly (${setting}) lets nothing be archived in the whole window`;
  const blackoutProblem = (firstRunDay: string) =>
    'calendar.rollover: expected a window with a day on which the sync runs; calendar.rollover ' +
    '(2027-08-01 until 2027-08-20) lies wholly within calendar.blackout, ' +
    `after which the sync first runs on ${firstRunDay}`;

  it.each([
    [true, 'true'],
    [SUMMER, '2027-07-01 until 2027-09-01'],
    [{ from: '2027-08-01', until: '2027-08-20' }, '2027-08-01 until 2027-08-20'],
  ])('is refused where nothing may be archived throughout: %j', (additionsOnly, setting) => {
    expect(problems({ additionsOnly, rollover: ROLLOVER })).toEqual([additionsOnlyProblem(setting)]);
  });

  it.each([
    [{ from: '2027-08-02', until: '2027-09-01' }],
    [{ from: '2027-07-01', until: '2027-08-19' }],
    [{ from: '2027-06-01', until: '2027-08-01' }],
    [false],
  ])('is taken where something may be archived on a day of it: %j', (additionsOnly) => {
    expect(problems({ additionsOnly, rollover: ROLLOVER })).toEqual([]);
  });

  it.each([
    [[{ from: '2027-08-01', to: '2027-08-19' }], '2027-08-20'],
    [[{ from: '2027-08-10', to: '2027-08-24' }, '2027-08-09', { from: '2027-07-20', to: '2027-08-08' }], '2027-08-25'],
  ])('is refused where the sync never runs in it: %j', (blackout, firstRunDay) => {
    expect(problems({ blackout, rollover: ROLLOVER })).toEqual([blackoutProblem(firstRunDay)]);
  });

  it.each([
    [[{ from: '2027-08-02', to: '2027-08-24' }]],
    [[{ from: '2027-07-01', to: '2027-08-18' }]],
    [
      [
        { from: '2027-07-01', to: '2027-08-08' },
        { from: '2027-08-10', to: '2027-08-24' },
      ],
    ],
  ])('is taken where one day of it is left: %j', (blackout) => {
    expect(problems({ blackout, rollover: ROLLOVER })).toEqual([]);
  });

  it('is told of both', () => {
    const blackout = [{ from: '2027-08-01', to: '2027-08-19' }];
    expect(problems({ blackout, additionsOnly: true, rollover: ROLLOVER })).toEqual([
      additionsOnlyProblem('true'),
      blackoutProblem('2027-08-20'),
    ]);
  });
});

describe('KeptCalendar', () => {
  it('reads again what was kept', () => {
    for (const calendar of [
      NO_CALENDAR,
      Calendar.parse({ additionsOnly: true, blackout: ['2026-12-24'] }),
      Calendar.parse({ additionsOnly: { from: '2027-06-01', until: '2027-07-01' }, rollover: ROLLOVER }),
      Calendar.parse({ rollover: { ...ROLLOVER, deletionThreshold: { staff: 33.33 }, alwaysAllow: 0 } }),
    ])
      expect(KeptCalendar.parse(JSON.parse(JSON.stringify(calendar)))).toEqual(calendar);
  });

  it.each([
    [{ blackout: ['2026-12-24'] }],
    [{ additionsOnly: false }],
    [{ rollover: { ...ROLLOVER, alwaysAllow: null } }],
    [{ more: 1 }],
  ])('refuses what is still to be read: %j', (change) => {
    expect(KeptCalendar.safeParse({ ...NO_CALENDAR, ...change }).success).toBe(false);
  });
});

it('has a JSON Schema that tells editors what each key means', () => {
  const window = { from: { format: 'date' }, until: { description: expect.stringContaining('no longer holds') } };
  expect(z.toJSONSchema(Calendar, { io: 'input' })).toMatchObject({
    type: 'object',
    additionalProperties: false,
    properties: {
      blackout: {
        maxItems: 366,
        items: {
          anyOf: [
            { type: 'string', format: 'date' },
            { type: 'object', required: ['from', 'to'] },
          ],
        },
      },
      additionsOnly: { anyOf: [{ type: 'boolean' }, { required: ['from', 'until'], properties: window }] },
      rollover: { required: ['from', 'until', 'deletionThreshold'], properties: window },
    },
  });
  expect(z.toJSONSchema(Calendar, { io: 'input' }).required).toBeUndefined();
});
