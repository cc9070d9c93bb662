import {
  HoldExplanations,
  ReportFinding,
  UsageError,
  limitsText,
  type ArchivedBefore,
  type HoldExplanation,
  type LeftBecause,
  type LimitsNote,
  type RecordType,
} from '@rollbook/core';
import type { Database } from './database.ts';
import type { Decision, Finding, Hold } from './generated/client.ts';
import { APPROVAL_HOURS } from './hold-lock.ts';
import { readHoldRecords, type HeldRecord, type RecordPage } from './hold-records.ts';
import { countedPercent, limitsNoteOf } from './run-reads.ts';

type Reader = Pick<Database, 'prisma'>;

/** `expired`: open, and not looked at for so long that it has to be confirmed by a run before it can be approved. */
export type HoldStatus = 'open' | 'expired' | 'approved' | 'rejected' | 'replaced' | 'resolved';

/** A hold in a few words. Times are ISO 8601 in UTC. */
export interface HoldSummary {
  readonly id: string;
  readonly district: string;
  readonly sync: string;
  readonly status: HoldStatus;
  /** Archives withheld. */
  readonly records: number;
  /** The run that opened it, and the latest that found the same records again. */
  readonly run: string;
  readonly lastRun: string;
  readonly openedAt: string;
  /** The first run, and when, since which records of this hold or of one that it replaced have waited (guard §32). */
  readonly sinceRun: string;
  readonly since: string;
  /** When that latest run found them, and until when they can be approved without another. */
  readonly confirmedAt: string;
  readonly expiresAt: string;
  readonly closedAt: string | null;
  /** The hold in which other records, or what was left open, wait instead. */
  readonly replacedBy: string | null;
}

/** The withheld records of one type in one school (null: of the whole district), as the latest run measured them. */
export interface HoldGroup {
  readonly school: string | null;
  readonly recordType: RecordType;
  readonly withheld: number;
  readonly active: number;
  readonly toArchive: number;
  /** See ReportFinding. */
  readonly newcomers: number;
  readonly archivedBefore: readonly ArchivedBefore[];
  readonly waiting: number;
  readonly allowed: number;
  readonly percent: number;
  readonly thresholdPercent: number;
  /** Why that is not the configured threshold; null if it is. */
  readonly thresholdNote: string | null;
  /** The smallest whole percentage under which this group would pass. */
  readonly smallestPassingPercent: number;
  /** `hold`: this group is over its threshold; `pass`: it is withheld because of another. */
  readonly verdict: 'pass' | 'hold';
  /** Records that have another id in the data: these can be relinked instead of archived. */
  readonly relinkable: number;
}

export interface HoldDecision {
  readonly decision: 'approve' | 'relink' | 'reject' | 'reopen';
  readonly actor: string;
  readonly comment: string | null;
  /** Null: all of the hold's. */
  readonly schools: readonly string[] | null;
  readonly recordTypes: readonly RecordType[] | null;
  /** Records kept although they were in these schools and types, as `type id`. */
  readonly except: readonly string[];
  readonly recordCount: number;
  readonly decidedAt: string;
}

/** A record that waited in this hold, or in one that it replaced, and does no longer (guard §33). */
export interface LeftRecord {
  readonly recordType: RecordType;
  readonly sisId: string;
  readonly because: LeftBecause;
  /** The run that found it out. */
  readonly run: string;
}

export interface HoldDetails {
  readonly hold: HoldSummary & { readonly message: string | null; readonly advice: string | null };
  /** Why it looks as it does, the most telling first. */
  readonly explanations: readonly HoldExplanation[];
  readonly groups: readonly HoldGroup[];
  readonly decisions: readonly HoldDecision[];
  /** What has left it since it began, latest first. */
  readonly left: readonly LeftRecord[];
  readonly records: readonly HeldRecord[];
}

const HOUR_MS = 3_600_000;

const BeforeRuns = ReportFinding.shape.archivedBefore;

function summary(hold: Hold, since: Date | undefined, now: Date): HoldSummary {
  const expiresAt = new Date(hold.confirmedAt.getTime() + APPROVAL_HOURS * HOUR_MS);
  return {
    id: String(hold.id),
    district: hold.districtId,
    sync: hold.syncId,
    status: hold.status === 'open' && expiresAt < now ? 'expired' : (hold.status as HoldStatus),
    records: hold.recordCount,
    run: String(hold.runId),
    lastRun: String(hold.lastRunId),
    openedAt: hold.openedAt.toISOString(),
    sinceRun: String(hold.sinceRunId),
    since: (since ?? hold.openedAt).toISOString(),
    confirmedAt: hold.confirmedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    closedAt: hold.closedAt?.toISOString() ?? null,
    replacedBy: hold.replacedBy === null ? null : String(hold.replacedBy),
  };
}

/** The holds that wait for a decision, newest first; with `all`, those that are over too. */
export async function listHolds(
  { prisma }: Reader,
  { all = false, limit = 200 }: { readonly all?: boolean; readonly limit?: number } = {},
): Promise<HoldSummary[]> {
  const holds = await prisma.hold.findMany({
    ...(!all && { where: { status: 'open' } }),
    orderBy: { id: 'desc' },
    take: limit,
  });
  const now = new Date();
  const began = await beginnings(prisma, holds);
  return holds.map((hold) => summary(hold, began.get(hold.sinceRunId), now));
}

/** When the first hold of each chain was opened, by the run that opened it. */
async function beginnings(prisma: Reader['prisma'], holds: readonly Hold[]): Promise<ReadonlyMap<number, Date>> {
  const first = await prisma.hold.findMany({
    where: { runId: { in: holds.map(({ sinceRunId }) => sinceRunId) } },
    select: { runId: true, openedAt: true },
    orderBy: { id: 'desc' },
  });
  return new Map(first.map(({ runId, openedAt }) => [runId, openedAt]));
}

