import { z } from 'zod';
import { received } from './received.ts';

/** Less than a day, so that a run at the same hour of the next night counts for itself (guard §35). */
export const DEFAULT_WINDOW_HOURS = 20;
export const MAX_WINDOW_HOURS = 30 * 24;

const AMOUNT_AND_UNIT = /^\s*(\d{1,3})\s*(h|hours?|d|days?)?\s*$/i;
const HOURS_OF_A_DAY = 24;

const error = (issue: { readonly input?: unknown }): string =>
  `expected a number of hours, or days, from 0 to 30 days, such as 20, "20h" or "7 days"; received ${received(issue.input)}`;

/**
 * How long archives count with those of later runs (guard §35). Reads a number of hours, or text such as `20h`, `20 hours`
 * or `7 days`; gives whole hours.
 */
export const ThresholdWindow = z
  .union(
    [
      z.int({ error }).min(0, { error }).max(MAX_WINDOW_HOURS, { error }),
      z.string({ error }).regex(AMOUNT_AND_UNIT, { error }),
    ],
    { error },
  )
  .refine((value) => hoursOf(value) <= MAX_WINDOW_HOURS, { error })
  .transform(hoursOf);

function hoursOf(value: number | string): number {
  if (typeof value === 'number') return value;
  const [, amount, unit] = AMOUNT_AND_UNIT.exec(value) ?? [];
  return Number(amount) * (unit?.toLowerCase().startsWith('d') === true ? HOURS_OF_A_DAY : 1);
}
