import { DEFAULT_RUN_SETTINGS, type RecordCounts, type RecordType, type RunSettings } from '@rollbook/core';
import {
  jobIdOf,
  requestSync,
  runStage,
  type JobQueue,
  type PipelineContext,
  type RosterSource,
  type RunOutcome,
  type Stage,
  type StagePayload,
  type StageResult,
} from '@rollbook/pipeline';
import { PostgresRuns, PostgresSnapshots, type Database } from '@rollbook/store';
import { brokenInvariants } from './roster-invariants.ts';

/** Jobs in the order they were added, for tests that run the stages one by one themselves. */
class StepQueue implements JobQueue {
  readonly jobs: { stage: Stage; payload: StagePayload }[] = [];
  readonly #ids = new Set<string>();

  async enqueue(_queue: string, stage: Stage, payload: StagePayload): Promise<void> {
    const id = jobIdOf(stage, payload);
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    this.jobs.push({ stage, payload });
  }
  async state(): Promise<'missing'> {
    return 'missing';
  }
  async remove(): Promise<void> {}
}

const MS_PER_HOUR = 3_600_000;
const HOURS_OF_A_NIGHT = 24;

export interface RunResult extends RunOutcome {
  readonly runId: number;
  readonly counts: Record<RecordType, RecordCounts>;
  readonly message: string | null;
  readonly warnings: { code: string; file: string | null; line: number | null; message: string; count: number }[];
}

/** One district and its sync in a real database, with the stages run in turn in this process. */
export class PipelineHarness {
  readonly context: PipelineContext;
  readonly queue = new StepQueue();
  readonly #database: Database;
  source: RosterSource;
  readonly #clock: () => Date;
  readonly #hoursBeforeRun: number;
  #passedHours = 0;

  /** @param clock sets the days and nights; left out: a night passes before each run. */
  constructor(database: Database, source: RosterSource, clock?: () => Date) {
    this.#database = database;
    this.#hoursBeforeRun = clock === undefined ? HOURS_OF_A_NIGHT : 0;
    this.#clock = clock ?? ((): Date => new Date());
    const now = (): Date => this.now();
    this.source = source;
    const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
    this.context = {
      ledger: new PostgresRuns(database.pool, { now }),
      snapshots: new PostgresSnapshots(database.pool, { now }),
      queue: this.queue,
      openSource: async () => this.source,
      log: silent,
    };
  }

  async createSync(syncId: string, districtId: string, settings: Partial<RunSettings> = {}): Promise<void> {
    await this.sql(`INSERT INTO districts (id, name, timezone) VALUES ($1, $1, 'UTC') ON CONFLICT DO NOTHING`, [
      districtId,
    ]);
    await this.sql(
      `INSERT INTO syncs (id, district_id, source_type, source, settings, source_fingerprint)
       VALUES ($1, $2, 'files', '{}', $3, 'one') ON CONFLICT (id) DO UPDATE SET settings = excluded.settings`,
      [syncId, districtId, JSON.stringify({ ...DEFAULT_RUN_SETTINGS, ...settings })],
    );
  }

  async sql<R extends object>(text: string, values: unknown[] = []): Promise<R[]> {
    return (await this.#database.pool.query<R>(text, values)).rows;
  }

  /** The clock of the ledger, moved on by the hours that have passed here. */
  now(): Date {
    return new Date(this.#clock().getTime() + this.#passedHours * MS_PER_HOUR);
  }

  pass(hours: number): void {
    this.#passedHours += hours;
  }

  /** Runs a sync from request to end, as the workers would, one night after the run before unless a clock was given. */
  run(syncId: string, preview = false): Promise<RunResult> {
    this.pass(this.#hoursBeforeRun);
    return this.runAtOnce(syncId, preview);
  }

  /** The same in the same evening. */
  async runAtOnce(syncId: string, preview = false): Promise<RunResult> {
    const run = await requestSync(this.context, syncId, { trigger: 'cli', preview });
    await this.work();
    expect(await brokenInvariants(this.#database.pool)).toEqual([]);
    return this.result(run.runId);
  }

  /** Works off the queue. */
  async work(): Promise<void> {
    for (let job = this.queue.jobs.shift(); job; job = this.queue.jobs.shift()) await this.step(job.stage, job.payload);
  }

  async step(stage: Stage, payload: StagePayload): Promise<StageResult> {
    return runStage(this.context, { stage, payload, isLastAttempt: true, signal: new AbortController().signal });
  }

  async result(runId: number): Promise<RunResult> {
    const [row] = await this.sql<RunResult>(
      `SELECT id AS "runId", status, reason, message, counts FROM runs WHERE id = $1`,
      [runId],
    );
    const warnings = await this.sql<RunResult['warnings'][number]>(
      'SELECT code, file, line, message, count FROM warnings WHERE run_id = $1 ORDER BY ordinal',
      [runId],
    );
    return { ...(row as RunResult), warnings };
  }

  /** The ids of the active (or archived) records of a type, in order. */
  async ids(recordType: RecordType, status: 'active' | 'archived' = 'active'): Promise<string[]> {
    const rows = await this.sql<{ sis_id: string }>(
      `SELECT sis_id FROM ${recordType} WHERE status = $1 ORDER BY sis_id`,
      [status],
    );
    return rows.map((row) => row.sis_id);
  }

  async count(recordType: RecordType, status: 'active' | 'archived' = 'active'): Promise<number> {
    return (await this.ids(recordType, status)).length;
  }
}