/**
 * One hold with everything needed to decide on it (guard §24): names and grades are in it, for those who may see them.
 *
 * @param page which of its records; all if left out.
 * @throws UsageError if there is no such hold.
 */
export async function readHold(db: Database, holdId: number, page: RecordPage = {}): Promise<HoldDetails> {
  const hold = await db.prisma.hold.findUnique({
    where: { id: holdId },
    include: { decisions: { orderBy: { id: 'asc' } } },
  });
  if (!hold) throw new UsageError(`There is no hold ${holdId}. "rollbook holds" lists those that wait.`);
  const [began, lastRun, findings, counts, pairs, left, records] = await Promise.all([
    beginnings(db.prisma, [hold]),
    db.prisma.run.findUnique({
      where: { id: hold.lastRunId },
      select: { message: true, advice: true, explanations: true, settings: true },
    }),
    latestFindings(db, hold),
    db.prisma.holdRecord.groupBy({ by: ['recordType', 'schoolId'], where: { holdId }, _count: true }),
    countPairs(db, holdId),
    readLeft(db, hold),
    readHoldRecords(db, hold, page),
  ]);
  const limitsNote = limitsNoteOf(lastRun?.settings ?? null);
  return {
    hold: {
      ...summary(hold, began.get(hold.sinceRunId), new Date()),
      message: lastRun?.message ?? null,
      advice: lastRun?.advice ?? null,
    },
    explanations: HoldExplanations.catch([]).parse(lastRun?.explanations ?? []),
    groups: findings.flatMap((finding) => {
      const isSame = (other: { recordType: string; schoolId: string | null }): boolean =>
        other.recordType === finding.recordType && other.schoolId === finding.schoolId;
      const count = counts.find(isSame);
      if (!count) return [];
      return [group(finding, { withheld: count._count, relinkable: pairs.find(isSame)?.count ?? 0, limitsNote })];
    }),
    decisions: hold.decisions.map(decisionOf),
    left,
    records,
  };
}

/** Of each group the measurement of the latest run that looked at it: a run may look at some types only (guard §33). */
async function latestFindings({ prisma }: Reader, { syncId, sinceRunId, lastRunId }: Hold): Promise<Finding[]> {
  const findings = await prisma.finding.findMany({
    where: { toArchive: { gt: 0 }, runId: { gte: sinceRunId, lte: lastRunId }, run: { syncId, preview: false } },
    orderBy: [{ runId: 'desc' }, { ordinal: 'asc' }],
  });
  const latest = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.recordType}/${finding.schoolId ?? ''}`;
    if (!latest.has(key)) latest.set(key, finding);
  }
  return [...latest.values()];
}

/** What has left the holds that began with the same run, up to this one. */
async function readLeft({ pool }: Database, hold: Hold): Promise<LeftRecord[]> {
  const { rows } = await pool.query<LeftRecord>(
    `SELECT r.record_type AS "recordType", r.sis_id AS "sisId", r.left_because AS because, r.left_run_id::text AS run
     FROM holds h JOIN hold_records r ON r.hold_id = h.id AND r.left_because IS NOT NULL
     WHERE h.sync_id = $1 AND h.since_run_id = $2 AND h.id <= $3 ORDER BY r.left_run_id DESC, r.record_type, r.sis_id`,
    [hold.syncId, hold.sinceRunId, hold.id],
  );
  return rows;
}

async function countPairs(
  { pool }: Database,
  holdId: number,
): Promise<{ recordType: string; schoolId: string | null; count: number }[]> {
  const { rows } = await pool.query<{ recordType: string; schoolId: string | null; count: number }>(
    `SELECT h.record_type AS "recordType", h.school_id AS "schoolId", count(*)::integer AS count
     FROM hold_pairs p JOIN hold_records h ON h.hold_id = p.hold_id AND h.record_type = p.record_type AND h.sis_id = p.sis_id
     WHERE p.hold_id = $1 GROUP BY 1, 2`,
    [holdId],
  );
  return rows;
}

const group = (
  finding: Finding,
  {
    withheld,
    relinkable,
    limitsNote,
  }: { readonly withheld: number; readonly relinkable: number; readonly limitsNote: LimitsNote | null },
): HoldGroup => ({
  school: finding.schoolId,
  recordType: finding.recordType as RecordType,
  withheld,
  active: finding.active,
  toArchive: finding.toArchive,
  newcomers: finding.newcomers,
  archivedBefore: BeforeRuns.parse(finding.beforeRuns),
  waiting: finding.waiting,
  allowed: finding.allowed,
  percent: countedPercent(finding),
  thresholdPercent: finding.basisPoints / 100,
  thresholdNote: limitsText(limitsNote, finding.recordType as RecordType),
  smallestPassingPercent: finding.smallestPassingPercent,
  verdict: finding.verdict as HoldGroup['verdict'],
  relinkable,
});

const decisionOf = (decision: Decision): HoldDecision => ({
  decision: decision.decision as HoldDecision['decision'],
  actor: decision.actor,
  comment: decision.comment,
  schools: allIfEmpty(decision.schools),
  recordTypes: allIfEmpty(decision.recordTypes) as RecordType[] | null,
  except: decision.exceptRecords,
  recordCount: decision.recordCount ?? 0,
  decidedAt: decision.decidedAt.toISOString(),
});

/** Prisma reads a null array as an empty one, and an empty one is never stored. */
const allIfEmpty = (values: readonly string[]): readonly string[] | null => (values.length === 0 ? null : values);
