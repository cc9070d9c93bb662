import type { RecordType } from './record-types.ts';

/**
 * What is known of the records that a run would archive, counted by the database in groups: the ground on which a hold
 * is explained (guard §25). Ids and numbers only, no names of people. Lists hold only entries that have something to
 * say, unless told otherwise; `examples` are a few ids, in the order of the ids.
 */
export interface HoldEvidence {
  /** The day in the district's time zone, `YYYY-MM-DD`. */
  readonly today: string;
  /** Names by school id, as far as known. */
  readonly schoolNames: Readonly<Record<string, string>>;
  /** Every group that was measured, also those with nothing to archive. */
  readonly groups: readonly GroupEvidence[];
  readonly grades: readonly GradeEvidence[];
  readonly rekeyed: readonly RekeyEvidence[];
  readonly zeros: readonly ZerosEvidence[];
  readonly endedTerms: readonly EndedTermEvidence[];
  readonly classes: readonly ClassEvidence[];
  readonly transfers: readonly TransferEvidence[];
}

export interface GroupEvidence {
  readonly recordType: RecordType;
  /** Null: records that belong to the district. */
  readonly school: string | null;
  /** Active managed records before the run (guard §1). */
  readonly active: number;
  /** Of `active`, roots only (guard §6). */
  readonly toArchive: number;
  /** New records of this type and school: those the run creates, and those created since its records were first missing. */
  readonly toCreate: number;
}

/** Students of one grade in one school, by the grade that the roster had before the run. For every school that loses students, all its grades. */
export interface GradeEvidence {
  readonly school: string;
  /** Null: students without a grade. */
  readonly grade: string | null;
  readonly active: number;
  readonly toArchive: number;
  /** Of those to archive. */
  readonly examples: readonly string[];
}

/**
 * People to archive, each of whom has exactly one counterpart among the records that are new (and is the only one for
 * it): the same name, and the same birth date or e-mail, under another id in the same school.
 */
export interface RekeyEvidence {
  readonly recordType: 'students' | 'staff' | 'guardians';
  readonly school: string | null;
  readonly pairs: number;
  readonly examples: readonly { readonly oldId: string; readonly newId: string }[];
}

/** Records to archive whose id is that of a new record of the same type, but for leading zeros. */
export interface ZerosEvidence {
  readonly recordType: RecordType;
  readonly school: string | null;
  readonly pairs: number;
  readonly examples: readonly { readonly oldId: string; readonly newId: string }[];
}

/** Classes to archive all of whose terms have ended (`endDate` is the first day after a term). */
export interface EndedTermEvidence {
  readonly school: string;
  readonly classes: number;
  /** The latest `endDate` of their terms. */
  readonly lastEndDate: string;
  readonly examples: readonly string[];
}

/** A class that stays, and loses enrollments of people who stay; the classes that lose most come first, 20 a school. */
export interface ClassEvidence {
  readonly school: string;
  readonly classId: string;
  /** Active enrollments before the run. */
  readonly active: number;
  readonly toArchive: number;
}

/** Students to archive who show up at another school: under their id at one that is not linked, or as a new record. */
export interface TransferEvidence {
  readonly from: string;
  readonly to: string;
  /** `not_linked`: the same id is in the data at a school that is not linked. `new_id`: name and birth date or e-mail are those of exactly one new record of another linked school. */
  readonly kind: 'not_linked' | 'new_id';
  readonly students: number;
  readonly examples: readonly string[];
}
