import { quoted } from './received.ts';

interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names for the values from `min` on. */
  readonly names: readonly string[];
}

const MINUTE: CronField = { name: 'minute', min: 0, max: 59, names: [] };
const HOUR: CronField = { name: 'hour', min: 0, max: 23, names: [] };
const DAY: CronField = { name: 'day of the month', min: 1, max: 31, names: [] };
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const MONTH: CronField = { name: 'month', min: 1, max: 12, names: MONTHS };
/** 7 is Sunday too. */
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const WEEKDAY: CronField = { name: 'day of the week', min: 0, max: 7, names: WEEKDAYS };
const FIELDS = [MINUTE, HOUR, DAY, MONTH, WEEKDAY];

const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

class CronMistake extends Error {}

/**
 * What is wrong with a cron expression of five fields (minute, hour, day of the month, month, day of the week), in
 * words that follow the name of its key; null if it is good. Takes `*`, numbers, names (`MON`, `JAN`), ranges, lists and
 * steps; a day that no month has (31 February) is wrong.
 */
export function cronProblem(expression: string): string | null {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== FIELDS.length || parts[0] === '')
    return `expected 5 cron fields (minute, hour, day of the month, month, day of the week) such as "0 2 * * *", received ${quoted(expression)}`;
  try {
    const [, , days, months] = FIELDS.map((field, index) => fieldValues(field, parts[index] ?? ''));
    if (parts[4] === '*') checkDayExists([...(days ?? [])], [...(months ?? [])]);
    return null;
  } catch (error) {
    if (error instanceof CronMistake) return error.message;
    throw error;
  }
}

function fieldValues(field: CronField, text: string): Set<number> {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    for (const value of new Set(itemValues(field, item).map((given) => canonical(field, given)))) {
      if (values.has(value)) throw mistake(field, `each value once (${value} is there twice)`, text);
      values.add(value);
    }
  }
  return values;
}

function itemValues(field: CronField, item: string): number[] {
  const [range = '', step, ...more] = item.split('/');
  if (more.length > 0) throw mistake(field, 'one step, such as */15', item);
  const [first = '', last, ...rest] = range.split('-');
  if (rest.length > 0) throw mistake(field, 'a range of two values, such as 1-5', item);
  const isWhole = first === '*' && last === undefined;
  const from = isWhole ? field.min : fieldValue(field, first, item);
  const isOpen = isWhole || (last === undefined && step !== undefined);
  const to = isOpen ? field.max : fieldValue(field, last ?? first, item);
  if (from > to) throw mistake(field, 'a range that runs upwards, or two ranges with a comma', item);
  const every = step === undefined ? 1 : stepValue(field, step, item);
  return Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, index) => from + index * every);
}

/** Sunday is 0 and 7; `0-7` names it twice by intent, `0,7` by mistake. */
const canonical = (field: CronField, value: number): number => (field === WEEKDAY ? value % 7 : value);

function fieldValue(field: CronField, text: string, item: string): number {
  const named = field.names.indexOf(text.toUpperCase());
  const value = named >= 0 ? named + field.min : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.min && value <= field.max) return value;
  const names = field.names.length > 0 ? ` or ${field.names[0]} to ${field.names.at(-1)}` : '';
  throw mistake(field, `${field.min} to ${field.max}${names}, *, or a list, range or step of these`, item);
}

function stepValue(field: CronField, text: string, item: string): number {
  const step = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (step >= 1 && step <= field.max) return step;
  throw mistake(field, `a step of 1 to ${field.max}`, item);
}

function checkDayExists(days: readonly number[], months: readonly number[]): void {
  const isPossible = months.some((month) => days.some((day) => day <= (LONGEST_MONTHS[month - 1] ?? 0)));
  if (isPossible) return;
  throw new CronMistake(`expected a day that exists, received day ${days.join(',')} of month ${months.join(',')}`);
}

function mistake(field: CronField, expected: string, text: string): CronMistake {
  return new CronMistake(`expected for the ${field.name} ${expected}; received ${quoted(text)}`);
}
