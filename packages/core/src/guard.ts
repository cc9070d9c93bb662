import { basisPointsFor } from './deletion-threshold.ts';
import type { DeletionThreshold } from './deletion-threshold.ts';
import { SyncError } from './errors.ts';
import { missingSchools } from './missing-schools.ts';
import type { MissingSchool, SchoolIdentity } from './missing-schools.ts';
import type { RecordType } from './record-types.ts';

/** How much is withheld when a finding is over its threshold (guard §7): every archive of the run, or the school's. */
export const WITHHOLD = ['sync', 'school'] as const;
export type Withhold = (typeof WITHHOLD)[number];

/** One group of records: a record type in a school, or in the district where `school` is null (guard §1, §4). */
export interface ArchiveCount {
  readonly recordType: RecordType;
  readonly school: string | null;
  /** Active managed records before the run; while a hold is open, without those that came since it began (guard §32). */
  readonly active: number;
  /** Those of `active` that the run would archive, roots only (guard §6). */
  readonly toArchive: number;
  /** Those of `toArchive` that a valid approval covers (guard §27). */
  readonly approved: number;
  /** Active records that came since the open hold began: they are not in `active` (guard §32). None if left out. */
  readonly newcomers?: number;
  /** What runs of the sync archived within the window, by run, newest first (guard §35). Nothing if left out. */
  readonly archivedBefore?: readonly ArchivedBefore[];
  /** Those of `active` that the open hold keeps and the run did not look at (guard §33). None if left out. */
  readonly waiting?: number;
}

/** What one earlier run archived of a group. */
export interface ArchivedBefore {
  readonly run: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly count: number;
}

export interface GuardInput {
  readonly counts: readonly ArchiveCount[];
  readonly threshold: DeletionThreshold;
  /** A group may always lose this many records (guard §3). */
  readonly alwaysAllow: number;
  readonly withhold: Withhold;
  /** Nothing is archived but what is approved, and nothing is held for it (guard §30). */
  readonly additionsOnly?: boolean;
  /** The linked schools; null: every school in the data. */
  readonly schoolLinks: readonly SchoolIdentity[] | null;
  readonly schoolsInData: readonly SchoolIdentity[];
}

export interface Finding extends Required<ArchiveCount> {
  /** How many may be archived within the window without an approval. */
  readonly allowed: number;
  readonly basisPoints: number;
  /** `basisPoints` as a percentage, for display. */
  readonly thresholdPercent: number;
  /** The share that counts, see {@link countedShare}, rounded to two decimals. */
  readonly percent: number;
  /** The smallest whole percentage, 0 to 100, under which this group would pass. */
  readonly smallestPassingPercent: number;
  readonly verdict: 'pass' | 'hold';
  /** How many of `toArchive` this run leaves active. */
  readonly withheld: number;
}

/** Which archives are withheld; approved records are exempt unless the verdict is `reject`. */
export interface Withheld {
  readonly everything: boolean;
  readonly schools: readonly string[];
  /** Record types whose records without a school are withheld. */
  readonly districtTypes: readonly RecordType[];
}

export interface GuardResult {
  readonly verdict: 'pass' | 'hold' | 'reject';
  /** The primary reason, in the order of judgement: schools before the threshold. */
  readonly reason: 'threshold' | 'schools_not_found' | null;
  /** One for every group measured, passed ones too, in the order of the input. */
  readonly findings: readonly Finding[];
  readonly schoolsNotFound: readonly MissingSchool[];
  readonly schoolsInDataCount: number;
  readonly withhold: Withhold;
  readonly withheld: Withheld;
}

/** Far beyond any district; times 10,000 it stays below 2^53, so that every product here is exact. */
const MAX_COUNT = 1_000_000_000;

/**
 * Judges what a run would archive (guard §1-§17): linked schools first (`reject`: nothing at all is written), then every
 * group against its threshold (`hold`: archives are withheld). Pure: the same input gives the same result.
 *
 * @throws SyncError `internal` if the counts cannot be true: not whole, `approved` > `toArchive` > `active`, or a group twice.
 */
export function guard(input: GuardInput): GuardResult {
  checkCounts(input.counts);
  const schoolsNotFound = input.schoolLinks === null ? [] : missingSchools(input.schoolLinks, input.schoolsInData);
  const measured = input.counts.map((count) => measure(count, input));
  const isRejected = schoolsNotFound.length > 0;
  const isOpen = input.additionsOnly !== true;
  const over = measured.filter(({ verdict }) => verdict === 'hold');
  // What waits in the open hold may be over by itself: that holds a run only where it keeps it from archiving something.
  const isHeld = measured.some((finding) => withheldCount(finding, withheldBy(over, input.withhold), false) > 0);
  const tripped = isOpen && isHeld ? over : [];
  const withheld = isRejected || !isOpen ? EVERYTHING : withheldBy(tripped, input.withhold);
  const findings = measured.map((finding) => ({
    ...finding,
    ...(!isHeld && { verdict: 'pass' as const }),
    withheld: withheldCount(finding, withheld, isRejected),
  }));
  return {
    verdict: isRejected ? 'reject' : tripped.length > 0 ? 'hold' : 'pass',
    reason: isRejected ? 'schools_not_found' : tripped.length > 0 ? 'threshold' : null,
    findings,
    schoolsNotFound,
    schoolsInDataCount: input.schoolsInData.length,
    withhold: input.withhold,
    withheld,
  };
}

/** A record that a run would archive: its type, its home school, and whether a valid approval covers it. */
export interface ArchiveCandidate {
  readonly recordType: RecordType;
  readonly school: string | null;
  readonly approved: boolean;
}

/**
 * Whether a record may be archived under a result. A record of a group that was not measured may not: what the guard has
 * not seen it has not permitted.
 */
