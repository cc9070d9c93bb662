import { counted, listed } from './wording.ts';

/** Why a record is no longer held (guard §33). */
export const LEFT_BECAUSE = ['returned', 'archived', 'kept', 'gone'] as const;
export type LeftBecause = (typeof LEFT_BECAUSE)[number];

/** How many records left a hold, by the reason. */
export type LeftCounts = Readonly<Partial<Record<LeftBecause, number>>>;

export interface SettledHold {
  readonly hold: string;
  /** `open`: it stays open, and the run withheld nothing itself. */
  readonly outcome: 'resolved' | 'replaced' | 'open';
  readonly left: LeftCounts;
  /** How many records still wait. */
  readonly stay: number;
  /** The thresholds of the run and of the run that looked at the hold before are not the same. */
  readonly isThresholdChanged: boolean;
}

const SENTENCES: Readonly<Record<LeftBecause, (count: number) => string>> = {
  returned: (count) => `${counted(count, 'record')} ${count === 1 ? 'is' : 'are'} back in the data`,
  archived: (count) => `${counted(count, 'record')} ${count === 1 ? 'was' : 'were'} archived`,
  kept: (count) => `${counted(count, 'record')} ${count === 1 ? 'is' : 'are'} kept by a decision`,
  gone: (count) => `${counted(count, 'record')} no longer ${count === 1 ? 'belongs' : 'belong'} to this sync`,
};

/** `3 records are back in the data and 50 records were archived`; empty if nothing left. */
export function leftText(left: LeftCounts): string {
  const parts = LEFT_BECAUSE.flatMap((because) => {
    const count = left[because] ?? 0;
    return count === 0 ? [] : [SENTENCES[because](count)];
  });
  return listed(parts);
}

/** What became of the sync's hold in a run, and why, for the notes of that run (guard §32, §33). */
export function holdNote({ hold, outcome, left, stay, isThresholdChanged }: SettledHold): string {
  const waiting = `${counted(stay, 'record')} still ${stay === 1 ? 'waits' : 'wait'}`;
  if (outcome === 'open')
    return `Hold ${hold} stays open: ${waiting} for a decision, and this run had nothing new to say about ${stay === 1 ? 'it' : 'them'}.`;
  const what = leftText(left);
  const why = (left.archived ?? 0) > 0 ? archivedBecause(left, isThresholdChanged) : '';
  const end = outcome === 'resolved' ? 'is resolved' : 'was replaced by a new hold';
  return `Hold ${hold} ${end}${what === '' ? '' : `: ${what}`}.${why}`;
}

function archivedBecause(left: LeftCounts, isThresholdChanged: boolean): string {
  if (isThresholdChanged) return ' They could be archived because the threshold has changed.';
  return (left.returned ?? 0) > 0
    ? ' They could be archived because, with the others back, the threshold allows them.'
    : ' A decision, or an archive by hand, allowed that.';
}
