import type { RecordType, RosterRecord } from '@rollbook/core';

/** `full`: what is absent is gone (bulk). `delta`: only what is listed changes (guard §8). */
export type Delivery = 'full' | 'delta';

export interface PulledRow<T extends RecordType = RecordType> {
  readonly record: RosterRecord<T>;
  /** Where it stood, 1-based; 0 where the source has no lines. */
  readonly line: number;
  /** Marked by the source as deleted (`tobedeleted`, `inactive`). */
  readonly gone: boolean;
}

/** The cells of a packed enrollment, in order. */
export const PACKED_CELLS = ['sisId', 'class', 'person', 'role', 'primary', 'beginDate', 'endDate'] as const;

/**
 * Enrollments that are present, in the bytes they came in: they are most of a district, and on most days they need no
 * more than to be recognised. Every value is sound and as a record has it: ids not empty, the role known, `primary`
 * true or false in any case, dates `YYYY-MM-DD`; no control characters, no backslashes. Valid until the next event.
 */
export interface PackedEnrollments {
  readonly count: number;
  /** UTF-8. */
  readonly bytes: Buffer;
  /** For each row a start and an end for each of {@link PACKED_CELLS}, and `stride` numbers a row; equal: no value. */
  readonly cells: Int32Array;
  readonly stride: number;
  /** See PulledRow. */
  readonly lines: Int32Array;
  /** The row as all others are. */
  unpack(index: number): PulledRow<'enrollments'>;
}

/** What a source found wrong or worth saying; holds ids at most, never names, contacts or birth dates. */
export interface PullWarning {
  readonly code: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
}

/**
 * What a source says while it is read, in order. A `revision`, if the source has one, comes before all records: equal
 * revisions mean equal deliveries, and the rest of one that is known already need not be read. A record type is
 * announced by `delivers` before its first rows; a type never announced was not delivered and is left untouched. A row
 * that cannot be used is `skipped`: its id, if it has one, still counts as seen for each of `recordTypes` (guard §20),
 * and it counts against the first of them. `restart` takes back everything said so far: the source's data changed while
 * it was read, and is read anew.
 */
export type PullEvent =
  | { readonly kind: 'revision'; readonly revision: string }
  | {
      readonly kind: 'delivers';
      readonly recordType: RecordType;
      readonly delivery: Delivery;
      readonly file: string;
      /** Which of several rows of one id says what it is (guard §38): the last unless the format has it otherwise. */
      readonly wins?: 'first' | 'last';
    }
  | {
      [T in RecordType]: {
        readonly kind: 'rows';
        readonly recordType: T;
        readonly file: string;
        readonly rows: readonly PulledRow<T>[];
      };
    }[RecordType]
  | { readonly kind: 'packed'; readonly file: string; readonly enrollments: PackedEnrollments }
  | {
      readonly kind: 'skipped';
      readonly recordTypes: readonly [RecordType, ...RecordType[]];
      readonly sisId: string | null;
      readonly warning: PullWarning;
    }
  | { readonly kind: 'warning'; readonly warning: PullWarning }
  | { readonly kind: 'restart'; readonly message: string }
  | { readonly kind: 'progress'; readonly message: string };

/**
 * A place rosters come from. `pull` reads everything once, in a stream of batches, with memory that does not grow with
 * the district. Ending without an error means that the pull is complete; anything short of that throws a SyncError.
 */
export interface RosterSource {
  pull(signal: AbortSignal): AsyncIterable<PullEvent>;
  /**
   * What the source lets us see, for people who set a sync up; far less is read than a pull does, where the source
   * can tell. Writes nothing. Throws the same errors as a pull.
   */
  survey(signal: AbortSignal): Promise<SourceSurvey>;
}

/** What a source says of itself when asked with the stored credentials. */
export interface SourceSurvey {
  /** Every school it shares, for linking. */
  readonly schools: readonly SurveyedSchool[];
  /** Records by type; null where the source cannot tell without being read whole. Types it does not share are left out. */
  readonly counts: Partial<Readonly<Record<RecordType, number | null>>>;
  /** What may be read and what not: record types, endpoints, scopes. */
  readonly permissions: readonly { readonly name: string; readonly granted: boolean }[];
  /** When the data at the source last changed, ISO 8601 in UTC; null where it does not say. */
  readonly freshAt: string | null;
  /** Other things worth knowing, in plain words: paused, files that were passed over. */
  readonly notes: readonly string[];
}

export interface SurveyedSchool {
  readonly sisId: string;
  readonly name: string | null;
  readonly number: string | null;
}
