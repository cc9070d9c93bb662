import { calendarState, type Pause } from './calendar/sync-state.ts';
import { NO_CALENDAR, type Calendar } from './calendar/calendar-config.ts';
import { effectiveSettings, limitsText, type ThresholdRaise } from './effective-settings.ts';
import { DEFAULT_RUN_SETTINGS, RunSettings } from './run-settings.ts';

const RAISE: ThresholdRaise = { id: 7, basisPoints: 1500, recordTypes: null, until: null };
const ROLLOVER = {
  from: '2027-08-01',
  until: '2027-08-20',
  deletionThreshold: { default: 6000, perType: { staff: 1000 } },
  alwaysAllow: 5,
};

const on = (
  today: string,
  {
    calendar = {},
    pause = null,
    raise = null,
  }: { calendar?: Partial<Calendar>; pause?: Pause | null; raise?: ThresholdRaise | null },
) =>
  effectiveSettings(DEFAULT_RUN_SETTINGS, {
    calendar: calendarState({
      calendar: { ...NO_CALENDAR, ...calendar },
      pause,
      now: new Date(`${today}T12:00:00Z`),
      timezone: 'UTC',
    }),
    raise,
    sourceType: 'files',
  });

describe('effectiveSettings', () => {
  it('are those of the sync on an ordinary day', () => {
    expect(on('2027-07-31', { calendar: { rollover: ROLLOVER } })).toEqual({
      settings: DEFAULT_RUN_SETTINGS,
      notes: [],
    });
  });

  it('have a raised update threshold, beside what raises the other (guard §36)', () => {
    const updateThreshold = { students: 3000, staff: 8000, guardians: null };
    const { settings, notes } = effectiveSettings(
      { ...DEFAULT_RUN_SETTINGS, updateThreshold },
      {
        calendar: calendarState({ calendar: NO_CALENDAR, pause: null, now: new Date(0), timezone: 'UTC' }),
        raise: RAISE,
        updateRaise: { id: 8, basisPoints: 5000, recordTypes: ['students', 'staff'], until: '2027-08-20' },
        sourceType: 'files',
      },
    );
    expect(settings).toMatchObject({
      updateThreshold: { students: 5000, staff: 8000, guardians: null },
      updateLimitsNote: { kind: 'raised', raiseId: 8 },
      limitsNote: { kind: 'raised', raiseId: 7 },
    });
    expect(notes).toEqual([
      'The deletion threshold is raised to 15 % for one run.',
      'The update threshold of students, staff is raised to 50 % until 2027-08-20.',
    ]);
    expect(limitsText(settings.updateLimitsNote, 'students')).toBe('raised until 2027-08-20');
  });

  it('have the limits of a rollover window while it lasts (guard §30)', () => {
    const { settings, notes } = on('2027-08-19', { calendar: { rollover: ROLLOVER } });
    expect(settings).toMatchObject({
      threshold: { default: 6000, perType: { staff: 1000 } },
      alwaysAllow: 5,
      limitsNote: { kind: 'rollover', until: '2027-08-20' },
    });
    expect(notes).toHaveLength(1);
    expect(limitsText(settings.limitsNote, 'staff')).toBe('rollover window until 2027-08-20');
  });

  it('let terms and courses of Clever come and go in such a window too (guard §4)', () => {
    const state = on('2027-08-02', { calendar: { rollover: ROLLOVER } });
    const clever = effectiveSettings(DEFAULT_RUN_SETTINGS, {
      calendar: calendarState({
        calendar: { ...NO_CALENDAR, rollover: ROLLOVER },
        pause: null,
        now: new Date('2027-08-02T12:00:00Z'),
        timezone: 'UTC',
      }),
      raise: null,
      sourceType: 'clever',
    });
    expect(state.settings.threshold.perType.terms).toBeUndefined();
    expect(clever.settings.threshold.perType).toEqual({ terms: 10_000, courses: 10_000, staff: 1000 });
  });

  it('raise the threshold of all types or of some, and never lower it (guard §26)', () => {
    const all = on('2027-08-02', { raise: RAISE });
    expect(all.settings.threshold.perType).toMatchObject({ students: 1500, guardians: 1500 });
    expect(all.notes).toEqual(['The deletion threshold is raised to 15 % for one run.']);
    const some = on('2027-08-02', {
      calendar: { rollover: ROLLOVER },
      raise: { ...RAISE, recordTypes: ['students', 'staff'], until: '2027-08-05' },
    });
    expect(some.settings.threshold).toEqual({ default: 6000, perType: { students: 6000, staff: 1500 } });
    expect(some.settings.limitsNote).toMatchObject({ kind: 'raised', raiseId: 7 });
    expect(limitsText(some.settings.limitsNote, 'staff')).toBe('raised until 2027-08-05');
    expect(limitsText(some.settings.limitsNote, 'terms')).toBeNull();
  });

  it('take contacts alone while the rest is paused, and archive nothing while only additions are made', () => {
    const { settings } = on('2027-07-02', {
      calendar: { additionsOnly: { from: '2027-07-01', until: '2027-09-01' } },
      pause: { until: '2027-08-01', only: 'all-but-contacts' },
    });
    expect(settings).toMatchObject({ recordTypes: 'contacts', additionsOnly: true });
  });

  it('can be kept with a run as JSON', () => {
    const { settings } = on('2027-08-02', { calendar: { rollover: ROLLOVER }, raise: RAISE });
    expect(RunSettings.parse(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
  });
});
