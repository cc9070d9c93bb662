import type { ArchiveCount, RecordType, UpdateCount } from '@rollbook/core';
import type { CountedWarning } from './snapshot.ts';
import type { Delivery } from './source.ts';

/** What a run would do to one record type; archives are counted by group instead. */
export interface TypeDifference {
  /** How the type arrived; left out: it did not. */
  readonly delivery?: Delivery;
  readonly created: number;
  readonly updated: number;
  readonly restored: number;
  /** Of `unchanged`: those of which only the hash is another. */
  readonly rehashed: number;
  /** Manual records that become the sync's, by a link (guard §11). */
  readonly adopted: number;
  readonly unchanged: number;
  /** Present in the data, but manual or of another sync: left alone. */
  readonly foreign: number;
  /** Present in the data, but archived by a user and kept so by the settings. */
  readonly keptArchived: number;
  /** Archives of records whose student, class or guardian is archived: they go with it (guard §6). */
  readonly dependents: number;
  /** Missing, and kept by a decision (guard §26) or until they were missing for longer (transfer grace). */
  readonly kept: number;
  readonly inGrace: number;
  /** Records that take another id (guard §25). */
  readonly relinked: number;
  /** Archived with a record that is restored, and not in the data: they come back with it (guard §40). */
  readonly returning: number;
}

/** The outcome of a diff; its change set stands in the database beside the snapshot. */
export interface Difference {
  /** The roster that was compared: a change set is applied to no other. */
  readonly rosterVersion: string;
  /** The record types delivered. */
  readonly types: Partial<Record<RecordType, TypeDifference>>;
  /** Every group measured, also those with nothing to archive. */
  readonly groups: readonly ArchiveCount[];
  /** What would change of people, by group (guard §36); left out by a run that looks at no data. */
  readonly updates?: readonly UpdateCount[];
  /** Rows of the change set, checked before it is applied. */
  readonly changeCount: number;
  /** The approvals that were counted; they must still stand when the change set is applied. */
  readonly approvalIds: readonly number[];
  /** Records noted as changed by others since their rows were recognised; checked before the change set is applied. */
  readonly touched: number;
  /** Of those: what the next run has to look at, although its data may be the same (guard §40). */
  readonly overtaken: number;
  /** What people should know of the comparison. */
  readonly warnings: readonly CountedWarning[];
}
