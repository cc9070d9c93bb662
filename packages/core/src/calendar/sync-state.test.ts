import type { z } from 'zod';
import { Calendar } from './calendar-config.ts';
import { startOfDay } from './local-date.ts';
import { calendarState } from './sync-state.ts';
import type { CalendarState, Pause } from './sync-state.ts';

const CHICAGO = 'America/Chicago';
const ZONES = [CHICAGO, 'Europe/Berlin', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Africa/Cairo', 'Asia/Kathmandu'];

interface Given {
  readonly calendar?: z.input<typeof Calendar>;
  readonly pause?: Pause;
  readonly timezone?: string;
}

const stateAt = (now: Date, { calendar = {}, pause, timezone = CHICAGO }: Given): CalendarState =>
  calendarState({ calendar: Calendar.parse(calendar), pause: pause ?? null, now, timezone });

/** The state as a day begins. */
const stateOn = (date: string, given: Given): CalendarState =>
  stateAt(startOfDay(date, given.timezone ?? CHICAGO), given);

/** The state a millisecond before a day begins. */
const stateBefore = (date: string, given: Given): CalendarState =>
  stateAt(new Date(startOfDay(date, given.timezone ?? CHICAGO).getTime() - 1), given);

const NOTHING_IN_FORCE: CalendarState = {
  runs: 'yes',
  resumesOn: null,
  recordTypes: 'all',
  additionsOnly: false,
  rollover: null,
  notes: [],
};

const pausedUntil = (until: string, only: Pause['only'] = 'all'): Pause => ({ until, only });

it('lets everything run where nothing is configured', () => {
  expect(stateOn('2027-07-01', {})).toEqual(NOTHING_IN_FORCE);
});

describe('a pause', () => {
  it('stops everything, and ends by itself', () => {
    const given = { pause: pausedUntil('2027-08-01') };
    expect(stateOn('2027-07-01', given)).toEqual({
      ...NOTHING_IN_FORCE,
      runs: 'no',
      resumesOn: '2027-08-01',
      notes: ['Paused until 2027-08-01, the first day it runs again.'],
    });
    expect(stateOn('2027-08-01', given)).toEqual(NOTHING_IN_FORCE);
    expect(stateOn('2030-01-01', given)).toEqual(NOTHING_IN_FORCE);
  });

  it('of all but contacts lets guardians and guardianships be synced', () => {
    const given = { pause: pausedUntil('2027-08-01', 'all-but-contacts') };
    expect(stateOn('2027-07-01', given)).toEqual({
      ...NOTHING_IN_FORCE,
      recordTypes: 'contacts',
      notes: ['Paused until 2027-08-01, except for contacts: only guardians and guardianships are synced.'],
    });
    expect(stateOn('2027-08-01', given)).toEqual(NOTHING_IN_FORCE);
  });

  it('that blackout days follow does not promise a run on its last day', () => {
    const calendar = { blackout: ['2027-08-03', { from: '2027-08-01', to: '2027-08-02' }, '2027-08-05'] };
    expect(stateOn('2027-07-01', { calendar, pause: pausedUntil('2027-08-01') })).toMatchObject({
      runs: 'no',
      resumesOn: '2027-08-04',
      notes: ['Paused until 2027-08-01; blackout days follow, and 2027-08-04 is the first day it runs again.'],
    });
  });

  it('outlasts blackout days', () => {
    const calendar = { blackout: [{ from: '2027-07-01', to: '2027-07-05' }] };
    expect(stateOn('2027-07-01', { calendar, pause: pausedUntil('2027-08-01') })).toMatchObject({
      resumesOn: '2027-08-01',
      notes: ['Paused until 2027-08-01, the first day it runs again.', 'Blackout day 2027-07-01.'],
    });
  });
});

describe('a blackout', () => {
  it('stops the sync on both its ends and between, and ends by itself', () => {
    const calendar = { blackout: [{ from: '2026-12-24', to: '2027-01-03' }] };
    expect(stateBefore('2026-12-24', { calendar })).toEqual(NOTHING_IN_FORCE);
    expect(stateOn('2026-12-25', { calendar })).toEqual({
      ...NOTHING_IN_FORCE,
      runs: 'no',
      resumesOn: '2027-01-04',
      notes: ['Blackout day 2026-12-25.'],
    });
    expect(stateBefore('2027-01-04', { calendar })).toMatchObject({ runs: 'no', resumesOn: '2027-01-04' });
    expect(stateOn('2027-01-04', { calendar })).toEqual(NOTHING_IN_FORCE);
  });

  it('resumes after all the ranges that adjoin', () => {
    const blackout = [{ from: '2026-12-28', to: '2027-01-03' }, '2026-12-24', { from: '2026-12-25', to: '2026-12-27' }];
    expect(stateOn('2026-12-24', { calendar: { blackout } }).resumesOn).toBe('2027-01-04');
  });

  it('knows leap days', () => {
    const calendar = { blackout: [{ from: '2028-02-28', to: '2028-02-29' }, '2027-02-28'] };
    expect(stateOn('2028-02-29', { calendar })).toMatchObject({ runs: 'no', resumesOn: '2028-03-01' });
    expect(stateOn('2027-02-28', { calendar })).toMatchObject({ runs: 'no', resumesOn: '2027-03-01' });
  });

  it('resumes for contacts before a pause of the rest ends', () => {
    const calendar = { blackout: ['2027-07-04'] };
    expect(stateOn('2027-07-04', { calendar, pause: pausedUntil('2027-08-01', 'all-but-contacts') })).toMatchObject({
      runs: 'no',
      resumesOn: '2027-07-05',
      recordTypes: 'contacts',
    });
  });

  it('tells what else is in force, for a run that a person insists on', () => {
    const calendar = {
      blackout: ['2027-08-10'],
      additionsOnly: { from: '2027-08-10', until: '2027-08-11' },
      rollover: { from: '2027-08-01', until: '2027-08-20', deletionThreshold: 60 },
    };
    expect(stateOn('2027-08-10', { calendar, pause: pausedUntil('2027-09-01', 'all-but-contacts') })).toEqual({
      runs: 'no',
      resumesOn: '2027-08-11',
      recordTypes: 'contacts',
      additionsOnly: true,
      rollover: { until: '2027-08-20', deletionThreshold: { default: 6000, perType: {} }, alwaysAllow: null },
      notes: [
        'Paused until 2027-09-01, except for contacts: only guardians and guardianships are synced.',
        'Blackout day 2027-08-10.',
        'Additions only until 2027-08-11: nothing is archived.',
        'Rollover window until 2027-08-20: the deletion threshold is 60 %.',
      ],
    });
  });
});

describe('additions only', () => {
  it('ends by itself', () => {
    const calendar = { additionsOnly: { from: '2027-07-01', until: '2027-09-01' } };
    expect(stateBefore('2027-07-01', { calendar })).toEqual(NOTHING_IN_FORCE);
    for (const state of [stateOn('2027-07-01', { calendar }), stateBefore('2027-09-01', { calendar })])
      expect(state).toEqual({
        ...NOTHING_IN_FORCE,
        additionsOnly: true,
        notes: ['Additions only until 2027-09-01: nothing is archived.'],
      });
    expect(stateOn('2027-09-01', { calendar })).toEqual(NOTHING_IN_FORCE);
  });

  it('without a window holds as long as it is configured', () => {
    expect(stateOn('2027-07-01', { calendar: { additionsOnly: true } })).toEqual({
      ...NOTHING_IN_FORCE,
      additionsOnly: true,
      notes: ['Additions only: nothing is archived.'],
    });
  });
});

describe('a rollover window', () => {
  const rollover = { from: '2027-08-01', until: '2027-08-20', deletionThreshold: 60 };

  it('has limits of its own, and ends by itself', () => {
    const given = { calendar: { rollover } };
    expect(stateBefore('2027-08-01', given)).toEqual(NOTHING_IN_FORCE);
    for (const state of [stateOn('2027-08-01', given), stateBefore('2027-08-20', given)])
      expect(state).toEqual({
        ...NOTHING_IN_FORCE,
        rollover: { until: '2027-08-20', deletionThreshold: { default: 6000, perType: {} }, alwaysAllow: null },
        notes: ['Rollover window until 2027-08-20: the deletion threshold is 60 %.'],
      });
    expect(stateOn('2027-08-20', given)).toEqual(NOTHING_IN_FORCE);
  });

  it('says all of its limits', () => {
    const deletionThreshold = { default: 60, enrollments: 100, staff: 12.5 };
    const calendar = { rollover: { ...rollover, deletionThreshold, alwaysAllow: 20 } };
    expect(stateOn('2027-08-01', { calendar })).toMatchObject({
      rollover: {
        deletionThreshold: { default: 6000, perType: { staff: 1250, enrollments: 10_000 } },
        alwaysAllow: 20,
      },
      notes: [
        'Rollover window until 2027-08-20: the deletion threshold is 60 %, of staff 12.5 %, of enrollments 100 %; always allowed of a type in a school: 20.',
      ],
    });
  });
});

describe('days are those of the time zone', () => {
  it.each(ZONES)('to the millisecond in %s', (timezone) => {
    const paused = { timezone, pause: pausedUntil('2027-08-01') };
    expect(stateBefore('2027-08-01', paused).runs).toBe('no');
    expect(stateOn('2027-08-01', paused).runs).toBe('yes');
    const blackout = { timezone, calendar: { blackout: ['2028-02-29'] } };
    const edges = [stateBefore('2028-02-29', blackout), stateOn('2028-02-29', blackout)];
    const otherEdges = [stateBefore('2028-03-01', blackout), stateOn('2028-03-01', blackout)];
    expect([...edges, ...otherEdges].map(({ runs }) => runs)).toEqual(['yes', 'no', 'no', 'yes']);
  });

  it.each([
    ['2027-07-01T23:59:00-05:00', CHICAGO, 'no'],
    ['2027-07-02T00:00:00-05:00', CHICAGO, 'yes'],
    ['2027-07-01T23:59:00+14:00', 'Pacific/Kiritimati', 'no'],
    ['2027-07-02T00:00:00+14:00', 'Pacific/Kiritimati', 'yes'],
    ['2027-07-01T23:59:00-11:00', 'Pacific/Pago_Pago', 'no'],
    ['2027-07-02T00:00:00-11:00', 'Pacific/Pago_Pago', 'yes'],
  ])('at %s in %s', (instant, timezone, runs) => {
    expect(stateAt(new Date(instant), { timezone, pause: pausedUntil('2027-07-02') }).runs).toBe(runs);
  });

  it.each([
    ['the clocks go forward', '2027-03-14T23:59:00-05:00', '2027-03-15T00:00:00-05:00', CHICAGO],
    ['the clocks go back', '2027-11-07T23:59:00-06:00', '2027-11-08T00:00:00-06:00', CHICAGO],
    ['the clocks go forward', '2027-03-28T23:59:00+02:00', '2027-03-29T00:00:00+02:00', 'Europe/Berlin'],
    ['the clocks go back', '2027-10-31T23:59:00+01:00', '2027-11-01T00:00:00+01:00', 'Europe/Berlin'],
  ])('on a day when %s: %s, %s in %s', (_what, last, next, timezone) => {
    const day = last.slice(0, 10);
    const rollover = { from: day, until: next.slice(0, 10), deletionThreshold: 60 };
    const given = { timezone, calendar: { rollover } };
    expect(stateBefore(day, given).rollover).toBeNull();
    expect(stateOn(day, given).rollover).not.toBeNull();
    expect(stateAt(new Date(last), given).rollover).not.toBeNull();
    expect(stateAt(new Date(next), given).rollover).toBeNull();
  });
});
