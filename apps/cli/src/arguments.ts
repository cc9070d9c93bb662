import { hostname, userInfo } from 'node:os';
import { RECORD_TYPES, nearest, quoted, type RecordType } from '@rollbook/core';
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
 * The queues of `--stages fetch,diff`. `schedule` starts runs when they are due; left out, everything is served.
 *
 * @throws CommandError for an unknown stage.
 */
export function queuesFrom(text: string | undefined): readonly QueueName[] {
  if (text === undefined) return QUEUES;
  const words = text.split(',').map((word) => word.trim());
  const stages = words.map((word) => wordFrom('stage', word, [...STAGES, 'schedule'] as const));
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
