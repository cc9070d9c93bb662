import { hostname, userInfo } from 'node:os';
import { CalendarDate, RECORD_TYPES, nearest, quoted, type RecordType } from '@rollbook/core';
import { FETCH_SOURCE_TYPES, QUEUES, STAGES, type QueueName } from '@rollbook/pipeline';
import { CommandError } from './problem.ts';

const LARGEST_ID = 2_147_483_647;

/** For `.argument` and `.option`: gathers a repeated option into a list. */
export const gather = (value: string, before: readonly string[] = []): string[] => [...before, value];

/**
 * The number of a run or hold.
 *
 * @throws CommandError if the text is not one.
 */
export function idFrom(what: 'run' | 'hold', text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= LARGEST_ID) return Number(text);
  throw new CommandError(`Expected the number of a ${what}, received ${quoted(text)}.`, {
    advice: `"rollbook ${what}s" lists them.`,
  });
}

/** @throws CommandError if the text is not a whole number of at least `least`, 1 if left out, and at most `most`. */
export function countFrom(option: string, text: string, most: number, least = 1): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw new CommandError(`${option}: expected a whole number from ${least} to ${most}, received ${quoted(text)}.`, {
    advice: 'Give another number, or leave the option out.',
  });
}

/** @throws CommandError with the nearest record type if there is none of that name. */
export function recordTypeFrom(text: string): RecordType {
  const found = RECORD_TYPES.find((recordType) => recordType === text);
  if (found) return found;
  throw unknownWord('record type', text, RECORD_TYPES);
}

/**
 * A record as `students:S1001`; the id may hold colons.
 *
 * @throws CommandError if the text is none, or there is no such record type.
 */
export function recordNameFrom(text: string): { readonly recordType: RecordType; readonly sisId: string } {
  const [type = '', sisId = ''] = text.split(/:(.*)/s);
  if (sisId !== '') return { recordType: recordTypeFrom(type), sisId };
  throw new CommandError(`Expected a record as type:id, such as students:S1001, received ${quoted(text)}.`, {
    advice: 'The ids of a hold stand in "rollbook hold HOLD".',
  });
}

/** A day, `YYYY-MM-DD`. @throws CommandError if the text is none. */
export function dateFrom(option: string, text: string): string {
  const parsed = CalendarDate.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CommandError(`${option}: ${parsed.error.issues[0]?.message ?? 'expected a date'}.`, {
    advice: 'Give a day such as 2027-08-20.',
  });
}

/** @throws CommandError with the nearest word if the text is none of them. */
export function wordFrom<W extends string>(option: string, text: string, words: readonly W[]): W {
  const found = words.find((word) => word === text);
  if (found) return found;
  throw unknownWord(option, text, words);
}

function unknownWord(what: string, text: string, words: readonly string[]): CommandError {
  const [meant] = nearest(text, words);
  return new CommandError(`There is no ${what} ${quoted(text)}. There are: ${words.join(', ')}.`, {
    advice: meant === undefined ? 'Use one of these.' : `Is "${meant}" meant?`,
  });
}

/**
 * The queues of `--stages fetch,diff`. `schedule` starts runs when they are due, `notify` tells of new holds; left out, everything is served.
 *
 * @throws CommandError for an unknown stage.
 */
export function queuesFrom(text: string | undefined): readonly QueueName[] {
  if (text === undefined) return QUEUES;
  const words = text.split(',').map((word) => word.trim());
  const stages = words.map((word) => wordFrom('stage', word, [...STAGES, 'schedule', 'notify'] as const));
  return [
    ...new Set(
      stages.flatMap((stage): QueueName[] =>
        stage === 'fetch' ? FETCH_SOURCE_TYPES.map((type) => `fetch-${type}` as const) : [stage],
      ),
    ),
  ];
}

/** Who decides and asks, for the record: ROLLBOOK_ACTOR, else the user of this machine. */
export function actor(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const named = env['ROLLBOOK_ACTOR']?.trim();
  if (named) return named.slice(0, 200);
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
