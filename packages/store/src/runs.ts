import { randomUUID } from 'node:crypto';
import { RunSettings, type HoldEvidence, type RecordCounts, type RecordType } from '@rollbook/core';
import {
  LeaseLost,
  SnapshotLost,
  type ActiveRun,
  type CountedWarning,
  type Difference,
  type Failure,
  type JudgeAgain,
  type Judgement,
  type Lease,
  type RequestedRun,
  type RunInfo,
  type RunLedger,
  type RunOutcome,
  type RunRequest,
  type SnapshotContents,
  type StageSnapshot,
  type StageStart,
} from '@rollbook/pipeline';
import type pg from 'pg';
import { appliedRunOf, endUnchanged, lockAppliedRun } from './applied-run.ts';
import { compareAgain } from './compare-again.ts';
import { inTransaction } from './database.ts';
import { previewCounts } from './preview-counts.ts';
import {
  advance,
  differenceOf,
  dropFormerSnapshot,
  endFailed,
  endRun,
  fence,
  saveSnapshot,
  snapshotOf,
  guardResult,
} from './run-commit.ts';
import { replaceFindings, writeJudgement, writeWarnings } from './run-details.ts';
import { activeRun, successorOf, takeLease, type RunRow, type StageOfRun } from './run-lease.ts';
import { progressOfRound, roundWarnings } from './rounds.ts';
import { requestApprovalRun, requestSyncRun, requestUndoRun, waitingApprovals } from './run-request.ts';
import { applyRun, applyUndo, diffApprovalRun, diffRun, readRunEvidence } from './run-work.ts';
import { refreshStatistics } from './statistics.ts';
import { dropFinishedSnapshots } from './snapshot-cleanup.ts';
import type { UndoRequest } from './undo.ts';
import { startWanted, wantedSyncs } from './wanted-runs.ts';

/** A serialization failure means that somebody else wrote the run's row first: the lease is theirs. */
const isSerializationFailure = (error: unknown): boolean => (error as { code?: string } | null)?.code === '40001';

export interface LedgerOptions {
  /** The clock, for days and deadlines. */
  readonly now?: () => Date;
  /** A worker silent for so long in the middle of a commit, in milliseconds, loses it; 30 s if left out. */
  readonly silenceLimitMs?: number;
}

const SILENCE_LIMIT_MS = 30_000;

export class PostgresRuns implements RunLedger {
  readonly #pool: pg.Pool;
  readonly #silenceLimitMs: number;
  readonly #now: () => Date;

  constructor(pool: pg.Pool, { silenceLimitMs = SILENCE_LIMIT_MS, now = (): Date => new Date() }: LedgerOptions = {}) {
    this.#pool = pool;
    this.#now = now;
    this.#silenceLimitMs = silenceLimitMs;
  }

