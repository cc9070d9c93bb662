import { UsageError, type RecordType } from '@rollbook/core';
import type { Database } from './database.ts';
import type { Decision, Finding, Hold } from './generated/client.ts';
import { readHoldRecords, type HeldRecord } from './hold-records.ts';
import { percentOf } from './run-reads.ts';

type Reader = Pick<Database, 'prisma'>;

export type HoldStatus = 'open' | 'approved' | 'rejected' | 'replaced' | 'resolved';

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
  readonly closedAt: string | null;
}

/** The withheld records of one type in one school (null: of the whole district), as the latest run measured them. */
export interface HoldGroup {
  readonly school: string | null;
  readonly recordType: RecordType;
  readonly withheld: number;
  readonly active: number;
  readonly toArchive: number;
  readonly allowed: number;
  readonly percent: number;
  readonly thresholdPercent: number;
  /** The smallest whole percentage under which this group would pass. */
  readonly smallestPassingPercent: number;
  /** `hold`: this group is over its threshold; `pass`: it is withheld because of another. */
  readonly verdict: 'pass' | 'hold';
}

export interface HoldDecision {
  readonly decision: 'approve' | 'reject';
  readonly actor: string;
  readonly comment: string | null;
  /** Null: all of the hold's. */
  readonly schools: readonly string[] | null;
  readonly recordTypes: readonly RecordType[] | null;
  readonly recordCount: number;
  readonly decidedAt: string;
}

export interface HoldDetails {
  readonly hold: HoldSummary & { readonly message: string | null; readonly advice: string | null };
  readonly groups: readonly HoldGroup[];
  readonly decisions: readonly HoldDecision[];
  readonly records: readonly HeldRecord[];
}

const summary = (hold: Hold): HoldSummary => ({
  id: String(hold.id),
  district: hold.districtId,
  sync: hold.syncId,
  status: hold.status as HoldStatus,
  records: hold.recordCount,
  run: String(hold.runId),
  lastRun: String(hold.lastRunId),
  openedAt: hold.openedAt.toISOString(),
  closedAt: hold.closedAt?.toISOString() ?? null,
});

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
  return holds.map(summary);
}

/**
 * One hold with everything needed to decide on it (guard §24): names and grades are in it, for those who may see them.
 *
 * @throws UsageError if there is no such hold.
 */
export async function readHold(db: Database, holdId: number): Promise<HoldDetails> {
  const hold = await db.prisma.hold.findUnique({
    where: { id: holdId },
    include: { decisions: { orderBy: { id: 'asc' } } },
  });
  if (!hold) throw new UsageError(`There is no hold ${holdId}. "rollbook holds" lists those that wait.`);
  const [lastRun, findings, counts, records] = await Promise.all([
    db.prisma.run.findUnique({ where: { id: hold.lastRunId }, select: { message: true, advice: true } }),
    db.prisma.finding.findMany({ where: { runId: hold.lastRunId }, orderBy: { ordinal: 'asc' } }),
    db.prisma.holdRecord.groupBy({ by: ['recordType', 'schoolId'], where: { holdId }, _count: true }),
    readHoldRecords(db, hold),
  ]);
  return {
    hold: { ...summary(hold), message: lastRun?.message ?? null, advice: lastRun?.advice ?? null },
    groups: findings.flatMap((finding) => {
      const count = counts.find((c) => c.recordType === finding.recordType && c.schoolId === finding.schoolId);
      return count ? [group(finding, count._count)] : [];
    }),
    decisions: hold.decisions.map(decisionOf),
    records,
  };
}

const group = (finding: Finding, withheld: number): HoldGroup => ({
  school: finding.schoolId,
  recordType: finding.recordType as RecordType,
  withheld,
  active: finding.active,
  toArchive: finding.toArchive,
  allowed: finding.allowed,
  percent: percentOf(finding.toArchive, finding.active),
  thresholdPercent: finding.basisPoints / 100,
  smallestPassingPercent: finding.smallestPassingPercent,
  verdict: finding.verdict as HoldGroup['verdict'],
});

const decisionOf = (decision: Decision): HoldDecision => ({
  decision: decision.decision as HoldDecision['decision'],
  actor: decision.actor,
  comment: decision.comment,
  schools: allIfEmpty(decision.schools),
  recordTypes: allIfEmpty(decision.recordTypes) as RecordType[] | null,
  recordCount: decision.recordCount,
  decidedAt: decision.decidedAt.toISOString(),
});

/** Prisma reads a null array as an empty one, and an empty one is never stored. */
const allIfEmpty = (values: readonly string[]): readonly string[] | null => (values.length === 0 ? null : values);
