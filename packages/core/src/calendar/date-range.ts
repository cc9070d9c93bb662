import { z } from 'zod';
import { quoted } from '../received.ts';
import { CalendarDate, dayAfter } from './local-date.ts';

const From = CalendarDate.describe("The first day, in the district's time zone");
const To = CalendarDate.describe('The last day (inclusive)');
const Until = CalendarDate.describe('The first day on which it no longer holds (exclusive)');

/** Days `from` one `to` another, both included. */
export const DateRange = z.strictObject({ from: From, to: To }).superRefine(checkRange);
export type DateRange = z.infer<typeof DateRange>;

/** Days `from` one `until` another, which is the first that is no longer included. */
export const DateWindow = z.strictObject({ from: From, until: Until }).superRefine(checkWindow);
export type DateWindow = z.infer<typeof DateWindow>;

function checkRange({ from, to }: DateRange, context: z.RefinementCtx): void {
  if (from <= to) return;
  context.addIssue({
    code: 'custom',
    path: ['to'],
    message: `expected the last day of the range, not before \`from\` (${from}), received ${quoted(to)}`,
  });
}

/** For the schema of a window that has further keys: reports at `until` that it does not come after `from`. */
export function checkWindow({ from, until }: DateWindow, context: z.RefinementCtx): void {
  if (from < until) return;
  context.addIssue({
    code: 'custom',
    path: ['until'],
    message: `expected the first day after the window, later than \`from\` (${from}), received ${quoted(until)}`,
  });
}

/** Whether a day, `YYYY-MM-DD`, lies in a window. */
export function isWithin({ from, until }: DateWindow, day: string): boolean {
  return from <= day && day < until;
}

/** The first day, from the given one on, that lies in none of the ranges. These may adjoin, overlap and be in any order. */
export function firstDayOutside(ranges: readonly DateRange[], day: string): string {
  let first = day;
  // Sorted by `from`, one pass is enough: `first` only grows, and never into a range that was passed.
  for (const { from, to } of [...ranges].sort((a, b) => a.from.localeCompare(b.from)))
    if (from <= first && first <= to) first = dayAfter(to);
  return first;
}
