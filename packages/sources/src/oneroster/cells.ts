/** '' from a source is no value. */
export const textOrNull = (cell: string): string | null => (cell === '' ? null : cell);

/** What exports write for an empty list. */
const NOTHING = new Set(['', '[]', '{}', '""', "''", '[""]', "['']"]);

/** Whether a cell that holds an id or a list of them holds none: blank, `[]` or `""`. */
export const isNothing = (cell: string): boolean => NOTHING.has(cell.trim());

/** The items of a list, or of a cell that holds one (`"09,10"`), trimmed, without repetition. */
export function listOf(cell: string | readonly string[]): string[] {
  if (cell === '') return [];
  if (typeof cell === 'string' && !cell.includes(',')) {
    const item = cell.trim();
    return NOTHING.has(item) ? [] : [item];
  }
  const items = new Set<string>();
  for (const part of typeof cell === 'string' ? cell.split(',') : cell) {
    const item = part.trim();
    if (!NOTHING.has(item)) items.add(item);
  }
  return [...items];
}

/** `true`, `TRUE`, `1`, `yes` … as a boolean, '' as null; undefined if it is none of them. */
export function flagOf(cell: string): boolean | null | undefined {
  switch (cell) {
    case '':
      return null;
    case 'true':
    case 'TRUE':
    case 'True':
    case '1':
      return true;
    case 'false':
    case 'FALSE':
    case 'False':
    case '0':
      return false;
    default:
      return lenientFlag(cell.trim().toLowerCase());
  }
}

function lenientFlag(word: string): boolean | null | undefined {
  if (word === '') return null;
  if (['true', '1', '1.0', 'yes', 'y', 't'].includes(word)) return true;
  if (['false', '0', '0.0', 'no', 'n', 'f'].includes(word)) return false;
  return undefined;
}

/**
 * `YYYY-MM-DD`, or the date part of an ISO date and time, if that day exists; '' is null; undefined for anything else,
 * for instance the `1/05/2023` that Excel leaves.
 */
export function dateOf(cell: string): string | null | undefined {
  if (cell === '') return null;
  const known = seenDates.get(cell);
  if (known !== undefined) return known;
  const date = parseDate(cell.trim());
  // A roster has few different dates. Longer cells may be slices that keep their whole chunk of the file alive.
  if (typeof date === 'string' && cell.length <= 12) {
    if (seenDates.size >= 50_000) seenDates.clear();
    seenDates.set(cell, date);
  }
  return date;
}

const seenDates = new Map<string, string>();

function parseDate(text: string): string | null | undefined {
  if (text === '') return null;
  const match =
    /^(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?$/i.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  return `${match[1]}-${match[2]}-${match[3]}`;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The identifier of the first `{StateID:…}`, `{SSID:…}` or the like in a userIds cell. */
export function stateIdOf(userIds: string): string | null {
  if (userIds === '') return null;
  for (const [, type = '', identifier = ''] of userIds.matchAll(/\{\s*([^:{}]*?)\s*:([^{}]*)\}/g))
    if (/^(state|ssid)/i.test(type) && identifier.trim() !== '') return identifier.trim();
  return null;
}
