/** In the United States, school years end in May or June; the lists of leavers are cleared by September. */
const FIRST_MONTH = 5;
const LAST_MONTH = 9;

/**
 * A sentence to follow one about the end of a school year: nothing in the season for it; ` That is unusual in March.` at
 * other times, when a grade that is missing is more likely to be a fault.
 *
 * @param today the day in the district's time zone, `YYYY-MM-DD`.
 */
export function seasonNote(today: string): string {
  const month = Number(today.slice(5, 7));
  if (month >= FIRST_MONTH && month <= LAST_MONTH) return '';
  const name = new Date(today).toLocaleDateString('en-US', { month: 'long', timeZone: 'UTC' });
  return ` That is unusual in ${name}.`;
}
