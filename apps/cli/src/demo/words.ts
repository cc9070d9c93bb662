import { RECORD_TYPES, number, type RecordCounts, type RecordType } from '@rollbook/core';
import type { Stage } from '@rollbook/pipeline';

type Counts = Readonly<Record<RecordType, RecordCounts>>;

/** What a stage does, for people who have never seen one. */
export const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  fetch: 'collecting and reading the files',
  diff: 'comparing them with the roster',
  guard: 'checking the schools and how much would be archived',
  apply: 'saving',
};

const COUNT_WORDS = {
  created: 'added',
  updated: 'changed',
  restored: 'brought back',
  archived: 'archived',
  withheld: 'waiting for a decision',
} as const satisfies Partial<Record<keyof RecordCounts, string>>;

/** `1.2 s`. */
export const seconds = (durationMs: number): string => `${(durationMs / 1000).toFixed(1)} s`;

/** What happened to students, and to all other records together, a line each; `nothing changed` where nothing did. */
export function countLines(counts: Counts): string[] {
  const others = RECORD_TYPES.filter((recordType) => recordType !== 'students');
  const lines = [
    ['Students', partsOf(counts, ['students'])],
    ['Other records', partsOf(counts, others)],
  ].flatMap(([who, parts]) => (parts === '' ? [] : [`${who}: ${parts}`]));
  return lines.length === 0 ? ['Nothing changed'] : lines;
}

function partsOf(counts: Counts, recordTypes: readonly RecordType[]): string {
  return (Object.keys(COUNT_WORDS) as (keyof typeof COUNT_WORDS)[])
    .map((what) => ({ what, sum: recordTypes.reduce((sum, recordType) => sum + counts[recordType][what], 0) }))
    .filter(({ sum }) => sum > 0)
    .map(({ what, sum }) => `${number(sum)} ${COUNT_WORDS[what]}`)
    .join(', ');
}
