import { dateOf } from './oneroster/cells.ts';

const AMERICAN = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;

/**
 * A date of Clever, `6/18/1998` as birth dates are written or `2026-08-17` with or without a time, as `YYYY-MM-DD`.
 * '' is null; undefined for anything else, for instance a day that does not exist.
 */
export function cleverDateOf(text: string): string | null | undefined {
  const [, month, day, year] = AMERICAN.exec(text.trim()) ?? [];
  if (month === undefined || day === undefined || year === undefined) return dateOf(text);
  return dateOf(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
}

/** The day after a date `YYYY-MM-DD`: Clever names the last day of a term, the roster model the first day after it. */
export function dayAfter(date: string): string {
  return new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);
}