export function mayArchive(result: GuardResult, record: ArchiveCandidate): boolean {
  return archivePermission(result)(record);
}

/** The same decision as {@link mayArchive} for many records: what it looks up is prepared once. */
export function archivePermission(result: GuardResult): (record: ArchiveCandidate) => boolean {
  if (result.verdict === 'reject') return () => false;
  const measured = new Set(result.findings.map(groupKey));
  const schools = new Set(result.withheld.schools);
  const districtTypes = new Set(result.withheld.districtTypes);
  return (record) => {
    if (!measured.has(groupKey(record))) return false;
    if (record.approved) return true;
    if (result.withheld.everything) return false;
    return record.school === null ? !districtTypes.has(record.recordType) : !schools.has(record.school);
  };
}

const NOTHING: Withheld = { everything: false, schools: [], districtTypes: [] };
const EVERYTHING: Withheld = { everything: true, schools: [], districtTypes: [] };

/** What is compared with the threshold: `part` of `whole` (guard §2, §33, §35). */
export interface CountedShare {
  readonly part: number;
  readonly whole: number;
}

/**
 * What counts of a group: what the run would archive, what waits in the open hold, and what runs of the window archived
 * before, which counts as active too.
 */
export function countedShare(
  count: Pick<ArchiveCount, 'active' | 'toArchive' | 'archivedBefore' | 'waiting'>,
): CountedShare {
  const before = archivedBefore(count);
  return { part: count.toArchive + (count.waiting ?? 0) + before, whole: count.active + before };
}

/** How many records of a group the runs of the window archived (guard §35). */
export const archivedBefore = ({ archivedBefore: runs = [] }: Pick<ArchiveCount, 'archivedBefore'>): number =>
  runs.reduce((sum, { count }) => sum + count, 0);

/** Whether a share is over a limit: a percentage in basis points, and a number that is allowed in any case (guard §2, §3). */
export function isOverLimit({ part, whole }: CountedShare, basisPoints: number, alwaysAllow: number): boolean {
  return part * 10_000 > whole * basisPoints && part > alwaysAllow;
}

/** The largest `part` of `whole` that is not over the limit (guard §2, §3). */
export const allowedOf = (whole: number, basisPoints: number, alwaysAllow: number): number =>
  Math.max(quotient(whole * basisPoints, 10_000), Math.min(alwaysAllow, whole));

function measure(count: ArchiveCount, { threshold, alwaysAllow }: GuardInput): Omit<Finding, 'withheld'> {
  const { active, toArchive, approved } = count;
  const basisPoints = basisPointsFor(threshold, count.recordType);
  const share = countedShare(count);
  const { part, whole } = share;
  return {
    recordType: count.recordType,
    school: count.school,
    active,
    toArchive,
    approved,
    newcomers: count.newcomers ?? 0,
    archivedBefore: count.archivedBefore ?? [],
    waiting: count.waiting ?? 0,
    allowed: allowedOf(whole, basisPoints, alwaysAllow),
    basisPoints,
    thresholdPercent: basisPoints / 100,
    percent: whole === 0 ? 0 : quotient(part * 20_000 + whole, whole * 2) / 100,
    smallestPassingPercent: part <= alwaysAllow ? 0 : quotient(part * 100 + whole - 1, whole),
    verdict:
      isOverLimit(share, basisPoints, alwaysAllow) && approved < toArchive + (count.waiting ?? 0) ? 'hold' : 'pass',
  };
}

function withheldBy(tripped: readonly Omit<Finding, 'withheld'>[], withhold: Withhold): Withheld {
  if (tripped.length === 0) return NOTHING;
  if (withhold === 'sync') return EVERYTHING;
  return {
    everything: false,
    schools: [...new Set(tripped.flatMap(({ school }) => (school === null ? [] : [school])))],
    districtTypes: [...new Set(tripped.flatMap(({ school, recordType }) => (school === null ? [recordType] : [])))],
  };
}

function withheldCount(count: ArchiveCount, withheld: Withheld, isRejected: boolean): number {
  if (isRejected) return count.toArchive;
  const isWithheld =
    withheld.everything ||
    (count.school === null
      ? withheld.districtTypes.includes(count.recordType)
      : withheld.schools.includes(count.school));
  return isWithheld ? count.toArchive - count.approved : 0;
}

function checkCounts(counts: readonly ArchiveCount[]): void {
  const seen = new Set<string>();
  for (const count of counts) {
    const { active, toArchive, approved, newcomers = 0, waiting = 0 } = count;
    const numbers = [active, toArchive, approved, newcomers, waiting, archivedBefore(count)];
    const areWhole = numbers.every((n) => Number.isInteger(n) && n >= 0 && n <= MAX_COUNT);
    if (!areWhole || toArchive + waiting > active || approved > toArchive)
      throw impossible(count, `${active} active, ${toArchive} to archive, ${waiting} waiting, ${approved} approved`);
    if (seen.has(groupKey(count))) throw impossible(count, 'measured twice');
    seen.add(groupKey(count));
  }
}

function impossible({ recordType, school }: ArchiveCount, what: string): SyncError {
  const place = school === null ? 'the district' : `school ${JSON.stringify(school)}`;
  return new SyncError('internal', `The counts of ${recordType} in ${place} cannot be true: ${what}.`, {
    advice: 'Nothing was written. Operator: run the sync again; if it happens again, report this as a fault.',
  });
}

/** No record type holds a slash, so no two groups share a key. */
const groupKey = ({ recordType, school }: { readonly recordType: RecordType; readonly school: string | null }) =>
  school === null ? recordType : `${recordType}/${school}`;

/** Whole quotient of two whole numbers, without the rounding of a division. */
const quotient = (dividend: number, divisor: number): number => (dividend - (dividend % divisor)) / divisor;
