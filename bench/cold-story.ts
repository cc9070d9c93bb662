import { DEFAULT_RUN_SETTINGS } from '@rollbook/core';
import {
  payloadOf,
  requestApproval,
  requestSync,
  runStage,
  type PipelineContext,
  type Stage,
  type StagePayload,
} from '@rollbook/pipeline';
import { PostgresRuns, PostgresSnapshots, approveHold, openDatabase, type Database } from '@rollbook/store';
import pg from 'pg';
import { ColdDistrict, type ColdDay } from './cold-district.ts';

/** By kind of run and stage, such as "approval, diff": milliseconds. */
export type Times = Map<string, number>;

export interface StoryOptions {
  /** Of a database that is migrated and empty: it is copied. */
  readonly serverUrl: string;
  /** Of the database, which is made anew. */
  readonly name: string;
  readonly rows: number;
  /** How many records the large days hold at most. */
  readonly records: number;
  /** Whether all tables are vacuumed and analysed before each run. */
  readonly isWarm: boolean;
}

/** One district in a database of its own. */
export class Story {
  readonly times: Times = new Map();
  readonly source: ColdDistrict;
  readonly #options: StoryOptions;
  readonly #database: Database;
  readonly #jobs: { stage: Stage; payload: StagePayload }[] = [];
  readonly #context: PipelineContext;
  lastRunId = 0;

  private constructor(database: Database, options: StoryOptions) {
    this.#options = options;
    this.#database = database;
    this.source = new ColdDistrict(options.rows, options.records);
    const complain = (fields: object, message: string): void => console.error(message, fields);
    this.#context = {
      ledger: new PostgresRuns(database.pool),
      snapshots: new PostgresSnapshots(database.pool),
      queue: {
        enqueue: async (_queue, stage, payload) => void this.#jobs.push({ stage, payload }),
        state: async () => 'missing',
        remove: async () => undefined,
      },
      openSource: async () => this.source,
      log: { info: () => undefined, warn: complain, error: complain },
    };
  }

  static async begin(options: StoryOptions): Promise<Story> {
    const { serverUrl, name } = options;
    await onServer(
      serverUrl,
      `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
      `CREATE DATABASE ${name} TEMPLATE "${new URL(serverUrl).pathname.slice(1)}"`,
    );
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    const database = openDatabase({ databaseUrl: url.href });
    const { rows: tables } = await database.pool.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    for (const table of tables) await database.pool.query(`ALTER TABLE ${table.name} SET (autovacuum_enabled = false)`);
    await database.pool.query(`INSERT INTO districts (id, name, timezone) VALUES ('bench', 'Bench', 'UTC')`);
    await database.pool.query(
      `INSERT INTO syncs (id, district_id, source_type, source, settings, source_fingerprint)
       VALUES ('bench', 'bench', 'files', '{}', $1, 'bench')`,
      [JSON.stringify(DEFAULT_RUN_SETTINGS)],
    );
    return new Story(database, options);
  }

  async end(): Promise<void> {
    await this.#database.close();
    await onServer(this.#options.serverUrl, `DROP DATABASE ${this.#options.name} WITH (FORCE)`);
  }

  async sync(kind: string, day: ColdDay, expected: 'succeeded' | 'held'): Promise<void> {
    this.source.day = day;
    await this.#prepare();
    const { runId } = await requestSync(this.#context, 'bench', { trigger: 'cli' });
    await this.#work(kind, runId, expected);
  }

  async approve(kind: string, relink: boolean): Promise<void> {
    await this.#prepare();
    const { pool } = this.#database;
    const { rows } = await pool.query<{ id: number }>(`SELECT id FROM holds WHERE status = 'open'`);
    const startedAt = performance.now();
    const { approvalId } = await approveHold(pool, {
      holdId: rows[0]?.id as number,
      actor: 'bench',
      comment: null,
      schools: null,
      recordTypes: null,
      relink,
    });
    this.times.set(`${kind}, decision`, performance.now() - startedAt);
    const run = await requestApproval(this.#context, approvalId, 'bench');
    await this.#work(kind, run?.runId as number, 'succeeded');
  }

  async undo(kind: string): Promise<void> {
    await this.#prepare();
    const request = { runId: this.lastRunId, keep: false, actor: 'bench', comment: null };
    const run = await new PostgresRuns(this.#database.pool).requestUndo(request);
    this.#jobs.push({ stage: run.stage, payload: payloadOf(run) });
    await this.#work(kind, run.runId, 'succeeded');
  }

  async #prepare(): Promise<void> {
    await this.#database.pool.query(this.#options.isWarm ? 'VACUUM ANALYZE' : 'SELECT 1');
    await this.#database.pool.query('CHECKPOINT');
  }

  async #work(kind: string, runId: number, expected: string): Promise<void> {
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) {
      const startedAt = performance.now();
      await runStage(this.#context, { ...job, isLastAttempt: true, signal: new AbortController().signal });
      this.times.set(`${kind}, ${job.stage}`, performance.now() - startedAt);
    }
    const { rows } = await this.#database.pool.query<{ status: string }>('SELECT status FROM runs WHERE id = $1', [
      runId,
    ]);
    if (rows[0]?.status !== expected) throw new Error(`${kind}: the run ended ${rows[0]?.status}, not ${expected}`);
    this.lastRunId = runId;
    await this.#context.ledger.cleanUp();
  }
}

/** Every kind of run, in the order of a story. */
export const STEPS: readonly ((story: Story) => Promise<void>)[] = [
  (story) => story.sync('first sync', 'first', 'succeeded'),
  (story) => story.sync('unchanged day', 'first', 'succeeded'),
  (story) => story.sync('changed day', 'changed', 'succeeded'),
  (story) => story.sync('30 % of a school go', 'school', 'held'),
  (story) => story.sync('half of all go', 'half', 'held'),
  (story) => story.approve('approval', false),
  (story) => story.undo('undo'),
  (story) => story.sync('new ids', 'rekeyed', 'held'),
  (story) => story.approve('relink', true),
  (story) => story.undo('undo of the relink'),
];

async function onServer(serverUrl: string, ...statements: readonly string[]): Promise<void> {
  const url = new URL(serverUrl);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
