import { z } from 'zod';
import { DeletionThreshold, ThresholdBasisPoints } from '../deletion-threshold.ts';
import { received } from '../received.ts';
import { DateRange, DateWindow, checkWindow, firstDayOutside, isWithin } from './date-range.ts';
import { CalendarDate } from './local-date.ts';

const MOST_BLACKOUTS = 366;

const EXPECTED_BLACKOUT = 'expected a date such as 2026-12-24, or a range such as {from: 2026-12-24, to: 2027-01-03}';
const EXPECTED_ADDITIONS_ONLY = 'expected true, or a window such as {from: 2027-07-01, until: 2027-09-01}';

const Blackout = z.union([CalendarDate.transform((date) => ({ from: date, to: date })), DateRange], {
  error: ({ input }) => `${EXPECTED_BLACKOUT}, received ${received(input)}`,
});

const AdditionsOnly = z
  .union([z.boolean(), DateWindow], {
    error: ({ input }) => `${EXPECTED_ADDITIONS_ONLY}, received ${received(input)}`,
  })
  .optional()
  .transform((setting) => (setting === false ? null : (setting ?? null)));

const Rollover = z
  .strictObject({
    ...DateWindow.shape,
    deletionThreshold: DeletionThreshold.describe(
      'In place of that of the sync: percent, or percents by record type, such as {default: 60, staff: 20}',
    ),
    alwaysAllow: z
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .transform((count) => count ?? null)
      .describe('In place of that of the sync; left out: as in the sync'),
  })
  .superRefine(checkWindow)
  .optional()
  .transform((rollover) => rollover ?? null);

/** A calendar as it is kept with a sync: nothing left out, thresholds in basis points. */
export const KeptCalendar = z.strictObject({
  blackout: z.array(DateRange),
  additionsOnly: z.union([z.literal(true), DateWindow]).nullable(),
  rollover: z
    .strictObject({
      ...DateWindow.shape,
      deletionThreshold: ThresholdBasisPoints,
      /** Null: that of the sync holds. */
      alwaysAllow: z.int().min(0).nullable(),
    })
    .nullable(),
});

/**
 * When a sync does not run, and when other limits hold (guard §30). Days are those of the district's time zone. `to` is
 * the last day of a range; `until` is always the first day on which a window no longer holds. Gives every blackout as a
 * range, thresholds in basis points, and null for what is left out.
 */
export const Calendar = z
  .strictObject({
    blackout: z
      .array(Blackout)
      .max(MOST_BLACKOUTS, `expected at most ${MOST_BLACKOUTS} dates and ranges`)
      .default([])
      .describe('Dates, and ranges of dates, on which the sync does not run'),
    additionsOnly: AdditionsOnly.describe(
      'Records are created, updated and restored, none is archived: true, or from a day until another, on which it no longer holds',
    ),
    rollover: Rollover.describe(
      'Limits for archiving that hold from a day until another, on which those of the sync hold again',
    ),
  })
  .superRefine(checkRollover);
export type Calendar = z.infer<typeof KeptCalendar>;

/** What holds where nothing is configured. */
export const NO_CALENDAR: Calendar = { blackout: [], additionsOnly: null, rollover: null };

/** Refuses a rollover window whose limits could never come into force. */
function checkRollover({ blackout, additionsOnly, rollover }: Calendar, context: z.RefinementCtx): void {
  // One that ends before it begins is reported already.
  if (rollover === null || rollover.from >= rollover.until) return;
  const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['rollover'], message });
  if (additionsOnly !== null && holdsThroughout(additionsOnly, rollover))
    refuse(
      'expected a window in which records may be archived; ' +
        `calendar.rollover has limits for archiving, but calendar.additionsOnly (${windowText(additionsOnly)}) ` +
        'lets nothing be archived in the whole window',
    );
  const firstRunDay = firstDayOutside(blackout, rollover.from);
  if (firstRunDay >= rollover.until)
    refuse(
      'expected a window with a day on which the sync runs; ' +
        `calendar.rollover (${windowText(rollover)}) lies wholly within calendar.blackout, ` +
        `after which the sync first runs on ${firstRunDay}`,
    );
}

/** Neither has gaps, so what holds on the first day and the last holds on every day between. */
function holdsThroughout(additionsOnly: true | DateWindow, { from, until }: DateWindow): boolean {
  return additionsOnly === true || (isWithin(additionsOnly, from) && until <= additionsOnly.until);
}

const windowText = (window: true | DateWindow): string =>
  window === true ? 'true' : `${window.from} until ${window.until}`;