  request(syncId: string, options: RunRequest): Promise<RequestedRun> {
    return requestSyncRun(this.#pool, syncId, options, this.#now());
  }

  requestApproval(approvalId: number, requestedBy: string | null): Promise<RequestedRun | null> {
    return requestApprovalRun(this.#pool, approvalId, requestedBy);
  }

  waitingApprovals(): Promise<number[]> {
    return waitingApprovals(this.#pool);
  }

  wantedSyncs(): Promise<string[]> {
    return wantedSyncs(this.#pool);
  }

  startWanted(syncId: string): Promise<RequestedRun | null> {
    return startWanted(this.#pool, syncId, this.#now());
  }

  /** A run that undoes another; see {@link requestUndoRun}. */
  requestUndo(request: UndoRequest): Promise<ActiveRun> {
    return requestUndoRun(this.#pool, request);
  }

  async begin(job: StageOfRun): Promise<StageStart> {
    const token = randomUUID();
    const row = await takeLease(this.#pool, job, token);
    if (!row) return { kind: 'stale', active: await successorOf(this.#pool, job) };
    await this.#pool.query(
      `INSERT INTO run_stages (run_id, round, stage, attempts, started_at) VALUES ($1, $2, $3, 1, now())
       ON CONFLICT (run_id, round, stage) DO UPDATE SET attempts = run_stages.attempts + 1`,
      [job.runId, job.round, job.stage],
    );
    return {
      kind: 'started',
      lease: { ...job, token },
      run: {
        id: row.id,
        kind: row.kind,
        approvalId: row.approval_id,
        undoesRunId: row.undoes_run_id,
        districtId: row.district_id,
        syncId: row.sync_id,
        sourceType: row.source_type,
        preview: row.preview,
        round: row.round,
        settings: RunSettings.parse(row.settings),
      },
    };
  }

  async progress(lease: Lease, message: string): Promise<void> {
    const { rowCount } = await this.#pool.query('UPDATE runs SET progress = $3 WHERE id = $1 AND lease = $2', [
      lease.runId,
      lease.token,
      message,
    ]);
    if (rowCount !== 1) throw new LeaseLost(`the lease of run ${lease.runId} was taken`);
  }

  async checkLease(lease: Lease): Promise<void> {
    const { rows } = await this.#pool.query('SELECT 1 FROM runs WHERE id = $1 AND lease = $2', [
      lease.runId,
      lease.token,
    ]);
    if (rows.length === 0) throw new LeaseLost(`the lease of run ${lease.runId} was taken`);
  }

  async appliedRevision(run: RunInfo): Promise<string | null> {
    return run.preview ? null : ((await appliedRunOf(this.#pool, run.id))?.revision ?? null);
  }

  commitUnchanged(lease: Lease, run: RunInfo): Promise<RunOutcome> {
    return this.#commit(lease, async (sql) => {
      const applied = await lockAppliedRun(sql, run.id);
      if (!applied) throw new SnapshotLost('the roster changed while the delivery was looked at');
      return endUnchanged(sql, lease, applied);
    });
  }

  async commitFetch(lease: Lease, snapshot: StageSnapshot, warnings: readonly CountedWarning[]): Promise<void> {
    await this.#commit(lease, async (sql) => {
      await dropFormerSnapshot(sql, lease.runId);
      await saveSnapshot(sql, lease, snapshot);
      await writeWarnings(sql, lease.runId, 'fetch', warnings);
      await advance(sql, lease, null);
    });
  }

  async commitDiff(lease: Lease, run: RunInfo): Promise<Difference> {
    return this.#commit(
      lease,
      async (sql) => {
        const difference = await (run.kind === 'approval'
          ? diffApprovalRun(sql, lease, run, this.#now())
          : diffRun(sql, run, this.#now()));
        await writeWarnings(sql, run.id, 'diff', [...(await roundWarnings(sql, run)), ...difference.warnings]);
        await advance(sql, lease, difference);
        return difference;
      },
      'REPEATABLE READ',
    );
  }

  async difference(run: RunInfo): Promise<{ difference: Difference; contents: SnapshotContents }> {
    const { contents } = await snapshotOf(this.#pool, run.id);
    return { difference: await differenceOf(this.#pool, run), contents };
  }

  evidence(run: RunInfo): Promise<HoldEvidence> {
    return inTransaction(this.#pool, (sql) => readRunEvidence(sql, run, this.#now()));
  }

  async commitGuard(lease: Lease, run: RunInfo, judgement: Judgement): Promise<RunOutcome | null> {
    return this.#commit(lease, async (sql) => {
      const isHeld = judgement.verdict === 'hold';
      await writeJudgement(sql, run.id, judgement);
      if (!run.preview) {
        await advance(sql, lease, guardResult(judgement));
        return null;
      }
      const { contents } = await snapshotOf(sql, run.id);
      const counts = previewCounts(await differenceOf(sql, run), contents, judgement, judgement.updates);
      return endRun(sql, lease, isHeld ? 'held' : 'succeeded', isHeld ? 'threshold' : null, counts);
    });
  }

  async commitApply(
    lease: Lease,
    run: RunInfo,
    judgeAgain: JudgeAgain,
  ): Promise<RunOutcome & { counts: Record<RecordType, RecordCounts> }> {
    const ended = await this.#commit(lease, async (sql) => {
      if (run.kind === 'undo') return applyUndo(sql, lease, run);
      await compareAgain(sql, lease, run, { judgeAgain, now: this.#now() });
      return applyRun(sql, lease, run, this.#now());
    });
    // The run is committed, whatever becomes of this.
    await refreshStatistics(this.#pool, ended.counts).catch(() => undefined);
    return ended;
  }

  async fail(lease: Lease, failure: Failure): Promise<void> {
    await this.#commit(lease, async (sql) => {
      if (failure.findings) await replaceFindings(sql, lease.runId, failure.findings);
      if (failure.warnings) await writeWarnings(sql, lease.runId, 'fetch', failure.warnings);
      await endFailed(sql, lease.runId, failure);
    });
  }

  async restart(lease: Lease, stage: 'fetch' | 'diff'): Promise<ActiveRun> {
    return this.#commit(lease, async (sql) => {
      const { rows } = await sql.query<RunRow>(
        `UPDATE runs SET stage = $2, round = round + 1, lease = NULL, progress = $3 WHERE id = $1 RETURNING *`,
        [lease.runId, stage, progressOfRound(stage, lease.round + 1)],
      );
      return activeRun(rows[0] as RunRow);
    });
  }

  async active(): Promise<ActiveRun[]> {
    const { rows } = await this.#pool.query<RunRow>(
      `SELECT * FROM runs WHERE status IN ('queued', 'running') ORDER BY id`,
    );
    return rows.map(activeRun);
  }

  async abandon(run: ActiveRun, failure: Failure): Promise<void> {
    await inTransaction(this.#pool, async (sql) => {
      const { rows } = await sql.query(
        `SELECT 1 FROM runs WHERE id = $1 AND round = $2 AND stage = $3 AND status IN ('queued', 'running') FOR UPDATE`,
        [run.runId, run.round, run.stage],
      );
      if (rows.length > 0) await endFailed(sql, run.runId, failure);
    });
  }

  cleanUp(): Promise<void> {
    return dropFinishedSnapshots(this.#pool);
  }

  /** A transaction that commits only if the lease still holds at its end. */
  async #commit<R>(lease: Lease, work: (sql: pg.PoolClient) => Promise<R>, isolation?: 'REPEATABLE READ'): Promise<R> {
    try {
      return await inTransaction(
        this.#pool,
        async (sql) => {
          // A worker that is frozen or cut off would keep its locks, and whoever takes over would wait for ever.
          await sql.query(`SET LOCAL idle_in_transaction_session_timeout = ${this.#silenceLimitMs}`);
          if (!isolation) await fence(sql, lease);
          return work(sql);
        },
        isolation,
      );
    } catch (error) {
      if (isSerializationFailure(error)) throw new LeaseLost('the run was written by another worker');
      throw error;
    }
  }
}
