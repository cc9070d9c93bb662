import type { RecordType } from '@rollbook/core';
import type { Key } from './roster-model.ts';

/** What of the held records a run finds (guard §33). */
export type Fate = 'returned' | 'archived' | 'kept' | 'gone' | 'stays' | 'not looked at' | 'delta is silent';

export interface HoldModel {
  status: 'open' | 'approved' | 'rejected' | 'replaced' | 'resolved';
  /** Void when the source or the schools were changed since. */
  basis: string;
  /** With the schools in which they were counted. */
  readonly records: ReadonlyMap<Key, string | null>;
  /** Those that a run which only adds saw in the data since: an approval passes them over (guard §33). */
  readonly seen: Set<Key>;
  /** The run with which it, or the first of its chain, began (guard §32). */
  readonly since: number;
  /** In milliseconds, when a run looked at its records last (guard §27). */
  confirmedAt: number;
}

export interface HeldRun {
  readonly runId: number;
  readonly now: number;
  readonly basis: string;
  readonly isAdditionsOnly: boolean;
  /** The roots that the run withheld, with their schools. */
  readonly withheld: ReadonlyMap<Key, string | null>;
  readonly isShown: (key: Key) => boolean;
  readonly fateOf: (key: Key) => Fate;
}

const LEAVES: readonly Fate[] = ['returned', 'archived', 'kept', 'gone'];

/** What becomes of a sync's holds by a run that was applied (guard §23, §33). */
export function settleHold(holds: HoldModel[], run: HeldRun): void {
  const open = holds.find(({ status }) => status === 'open');
  const { runId, now, basis, withheld } = run;
  if (run.isAdditionsOnly) {
    for (const key of open?.records.keys() ?? []) if (run.isShown(key)) open?.seen.add(key);
    return;
  }
  if (!open) {
    if (withheld.size > 0)
      holds.push({ status: 'open', basis, records: withheld, seen: new Set(), since: runId, confirmedAt: now });
    return;
  }
  for (const key of withheld.keys()) open.seen.delete(key);
  const fates = [...open.records.keys()].map(run.fateOf);
  const left = [...open.records].filter((_, i) => !LEAVES.includes(fates[i] as Fate));
  const joined = [...withheld].filter(([key]) => !open.records.has(key));
  const records = new Map([...left, ...joined]);
  const hasLooked = !fates.includes('not looked at');
  const asOf = hasLooked ? { basis, confirmedAt: now } : { basis: open.basis, confirmedAt: open.confirmedAt };
  if (records.size === 0) open.status = 'resolved';
  else if (records.size === open.records.size && joined.length === 0) Object.assign(open, asOf);
  else {
    open.status = 'replaced';
    holds.push({ status: 'open', records, seen: open.seen, since: open.since, ...asOf });
  }
}

export interface ApprovalModel {
  status: 'active' | 'used';
  readonly basis: string;
  /** In milliseconds. */
  readonly endsAt: number;
  /** Those that wait; they are taken out as they are done (guard §34). */
  readonly waiting: Set<Key>;
  readonly records: ReadonlySet<Key>;
}

/** What keeps a record: the decision on a hold, or that its archive was undone, or both (guard §26, §40). */
export interface Keeping {
  readonly hold: HoldModel | null;
  readonly isUndone: boolean;
}

/** A threshold that was raised for the next run, or for good. */
export interface RaiseModel {
  readonly basisPoints: number;
  /** Null: of every record type. */
  readonly recordTypes: readonly RecordType[] | null;
  readonly isForOneRun: boolean;
  /** Of the hold that was open then; null: none was. */
  readonly heldTypes: readonly RecordType[] | null;
  /** In milliseconds. */
  readonly endsAt: number;
}
