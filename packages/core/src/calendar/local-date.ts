import { z } from 'zod';
import { quoted, received } from '../received.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Clocks are ahead of UTC by up to 14 hours (Pacific/Kiritimati) and behind it by up to 12 (Etc/GMT+12). */
const MOST_AHEAD_MS = 14 * HOUR_MS;
const MOST_BEHIND_MS = 12 * HOUR_MS;

/** Every zone of this millennium differs from UTC by whole quarters of an hour. */
const STEP_MS = HOUR_MS / 4;

const dateError = ({ input }: { readonly input?: unknown }) =>
  `expected a date that exists, in the years 2000 to 2999, such as 2026-12-24, received ${received(input)}`;

/**
 * A day of the calendar as `YYYY-MM-DD`, in whatever time zone: such texts sort by time. Reads a Date too, if it is
 * midnight in UTC; gives the text. Other millennia are refused: they are typing errors.
 */
export const CalendarDate = z.preprocess(
  dateAsText,
  z.iso
    .date({ error: dateError, abort: true })
    .refine((date) => date.startsWith('2'), { error: dateError, abort: true }),
);
export type CalendarDate = z.infer<typeof CalendarDate>;

/** YAML 1.1 reads an unquoted 2026-12-24 as midnight in UTC. Another time of day stays in the text, which is refused. */
function dateAsText(value: unknown): unknown {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return value;
  return value.toISOString().replace('T00:00:00.000Z', '');
}

/**
 * The day, `YYYY-MM-DD`, that an instant belongs to in a time zone.
 *
 * @throws RangeError if the instant is not a time or the zone is unknown.
 */
export function localDate(now: Date, timezone: string): string {
  const parts = formatterOf(timezone).formatToParts(now);
  const [year, month, day] = ['year', 'month', 'day'].map((type) => parts.find((part) => part.type === type)?.value);
  return `${year}-${month}-${day}`;
}

/**
 * The first instant of a {@link CalendarDate} in a time zone. That is not midnight where the clocks go forward at midnight,
 * and is the first of two midnights where they go back to it. For a day that a zone left out (Pacific/Apia 2011-12-30)
 * it is the first instant of the next.
 *
 * @throws RangeError if the text is not a date or the zone is unknown.
 */
export function startOfDay(date: string, timezone: string): Date {
  const midnightInUtc = Date.parse(`${date}T00:00:00Z`);
  for (let instant = midnightInUtc - MOST_AHEAD_MS; instant <= midnightInUtc + MOST_BEHIND_MS; instant += STEP_MS) {
    const candidate = new Date(instant);
    if (localDate(candidate, timezone) >= date) return candidate;
  }
  throw new RangeError(`There is no day ${quoted(date)} in ${timezone}.`);
}

/** The day after a day, both `YYYY-MM-DD`. */
export function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter takes hundreds of times longer than using it. */
function formatterOf(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  formatters.set(timezone, formatter);
  return formatter;
}
