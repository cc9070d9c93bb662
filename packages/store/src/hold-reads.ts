import {
  HoldExplanations,
  UsageError,
  limitsText,
  type HoldExplanation,
  type LimitsNote,
  type RecordType,
} from '@rollbook/core';
import type { Database } from './database.ts';
import type { Decision, Finding, Hold } from './generated/client.ts';
import { APPROVAL_HOURS } from './hold-lock.ts';
import { readHoldRecords, type HeldRecord, type RecordPage } from './hold-records.ts';
import { limitsNoteOf, percentOf } from './run-reads.ts';

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

export interface HoldDetails {
  readonly hold: HoldSummary & { readonly message: string | null; readonly advice: string | null };
  /** Why it looks as it does, the most telling first. */
  readonly explanations: readonly HoldExplanation[];
  readonly groups: readonly HoldGroup[];
  readonly decisions: readonly HoldDecision[];
  readonly records: readonly HeldRecord[];
}

const HOUR_MS = 3_600_000;

function summary(hold: Hold, now: Date): HoldSummary {
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
  return holds.map((hold) => summary(hold, now));
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
  const [lastRun, findings, counts, pairs, records] = await Promise.all([
    db.prisma.run.findUnique({
      where: { id: hold.lastRunId },
      select: { message: true, advice: true, explanations: true, settings: true },
    }),
    db.prisma.finding.findMany({ where: { runId: hold.lastRunId, toArchive: { gt: 0 } }, orderBy: { ordinal: 'asc' } }),
    db.prisma.holdRecord.groupBy({ by: ['recordType', 'schoolId'], where: { holdId }, _count: true }),
    countPairs(db, holdId),
    readHoldRecords(db, hold, page),
  ]);
  const limitsNote = limitsNoteOf(lastRun?.settings ?? null);
  return {
    hold: { ...summary(hold, new Date()), message: lastRun?.message ?? null, advice: lastRun?.advice ?? null },
    explanations: HoldExplanations.catch([]).parse(lastRun?.explanations ?? []),
    groups: findings.flatMap((finding) => {
      const isSame = (other: { recordType: string; schoolId: string | null }): boolean =>
        other.recordType === finding.recordType && other.schoolId === finding.schoolId;
      const count = counts.find(isSame);
      if (!count) return [];
      return [group(finding, { withheld: count._count, relinkable: pairs.find(isSame)?.count ?? 0, limitsNote })];
    }),
    decisions: hold.decisions.map(decisionOf),
    records,
  };
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
  allowed: finding.allowed,
  percent: percentOf(finding.toArchive, finding.active),
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
