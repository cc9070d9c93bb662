import type {
  Finding,
  HoldEvidence,
  HoldExplanation,
  Reason,
  RecordCounts,
  RecordType,
  RunSettings,
  SchoolNotFound,
  SourceType,
  UpdateJudgement,
} from '@rollbook/core';
import type { Difference } from './difference.ts';
import type { CountedWarning, SnapshotContents } from './snapshot.ts';
import type { Stage } from './stage.ts';

export type Trigger = 'schedule' | 'cli' | 'api' | 'approval' | 'dashboard';

/**
 * `sync` pulls the source. `approval` archives or relinks exactly what was approved, `undo` restores what a run
 * archived: neither looks at the source, and their first stages are `diff` and `apply`.
 */
export type RunKind = 'sync' | 'approval' | 'undo';

/** What a stage needs to know of its run; fixed when the run was requested. */
export interface RunInfo {
  readonly id: number;
  readonly kind: RunKind;
  /** Of a run of kind `approval`. */
  readonly approvalId: number | null;
  /** Of a run of kind `undo`. */
  readonly undoesRunId: number | null;
  readonly districtId: string;
  readonly syncId: string;
  readonly sourceType: SourceType;
  readonly preview: boolean;
  readonly round: number;
  readonly settings: RunSettings;
}

/** The permission to commit one stage of one run, until another worker takes it. */
export interface Lease {
  readonly runId: number;
  readonly round: number;
  readonly stage: Stage;
  readonly token: string;
}

export interface ActiveRun {
  readonly runId: number;
  readonly round: number;
  readonly stage: Stage;
  readonly sourceType: SourceType;
}

/** `stale`: the job's work is done, or its run is over or has gone on without it. */
export type StageStart =
  | { readonly kind: 'started'; readonly lease: Lease; readonly run: RunInfo }
  | { readonly kind: 'stale'; readonly active: ActiveRun | null };

export interface StageSnapshot {
  readonly prefix: string;
  readonly contents: SnapshotContents;
}

export interface Judgement {
  readonly verdict: 'pass' | 'hold';
  readonly findings: readonly Finding[];
  /** What of people is not updated (guard §36). */
  readonly updates: UpdateJudgement;
  readonly message: string | null;
  readonly advice: string | null;
  readonly explanations: readonly HoldExplanation[];
}

/** Judges a change set that was compared once more while it was to be applied; null: nothing of it may be. */
export type JudgeAgain = (compared: {
  readonly difference: Difference;
  readonly contents: SnapshotContents;
  readonly evidence: () => Promise<HoldEvidence>;
}) => Promise<Judgement | null>;

export interface Failure {
  readonly reason: Reason;
  readonly message: string;
  readonly advice: string;
  readonly schoolsNotFound?: readonly SchoolNotFound[];
  readonly findings?: readonly Finding[];
  readonly warnings?: readonly CountedWarning[];
}

/** Where a run ended or stands. */
export interface RunOutcome {
  readonly status: 'succeeded' | 'held' | 'failed';
  readonly reason: Reason | null;
}

export interface RunRequest {
  readonly trigger: Trigger;
  readonly preview: boolean;
  readonly requestedBy: string | null;
  /** Also on a day on which the sync does not run. */
  readonly anyway?: boolean;
}

/** `willFollow`: the active run carries out an approval or an undo, and the run that was asked for starts when it has ended. */
export type RequestedRun = ActiveRun & { readonly created: boolean; readonly willFollow: boolean };

/**
 * The record of runs and stages. Every commit is fenced by the lease: it throws {@link LeaseLost} and changes nothing if
 * another worker has taken the stage meanwhile.
 */
export interface RunLedger {
  /**
   * The active run of the sync, or a new one; `created` tells which. Previews and runs stand beside each other. Throws
   * UsageError for an unknown sync, SyncClosed on a day on which it does not run.
   */
  request(syncId: string, options: RunRequest): Promise<RequestedRun>;
  /** A run that carries out an approval; null if it was carried out already, or stands no longer. */
  requestApproval(approvalId: number, requestedBy: string | null): Promise<RequestedRun | null>;
  /** Approvals that stand, of syncs without an active run. */
  waitingApprovals(): Promise<number[]>;
  /** Syncs without an active run of which a run was due or asked for meanwhile (guard §40). */
  wantedSyncs(): Promise<string[]>;
  /**
   * Starts such a run; null if none is wanted any more, or another run is active. Throws SyncClosed if the sync does not
   * run today: then the run is wanted no longer.
   */
  startWanted(syncId: string): Promise<RequestedRun | null>;
  /** Takes the lease of a stage. A failed run whose job is run again is opened again, if its sync has no newer run. */
  begin(job: { readonly stage: Stage; readonly runId: number; readonly round: number }): Promise<StageStart>;
  /** What people see while they wait; ids and numbers only. Throws LeaseLost like a commit. */
  progress(lease: Lease, message: string): Promise<void>;
  /** Throws LeaseLost if another worker has taken the stage, or the run is over. */
  checkLease(lease: Lease): Promise<void>;
  /**
   * The delivery that the roster is in line with: that of the sync's latest success, if nothing has changed the roster
   * since and the run would judge it by the same settings. Records changed by hand are not noticed.
   */
  appliedRevision(run: RunInfo): Promise<string | null>;
  /** Ends a run whose delivery was applied already: everything is unchanged. */
  commitUnchanged(lease: Lease, run: RunInfo): Promise<RunOutcome>;
  commitFetch(lease: Lease, snapshot: StageSnapshot, warnings: readonly CountedWarning[]): Promise<void>;
  /** Compares and writes the change set in the same transaction. */
  commitDiff(lease: Lease, run: RunInfo): Promise<Difference>;
  difference(run: RunInfo): Promise<{ difference: Difference; contents: SnapshotContents }>;
  /** What is known of the records that the run would archive. */
  evidence(run: RunInfo): Promise<HoldEvidence>;
  /** A preview ends here. */
  commitGuard(lease: Lease, run: RunInfo, judgement: Judgement): Promise<RunOutcome | null>;
  /**
   * Changes the roster, opens, replaces or resolves the hold, and ends the run, all in one transaction. A run that others
   * overtook again and again is compared and judged once more in it (guard §40).
   */
  commitApply(
    lease: Lease,
    run: RunInfo,
    judgeAgain: JudgeAgain,
  ): Promise<RunOutcome & { counts: Record<RecordType, RecordCounts> }>;
  /** Ends the run as failed. */
  fail(lease: Lease, failure: Failure): Promise<void>;
  /** Sends the run back to an earlier stage; a new round, so that its jobs get new ids. */
  restart(lease: Lease, stage: 'fetch' | 'diff'): Promise<ActiveRun>;
  /** Runs that are queued or running, for the sweep. */
  active(): Promise<ActiveRun[]>;
  /** Ends a run whose job failed without its worker being able to say so. */
  abandon(run: ActiveRun, failure: Failure): Promise<void>;
  /** Drops the tables of runs that are over, and those that no run owns. */
  cleanUp(): Promise<void>;
}
