import type { HoldEvidence, RecordType, RosterRecord, RunSettings } from '@rollbook/core';
import type { Difference } from './difference.ts';
import type { Delivery, PackedEnrollments, PullWarning } from './source.ts';

/**
 * `p`: present. `g`: marked as deleted. `s`: seen, but its row could not be used. `o`: outside the linked schools. `l`:
 * left out by the settings of the run: seen, and no more. `u`: in the data, but its place cannot be told (guard §37).
 */
export type Presence = 'p' | 'g' | 's' | 'o' | 'l' | 'u';

/** Which of several rows of one id says what it is, but for sets, which are joined (guard §38). */
export type WinningRow = 'first' | 'last';

/** How a record type is delivered. */
export interface OpenedType {
  readonly file: string;
  readonly wins: WinningRow;
}

/** Records of one type in the data whose place cannot be told for one cause (guard §37). */
export interface Placeless {
  readonly recordType: RecordType;
  readonly file: string;
  /** Their rows name no school; else only schools that are not in the data. */
  readonly isBlank: boolean;
  readonly count: number;
  /** Of `count`: those that are not active in the roster, and are left out. */
  readonly left: number;
  /** The first ones, by line. */
  readonly examples: readonly { readonly sisId: string; readonly line: number }[];
  /** The unknown schools that most rows name. */
  readonly schools: readonly string[];
}

export interface TypeContents {
  readonly delivery: Delivery;
  /** Rows by presence, after repeated ids were made one. */
  readonly present: number;
  readonly gone: number;
  readonly skipped: number;
  /** Those whose place cannot be told included. */
  readonly outside: number;
  /** Of `present`: those that are what the roster holds already. They are in no table of the snapshot. */
  readonly recognised: number;
  /** Rows that could not be used, counted once each, with those that had no id. */
  readonly unusable: number;
}

/** As counted in the tables. */
export type TableContents = Omit<TypeContents, 'unusable'>;

/** What a complete snapshot holds; kept beside it, and checked against it before every use. */
export interface SnapshotContents {
  readonly types: Partial<Record<RecordType, TypeContents>>;
  /** Of the schools delivered, or of those the roster holds if none were; for judging the school links. */
  readonly schools: readonly { readonly sisId: string; readonly name: string | null }[];
  /** Departments, districts and the like: courses of theirs belong to no school that could be linked. */
  readonly otherOrgs: readonly string[];
  /** What the source calls this delivery, if it has a name for it. */
  readonly revision: string | null;
  readonly recognition: RecognitionContents;
}

/** A snapshot says of most records only that they are what the roster held when it had this version. */
export interface RecognitionContents {
  readonly rosterVersion: string;
  /** Active records of the sync for which no row came that says the same. */
  readonly missed: number;
}

/** Which records a sync speaks for (guard §13, §16). `linked` null: every school. */
export interface Scope {
  readonly linked: readonly string[] | null;
  readonly otherOrgs: readonly string[];
}

export interface CountedWarning extends PullWarning {
  readonly count: number;
}

/** A snapshot being written: visible to nobody until its run commits the fetch. */
export interface SnapshotDraft {
  /** Names its tables. */
  readonly prefix: string;
  open(recordType: RecordType, opened: OpenedType): Promise<void>;
  append(recordType: RecordType, record: RosterRecord, presence: Presence, line: number): void;
  /** `school` is that of the row's class. */
  appendPacked(rows: PackedEnrollments, index: number, school: string | null): void;
  /** A row that could not be used: only its id was seen. */
  appendSkipped(recordType: RecordType, sisId: string, line: number): void;
  /** Sends what was appended as far as it is worth it; resolves when more may be appended. */
  drain(): Promise<void>;
  /**
   * Sends the rest, makes repeated ids one, marks rows that refer to unknown people as skipped, and counts.
   *
   * @param delivered the types delivered; people of other types are looked up in the roster.
   */
  finish(delivered: ReadonlyMap<RecordType, Delivery>): Promise<FinishedDraft>;
  /** Drops its tables; after it was committed, call `release` instead. */
  discard(): Promise<void>;
  release(): void;
}

export interface FinishedDraft {
  readonly types: Partial<Record<RecordType, TableContents>>;
  readonly recognition: RecognitionContents;
  readonly warnings: readonly CountedWarning[];
  readonly placeless: readonly Placeless[];
}

/** An id of the roster that delivered records may refer to. */
export interface KnownRecord {
  readonly sisId: string;
  /** Of a class; else null. */
  readonly school: string | null;
}

export interface SnapshotStore {
  draft(key: {
    readonly runId: number | null;
    readonly districtId: string;
    readonly syncId: string;
    /** Whether the sync speaks for linked schools only. */
    readonly isScoped: boolean;
    /** The linked schools; null: every school. */
    readonly linked: readonly string[] | null;
    /** Whether rows that the roster holds already are recognised; if not, all are kept. */
    readonly recognises: boolean;
  }): Promise<SnapshotDraft>;
  /** Active schools, terms, courses or classes of the district that no delta has marked as deleted. */
  knownRecords(districtId: string, recordType: RecordType): AsyncIterable<KnownRecord[]>;
  /** How many active records of a type the sync manages within its scope. */
  managedCount(districtId: string, syncId: string, recordType: RecordType, scope: Scope): Promise<number>;
  /** Compares a snapshot with the roster outside of any run. */
  compare(
    snapshot: { readonly prefix: string; readonly contents: SnapshotContents },
    options: CompareOptions,
  ): Promise<Difference>;
  /** What is known of the records that it would archive; after `compare`. */
  evidence(
    snapshot: { readonly prefix: string; readonly contents: SnapshotContents },
    options: CompareOptions,
    difference: Difference,
  ): Promise<HoldEvidence>;
}

export interface CompareOptions {
  readonly districtId: string;
  readonly syncId: string;
  readonly scope: Scope;
  readonly settings: RunSettings;
}
