import type { PeopleType } from './update-threshold.ts';

/** What became of one field in a group of people. */
export interface FieldCount {
  readonly field: string;
  /** Records of which the field would be another, or empty; counted for what tells who somebody is, else 0. */
  readonly changed: number;
  /** Records that have a value and would have none. */
  readonly emptied: number;
  /** Active records of the group whose value the data may change. */
  readonly had: number;
  /** Ids of some that would lose their value. */
  readonly examples: readonly string[];
}

/** In how many records the old and the new value tell by themselves what happened. */
export interface UpdatePatterns {
  /** Letters beyond A to Z became `?` or U+FFFD, or are left out. */
  readonly lettersLost: number;
  /** `Ã©` for `é`: text was encoded twice. */
  readonly encodedTwice: number;
  /** The other way round: what had been lost, or encoded twice, is as it should be. */
  readonly corrected: number;
  /** A number lost its leading zeros. */
  readonly zerosLost: number;
  /** An e-mail without an `@`, of somebody who had one with it. */
  readonly noAddress: number;
  /** The same e-mail at another domain. */
  readonly otherDomain: number;
  /** Whatever changes was empty before. */
  readonly filled: number;
}

/** `field` would hold what `from` held before. */
export interface Shift {
  readonly field: string;
  readonly from: string;
  readonly count: number;
}

/** The updates of one group of people, as the diff counts them (guard §36). */
export interface UpdateCount {
  readonly recordType: PeopleType;
  /** Null: the district, or people without a home school. */
  readonly school: string | null;
  /** Active managed records before the run. */
  readonly active: number;
  /** All updates of the group, whatever they change. */
  readonly updates: number;
  /** Those that change or empty what tells who somebody is: first or last name, e-mail, username, number. */
  readonly changed: number;
  readonly fields: readonly FieldCount[];
  readonly patterns: UpdatePatterns;
  readonly shifts: readonly Shift[];
  /** Ids of some of `changed`. */
  readonly examples: readonly string[];
}

export const NO_PATTERNS: UpdatePatterns = {
  lettersLost: 0,
  encodedTwice: 0,
  corrected: 0,
  zerosLost: 0,
  noAddress: 0,
  otherDomain: 0,
  filled: 0,
};

/** Fewer are everyday business, whatever the share. */
export const FEWEST = 20;
const MASS_PERCENT = 30;
/** A field empties for a whole group if so many percent of those who had a value lose it. */
const NEARLY_ALL_PERCENT = 90;

export type UpdateCause =
  | { readonly kind: keyof UpdatePatterns; readonly count: number }
  | { readonly kind: 'shifted'; readonly count: number; readonly field: string; readonly from: string };

/** A group of which suspiciously much changes at once. */
export interface MassUpdate {
  readonly group: UpdateCount;
  /** At least 20 records and more than 30 % of the group change their name, e-mail, username or number. */
  readonly isMass: boolean;
  /** What is plain about them, the most telling first. */
  readonly causes: readonly UpdateCause[];
  /** Fields that empty for nearly everybody who has a value. */
  readonly emptied: readonly FieldCount[];
}

/** At least 20 records, and more than 30 % of the group (guard §36). A group without active records never is. */
export const isMassChange = ({ active, changed }: Pick<UpdateCount, 'active' | 'changed'>): boolean =>
  active > 0 && changed >= FEWEST && changed * 100 > active * MASS_PERCENT;

/** At least 20 records lose the value, and they are at least 90 % of those that had one. */
export const isEmptied = ({ emptied, had }: Pick<FieldCount, 'emptied' | 'had'>): boolean =>
  emptied >= FEWEST && emptied * 100 >= had * NEARLY_ALL_PERCENT;

/** Which groups change suspiciously, the most records first (guard §36). Pure. */
export function massUpdates(counts: readonly UpdateCount[]): MassUpdate[] {
  return counts
    .map((group) => ({
      group,
      isMass: isMassChange(group),
      causes: causesOf(group),
      emptied: group.fields.filter(isEmptied),
    }))
    .filter(({ isMass, emptied }) => isMass || emptied.length > 0)
    .sort((a, b) => affected(b) - affected(a));
}

/** How many records a mass update is about. */
export const affected = ({ group, isMass, emptied }: Omit<MassUpdate, 'causes'>): number =>
  Math.max(isMass ? group.changed : 0, ...emptied.map((field) => field.emptied));

/** In the order in which they explain: a shifted column also looks like e-mails without an `@`. */
const ORDER = ['encodedTwice', 'lettersLost', 'corrected', 'zerosLost', 'noAddress', 'otherDomain', 'filled'] as const;

/** A cause is plain if it is seen in more than half of the records that change. */
export function causesOf({
  changed,
  patterns,
  shifts,
}: Pick<UpdateCount, 'changed' | 'patterns' | 'shifts'>): UpdateCause[] {
  const isPlain = ({ count }: { readonly count: number }): boolean => count * 2 > changed;
  const shifted = shifts.filter(isPlain).map((shift) => ({ kind: 'shifted' as const, ...shift }));
  return [...shifted, ...ORDER.map((kind) => ({ kind, count: patterns[kind] })).filter(isPlain)];
}
