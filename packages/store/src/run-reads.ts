import {
  LimitsNote,
  REASONS,
  ReportFinding,
  RunReport,
  UsageError,
  emptyCounts,
  limitsText,
  reportUpdateFindings,
  type PeopleType,
  type RecordType,
  type RunStatus,
  type RunSummary,
  type UpdateFinding,
} from '@rollbook/core';
import type { RunKind, Stage, Trigger } from '@rollbook/pipeline';
import type { Database } from './database.ts';
import type { Finding, Run, RunStage, UpdateFinding as StoredUpdateFinding, Warning } from './generated/client.ts';

type Reader = Pick<Database, 'prisma'>;

/** One stage of a run; times are ISO 8601 in UTC. */
export interface StageReport {
  readonly stage: Stage;
  /** Counts up when the run goes back to an earlier stage. */
  readonly round: number;
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** The report of a run, with how it went. */
export interface RunDetails extends RunReport {
  readonly preview: boolean;
  readonly kind: RunKind;
  /** Counts up when the run goes back to an earlier stage (guard §40). */
  readonly round: number;
  /** The run that an `undo` restored. */
  readonly undoes: string | null;
  readonly trigger: Trigger;
  readonly requestedAt: string;
  /** The hold that this run opened or confirmed. */
  readonly hold: string | null;
  readonly stages: readonly StageReport[];
}

export interface RunListItem extends RunSummary {
  readonly preview: boolean;
  readonly kind: RunKind;
  readonly trigger: Trigger;
  readonly requestedAt: string;
}

/** Where a run stands; for waiting. */
export interface RunState {
  readonly status: RunStatus;
  readonly stage: Stage;
  readonly round: number;
  readonly progress: string | null;
}

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

const summary = (run: Run): RunSummary => ({
  id: String(run.id),
  district: run.districtId,
  sync: run.syncId,
  status: run.status as RunStatus,
  reason: REASONS.find((reason) => reason === run.reason) ?? null,
  message: run.message,
  advice: run.advice,
  startedAt: iso(run.startedAt),
  finishedAt: iso(run.finishedAt),
});

const listItem = (run: Run): RunListItem => ({
  ...summary(run),
  preview: run.preview,
  kind: run.kind as RunKind,
  trigger: run.trigger as Trigger,
  requestedAt: run.requestedAt.toISOString(),
});

/** `part` of `whole` in percent, rounded to two decimals. */
export const percentOf = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part * 10_000) / whole) / 100;

/** The share of a finding that was compared with its threshold (guard §33, §35). */
export const countedPercent = ({
  toArchive,
  waiting,
  archivedBefore,
  active,
}: Pick<Finding, 'toArchive' | 'waiting' | 'archivedBefore' | 'active'>): number =>
  percentOf(toArchive + waiting + archivedBefore, active + archivedBefore);

/** A finding as it stands in the database, for people and programs. */
function reportFinding(finding: Finding, limitsNote: LimitsNote | null): ReportFinding {
  return ReportFinding.parse({
    school: finding.schoolId,
    recordType: finding.recordType,
    active: finding.active,
    toArchive: finding.toArchive,
    approved: finding.approved,
    newcomers: finding.newcomers,
    archivedBefore: finding.beforeRuns,
    waiting: finding.waiting,
    allowed: finding.allowed,
    thresholdPercent: finding.basisPoints / 100,
    thresholdNote: limitsText(limitsNote, finding.recordType as RecordType),
    percent: countedPercent(finding),
    smallestPassingPercent: finding.smallestPassingPercent,
    verdict: finding.verdict,
  });
}

const warningOf = ({ code, file, line, message, count }: Warning): RunReport['warnings'][number] => ({
  code,
  file,
  // A source without lines says 0.
  line: line === null || line < 1 ? null : line,
  message,
  count,
});

