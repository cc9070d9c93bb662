import { dateOf } from './oneroster-csv/cells.ts';

/**
 * A date of Clever's API or of a Clever CSV file, `M/D/YYYY` or ISO, as `YYYY-MM-DD`; a blank is null, anything else
 * undefined. Exporters pad month and day or not.
 */
export function cleverDateOf(text: string): string | null | undefined {
  const match = /^\s*(\d{1,2})\/(\d{1,2})\/(\d{4})\s*$/.exec(text);
  if (match === null) return dateOf(text);
  const [, month = '', day = '', year = ''] = match;
  return dateOf(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
}
