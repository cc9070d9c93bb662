import { randomUUID } from 'node:crypto';
import { RunSettings, UsageError, type RecordCounts, type RecordType } from '@rollbook/core';
import {
  LeaseLost,
  SnapshotLost,
  type ActiveRun,
  type CountedWarning,
  type Difference,
  type Failure,
  type Judgement,
  type Lease,
  type RunInfo,
  type RunLedger,
  type RunOutcome,
  type SnapshotContents,
  type StageSnapshot,
  type StageStart,
  type Trigger,
} from '@rollbook/pipeline';
import type pg from 'pg';
import { appliedRunOf, endUnchanged, lockAppliedRun, markApplied } from './applied-run.ts';
import { apply, type WithheldGroup } from './apply.ts';
import { inTransaction } from './database.ts';
import { diff } from './diff.ts';
import { settleHold } from './holds.ts';
import { previewCounts } from './preview-counts.ts';
import {
  advance,
  differenceOf,
  dropFormerSnapshot,
  endFailed,
  endRun,
  fence,
  snapshotOf,
  stageResult,
  withheldGroups,
} from './run-commit.ts';
import { replaceFindings, replaceWarnings } from './run-details.ts';
import { activeRun, successorOf, takeLease, type RunRow, type StageOfRun } from './run-lease.ts';
import { refreshStatistics } from './statistics.ts';
import { dropFinishedSnapshots } from './snapshot-cleanup.ts';

/** A serialization failure means that somebody else wrote the run's row first: the lease is theirs. */
const isSerializationFailure = (error: unknown): boolean => (error as { code?: string } | null)?.code === '40001';

export interface LedgerOptions {
  /** A worker silent for so long in the middle of a commit, in milliseconds, loses it; 30 s if left out. */
  readonly silenceLimitMs?: number;
}

const SILENCE_LIMIT_MS = 30_000;

export class PostgresRuns implements RunLedger {
  readonly #pool: pg.Pool;
  readonly #silenceLimitMs: number;

  constructor(pool: pg.Pool, { silenceLimitMs = SILENCE_LIMIT_MS }: LedgerOptions = {}) {
    this.#pool = pool;
    this.#silenceLimitMs = silenceLimitMs;
  }

  async request(
    syncId: string,
    options: { readonly trigger: Trigger; readonly preview: boolean; readonly requestedBy: string | null },
  ): Promise<ActiveRun & { readonly created: boolean }> {
    const { rows: known } = await this.#pool.query('SELECT 1 FROM syncs WHERE id = $1', [syncId]);
    if (known.length === 0) throw new UsageError(`There is no sync "${syncId}".`);
    for (;;) {
      const { rows: created } = await this.#pool.query<RunRow>(
        `INSERT INTO runs (district_id, sync_id, source_type, trigger, preview, settings, requested_by)
         SELECT district_id, id, source_type, $2, $3, settings, $4 FROM syncs WHERE id = $1
         ON CONFLICT (sync_id) WHERE status IN ('queued', 'running') DO NOTHING
         RETURNING *`,
        [syncId, options.trigger, options.preview, options.requestedBy],
      );
      if (created[0]) return { ...activeRun(created[0]), created: true };
      const { rows } = await this.#pool.query<RunRow>(
        `SELECT * FROM runs WHERE sync_id = $1 AND status IN ('queued', 'running')`,
        [syncId],
      );
      // The active run may have ended between the two statements: then there is room for a new one.
      if (rows[0]) return { ...activeRun(rows[0]), created: false };
    }
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
      await sql.query(
        `INSERT INTO snapshots (run_id, round, table_prefix, contents) VALUES ($1, $2, $3, $4)
         ON CONFLICT (run_id) DO UPDATE SET round = excluded.round, table_prefix = excluded.table_prefix,
           contents = excluded.contents, completed_at = now()`,
        [lease.runId, lease.round, snapshot.prefix, JSON.stringify(snapshot.contents)],
      );
      await replaceWarnings(sql, lease.runId, warnings);
      await advance(sql, lease, null);
    });
  }

  async commitDiff(lease: Lease, run: RunInfo): Promise<Difference> {
    return this.#commit(
      lease,
      async (sql) => {
        const { prefix, contents } = await snapshotOf(sql, run.id);
        const difference = await diff(sql, {
          prefix,
          contents,
          districtId: run.districtId,
          syncId: run.syncId,
          scope: { linked: run.settings.schools?.map(({ sisId }) => sisId) ?? null, otherOrgs: contents.otherOrgs },
          restoreUserArchived: run.settings.restoreUserArchived,
        });
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

  async commitGuard(lease: Lease, run: RunInfo, judgement: Judgement): Promise<RunOutcome | null> {
    return this.#commit(lease, async (sql) => {
      await replaceFindings(sql, run.id, judgement.findings);
      const isHeld = judgement.verdict === 'hold';
      await sql.query('UPDATE runs SET message = $2, advice = $3 WHERE id = $1', [
        run.id,
        judgement.message,
        judgement.advice,
      ]);
      if (!run.preview) {
        await advance(sql, lease, { verdict: judgement.verdict, withheld: withheldGroups(judgement) });
        return null;
      }
      const { contents } = await snapshotOf(sql, run.id);
      const counts = previewCounts(await differenceOf(sql, run), contents, judgement);
      return endRun(sql, lease, isHeld ? 'held' : 'succeeded', isHeld ? 'threshold' : null, counts);
    });
  }

  async commitApply(lease: Lease, run: RunInfo): Promise<RunOutcome & { counts: Record<RecordType, RecordCounts> }> {
    const ended = await this.#commit(lease, async (sql) => {
      const { prefix, contents } = await snapshotOf(sql, run.id);
      const difference = await differenceOf(sql, run);
      const guarded = await stageResult<{ verdict: 'pass' | 'hold'; withheld: WithheldGroup[] }>(sql, run, 'guard');
      const counts = await apply(sql, {
        runId: run.id,
        prefix,
        contents,
        districtId: run.districtId,
        syncId: run.syncId,
        difference,
        withheld: guarded.withheld,
      });
      await markApplied(sql, run, contents.revision);
      await settleHold(sql, { runId: run.id, districtId: run.districtId, syncId: run.syncId, prefix });
      const isHeld = guarded.verdict === 'hold';
      const outcome = await endRun(sql, lease, isHeld ? 'held' : 'succeeded', isHeld ? 'threshold' : null, counts);
      return { ...outcome, counts };
    });
    // Nobody waits for it; autovacuum would do the same some minutes later.
    void refreshStatistics(this.#pool, ended.counts).catch(() => undefined);
    return ended;
  }

  async fail(lease: Lease, failure: Failure): Promise<void> {
    await this.#commit(lease, async (sql) => {
      if (failure.findings) await replaceFindings(sql, lease.runId, failure.findings);
      if (failure.warnings) await replaceWarnings(sql, lease.runId, failure.warnings);
      await endFailed(sql, lease.runId, failure);
    });
  }

  async restart(lease: Lease, stage: 'fetch' | 'diff'): Promise<ActiveRun> {
    return this.#commit(lease, async (sql) => {
      const { rows } = await sql.query<RunRow>(
        `UPDATE runs SET stage = $2, round = round + 1, lease = NULL WHERE id = $1 RETURNING *`,
        [lease.runId, stage],
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
