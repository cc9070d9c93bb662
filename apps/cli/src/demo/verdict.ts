import { RECORD_TYPES, REASON_TITLES, type Reason, type RecordCounts, type RecordType } from '@rollbook/core';
import type { RunDetails } from '@rollbook/store';
import { changesBetween, forEachType, rosterAfter, type Contents } from './contents.ts';
import { activeIds, touchedBetween, type RosterState, type TouchedRows } from './roster-state.ts';

/** How a run must end, and what it may have done. */
export interface Expectation {
  readonly status: 'succeeded' | 'held' | 'failed';
  readonly reason: Reason | null;
  readonly counts: Readonly<Record<RecordType, RecordCounts>>;
  readonly touched: Readonly<Record<RecordType, TouchedRows>>;
  /** What must be active afterwards. */
  readonly roster: Contents;
}

const NOTHING: RecordCounts = {
  created: 0,
  updated: 0,
  archived: 0,
  restored: 0,
  unchanged: 0,
  withheld: 0,
  withheldUpdates: 0,
  kept: 0,
  inGrace: 0,
  skipped: 0,
};

/** A run that takes over all that the files hold, with or without the archives. */
export function expectApplied(roster: Contents, files: Contents, archives: 'made' | 'withheld'): Expectation {
  const changes = changesBetween(roster, files);
  const isHeld = archives === 'withheld';
  return {
    status: isHeld ? 'held' : 'succeeded',
    reason: isHeld ? 'threshold' : null,
    counts: forEachType((type) => ({
      ...NOTHING,
      created: changes[type].created.length,
      updated: changes[type].updated.length,
      unchanged: changes[type].unchanged.length,
      archived: isHeld ? 0 : changes[type].missing.length,
      withheld: isHeld ? changes[type].missingRoots.length : 0,
    })),
    touched: forEachType((type) => ({
      created: changes[type].created,
      updated: changes[type].updated,
      archived: isHeld ? [] : changes[type].missing,
      restored: [],
      deleted: [],
    })),
    roster: rosterAfter(roster, files, archives),
  };
}

/** A run that looks at no delivery, and archives what is not in `after`. */
export function expectArchived(roster: Contents, after: Contents): Expectation {
  const changes = changesBetween(roster, after);
  return decided(after, (type) => ({ archived: changes[type].missing }));
}

/** A run that brings back what is in `after` and is archived. */
export function expectRestored(roster: Contents, after: Contents): Expectation {
  const changes = changesBetween(roster, after);
  return decided(after, (type) => ({ restored: changes[type].created }));
}

/**
 * A run in which every record that is not in the data takes the place of one that is new there.
 *
 * @param earlier what was there before the ids changed.
 * @param files what the data holds.
 */
export function expectRelinked(roster: Contents, earlier: Contents, files: Contents): Expectation {
  const [former, taken] = [changesBetween(roster, files), changesBetween(earlier, files)];
  return decided(files, (type) => ({ updated: taken[type].created, deleted: former[type].missing }));
}

const UNTOUCHED: TouchedRows = { created: [], updated: [], archived: [], restored: [], deleted: [] };

function decided(roster: Contents, touchedOf: (recordType: RecordType) => Partial<TouchedRows>): Expectation {
  const touched = forEachType((type) => ({ ...UNTOUCHED, ...touchedOf(type) }));
  const counts = forEachType((type) => {
    const { updated, archived, restored } = touched[type];
    return { ...NOTHING, updated: updated.length, archived: archived.length, restored: restored.length };
  });
  return { status: 'succeeded', reason: null, counts, touched, roster };
}

/** A run that fails and leaves everything as it was. */
export function expectFailure(roster: Contents, reason: Reason): Expectation {
  return {
    status: 'failed',
    reason,
    counts: forEachType(() => NOTHING),
    touched: forEachType(() => UNTOUCHED),
    roster,
  };
}

/** `Held (Threshold)`. */
export function statusText(status: string, reason: Reason | null): string {
  const word = status.charAt(0).toUpperCase() + status.slice(1);
  return reason === null ? word : `${word} (${REASON_TITLES[reason]})`;
}

/** Everything in which a run is not as it must be, each in a sentence with numbers but no names; none if all is well. */
export function problemsOf(
  expected: Expectation,
  { run, counts }: Pick<RunDetails, 'run' | 'counts'>,
  before: RosterState,
  after: RosterState,
): string[] {
  const problems: string[] = [];
  if (run.status !== expected.status || run.reason !== expected.reason)
    problems.push(
      `The run should be ${statusText(expected.status, expected.reason)}, but is ${statusText(run.status, run.reason)}.`,
    );
  const touched = touchedBetween(before, after);
  for (const type of RECORD_TYPES) {
    for (const [count, wanted] of Object.entries(expected.counts[type]) as [keyof RecordCounts, number][]) {
      const found = counts[type][count];
      if (found !== wanted) problems.push(`The run reports ${found} ${type} ${count}; it should be ${wanted}.`);
    }
    for (const [what, wanted] of Object.entries(expected.touched[type]) as [keyof TouchedRows, readonly string[]][])
      problems.push(...differences(`${type} ${what} in the database`, wanted, touched[type][what]));
    problems.push(
      ...differences(`${type} active in the database`, [...expected.roster[type].keys()], activeIds(after, type)),
    );
  }
  return problems;
}

/** Compares two sets of ids. */
export function differences(what: string, wanted: readonly string[], found: readonly string[]): string[] {
  const known = new Set(wanted);
  const isSame = found.length === wanted.length && found.every((id) => known.has(id));
  if (isSame) return [];
  if (found.length !== wanted.length) return [`There are ${found.length} ${what}; it should be ${wanted.length}.`];
  return [`There are ${found.length} ${what}, as many as there should be, but not the right ones.`];
}
