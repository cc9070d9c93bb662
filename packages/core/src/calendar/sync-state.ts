import { basisPointsFor } from '../deletion-threshold.ts';
import type { DeletionThreshold } from '../deletion-threshold.ts';
import { RECORD_TYPES } from '../record-types.ts';
import type { Calendar } from './calendar-config.ts';
import { firstDayOutside, isWithin } from './date-range.ts';
import type { DateWindow } from './date-range.ts';
import { localDate } from './local-date.ts';

/** What a pause stops: everything, or everything but contacts (guardians and guardianships). */
export const PAUSE_SCOPES = ['all', 'all-but-contacts'] as const;
export type PauseScope = (typeof PAUSE_SCOPES)[number];

/** A pause of a sync, entered by a person. */
export interface Pause {
  /** The first day, `YYYY-MM-DD` in the district's time zone, on which it no longer holds. */
  readonly until: string;
  readonly only: PauseScope;
}

/** They stand in place of the limits of the sync while a rollover window lasts. */
export interface RolloverLimits {
  /** The first day, `YYYY-MM-DD`, on which the limits of the sync hold again. */
  readonly until: string;
  readonly deletionThreshold: DeletionThreshold;
  /** Null: that of the sync holds. */
  readonly alwaysAllow: number | null;
}

interface InForce {
  /** `contacts`: guardians and guardianships only; the other record types are left untouched. */
  readonly recordTypes: 'all' | 'contacts';
  /** Whether nothing may be archived, whatever the limits. */
  readonly additionsOnly: boolean;
  readonly rollover: RolloverLimits | null;
  /** A sentence for people on each thing that is in force. */
  readonly notes: readonly string[];
}

/**
 * What the calendar says of a sync at an instant. `resumesOn` is the first day, `YYYY-MM-DD` in the district's time zone,
 * on which a run may start again. The rest holds for a run that a person insists on, too.
 */
export type CalendarState =
  | (InForce & { readonly runs: 'yes'; readonly resumesOn: null })
  | (InForce & { readonly runs: 'no'; readonly resumesOn: string });

export interface CalendarStateOptions {
  readonly calendar: Calendar;
  /** Null: none was entered. One whose day has come no longer holds and may be left in place. */
  readonly pause: Pause | null;
  readonly now: Date;
  /** The district's, by its IANA name. */
  readonly timezone: string;
}

/**
 * Whether a run of a sync may start now, and within what limits (guard §30). Everything that has an `until` ends by
 * itself when that day begins in the time zone.
 *
 * @throws RangeError if `now` is not a time or the time zone is unknown.
 */
export function calendarState(options: CalendarStateOptions): CalendarState {
  const { blackout, additionsOnly, rollover } = options.calendar;
  const today = localDate(options.now, options.timezone);
  const pause = options.pause !== null && today < options.pause.until ? options.pause : null;
  const firstRunDay = firstDayOutside(blackout, pause?.only === 'all' ? pause.until : today);
  const isBlackout = firstDayOutside(blackout, today) !== today;
  const isAdditionsOnly = additionsOnly === true || (additionsOnly !== null && isWithin(additionsOnly, today));
  const limits = rollover !== null && isWithin(rollover, today) ? limitsOf(rollover) : null;
  const notes = [
    pause === null ? null : pauseNote(pause, firstRunDay),
    isBlackout ? `Blackout day ${today}.` : null,
    isAdditionsOnly ? additionsOnlyNote(additionsOnly) : null,
    limits === null ? null : rolloverNote(limits),
  ];
  const inForce: InForce = {
    recordTypes: pause?.only === 'all-but-contacts' ? 'contacts' : 'all',
    additionsOnly: isAdditionsOnly,
    rollover: limits,
    notes: notes.filter((note) => note !== null),
  };
  if (firstRunDay === today) return { runs: 'yes', resumesOn: null, ...inForce };
  return { runs: 'no', resumesOn: firstRunDay, ...inForce };
}

function limitsOf({ until, deletionThreshold, alwaysAllow }: RolloverLimits): RolloverLimits {
  return { until, deletionThreshold, alwaysAllow };
}

function pauseNote({ until, only }: Pause, firstRunDay: string): string {
  if (only === 'all-but-contacts')
    return `Paused until ${until}, except for contacts: only guardians and guardianships are synced.`;
  if (firstRunDay === until) return `Paused until ${until}, the first day it runs again.`;
  return `Paused until ${until}; blackout days follow, and ${firstRunDay} is the first day it runs again.`;
}

function additionsOnlyNote(additionsOnly: true | DateWindow): string {
  const until = additionsOnly === true ? '' : ` until ${additionsOnly.until}`;
  return `Additions only${until}: nothing is archived.`;
}

function rolloverNote({ until, deletionThreshold, alwaysAllow }: RolloverLimits): string {
  const overrides = RECORD_TYPES.filter((recordType) => deletionThreshold.perType[recordType] !== undefined).map(
    (recordType) => `, of ${recordType} ${percent(basisPointsFor(deletionThreshold, recordType))}`,
  );
  const always = alwaysAllow === null ? '' : `; always allowed of a type in a school: ${alwaysAllow}`;
  return `Rollover window until ${until}: the deletion threshold is ${percent(deletionThreshold.default)}${overrides.join('')}${always}.`;
}

const percent = (basisPoints: number): string => `${basisPoints / 100} %`;