const stageOf = ({ stage, round, attempts, startedAt, finishedAt }: RunStage): StageReport => ({
  stage: stage as Stage,
  round,
  attempts,
  startedAt: iso(startedAt),
  finishedAt: iso(finishedAt),
});

/**
 * One run in full. Findings with nothing to archive are left out.
 *
 * @throws UsageError if there is no such run.
 */
export async function readRun({ prisma }: Reader, runId: number): Promise<RunDetails> {
  const run = await prisma.run.findUnique({
    where: { id: runId },
    include: {
      findings: { where: { toArchive: { gt: 0 } }, orderBy: { ordinal: 'asc' } },
      updateFindings: { orderBy: { ordinal: 'asc' } },
      warnings: { orderBy: { ordinal: 'asc' } },
      runStages: { orderBy: [{ startedAt: 'asc' }, { round: 'asc' }] },
    },
  });
  if (!run) throw noSuchRun(runId);
  const hold = await prisma.hold.findFirst({
    where: { syncId: run.syncId, OR: [{ runId }, { lastRunId: runId }] },
    orderBy: { id: 'desc' },
  });
  const limitsNote = limitsNoteOf(run.settings);
  const report = RunReport.parse({
    run: summary(run),
    counts: { ...emptyCounts(), ...(run.counts as object | null) },
    findings: run.findings.map((finding) => reportFinding(finding, limitsNote)),
    updateFindings: reportUpdateFindings(run.updateFindings.map(updateFindingOf), updateLimitsNoteOf(run.settings)),
    explanations: run.explanations,
    notes: run.notes,
    schoolsNotFound: run.schoolsNotFound,
    warnings: run.warnings.map(warningOf),
  });
  const { preview, kind, trigger, requestedAt } = listItem(run);
  return {
    ...report,
    preview,
    kind,
    round: run.round,
    undoes: run.undoesRunId === null ? null : String(run.undoesRunId),
    trigger,
    requestedAt,
    hold: hold && String(hold.id),
    stages: run.runStages.map(stageOf),
  };
}

const updateFindingOf = ({ recordType, schoolId, verdict, ...finding }: StoredUpdateFinding): UpdateFinding => ({
  ...finding,
  recordType: recordType as PeopleType,
  school: schoolId,
  verdict: verdict as UpdateFinding['verdict'],
});

/** What raised the update threshold of a run (guard §36); null: nothing did. */
function updateLimitsNoteOf(settings: unknown): LimitsNote | null {
  const note = (settings as { updateLimitsNote?: unknown } | null)?.updateLimitsNote ?? null;
  return LimitsNote.nullable().catch(null).parse(note);
}

/** Where the limits of a run came from, by the settings that it keeps; null: they were those configured. */
export function limitsNoteOf(settings: unknown): LimitsNote | null {
  const note = (settings as { limitsNote?: unknown } | null)?.limitsNote ?? null;
  return LimitsNote.nullable().catch(null).parse(note);
}

const noSuchRun = (runId: number): UsageError =>
  new UsageError(`There is no run ${runId}. "rollbook runs" lists those there are.`);

/**
 * Where a run stands, cheaply.
 *
 * @throws UsageError if there is no such run.
 */
export async function readRunState({ prisma }: Reader, runId: number): Promise<RunState> {
  const run = await prisma.run.findUnique({
    where: { id: runId },
    select: { status: true, stage: true, round: true, progress: true },
  });
  if (!run) throw noSuchRun(runId);
  const { round, progress } = run;
  return { status: run.status as RunStatus, stage: run.stage as Stage, round, progress };
}

/** The latest runs, newest first: of one sync, or of all. */
export async function listRuns(
  { prisma }: Reader,
  { syncId, limit }: { readonly syncId?: string | undefined; readonly limit: number },
): Promise<RunListItem[]> {
  const runs = await prisma.run.findMany({
    ...(syncId !== undefined && { where: { syncId } }),
    orderBy: { id: 'desc' },
    take: limit,
  });
  return runs.map(listItem);
}
