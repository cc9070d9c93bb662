import { RECORD_TYPES, type HoldEvidence, type RecordType, type RosterRecord } from '@rollbook/core';
import type {
  CompareOptions,
  CountedWarning,
  Delivery,
  Difference,
  FinishedDraft,
  KnownRecord,
  OpenedType,
  PackedEnrollments,
  Presence,
  Scope,
  SnapshotContents,
  SnapshotDraft,
  SnapshotStore,
} from '@rollbook/pipeline';
import pg from 'pg';
import { inTransaction, type Sql } from './database.ts';
import { diff } from './diff.ts';
import { firstWithholdingRun, readEvidence } from './hold-evidence.ts';
import { planFor, planForRun } from './plans.ts';
import { snapshotPrefix } from './run-work.ts';
import { inScopeSql, scopeParameter } from './scope.ts';
import { checkPeopleReferences, isReferring } from './people-references.ts';
import { settlePlaces } from './placeless.ts';
import { settleRepeatedRows } from './repeated-rows.ts';
import { countRows, dropUnknownParents, limitGuardians, type DraftTables } from './snapshot-check.ts';
import { Recognition, type RecognitionKey } from './recognition.ts';
import { Recognised } from './recognised.ts';
import { noteTouched } from './touched.ts';
import { SnapshotWriter, snapshotTable } from './snapshot-writer.ts';

const KNOWN_RECORDS_PAGE = 10_000;

/** A preview comes after all runs. */
const LATEST_RUN = 2_147_483_647;

/** The tables of one snapshot, dropped together. */
export async function dropSnapshotTables(sql: Sql, prefix: string): Promise<void> {
  const names = [...RECORD_TYPES, 'missed', 'touched', 'changes'].map((name) => `snapshot."${prefix}_${name}"`);
  await sql.query(`DROP TABLE IF EXISTS ${names.join(', ')}`);
}

/** What a draft is of; `linked`: the linked schools, null for all. */
type DraftKey = RecognitionKey & { readonly linked: readonly string[] | null };

class Draft implements SnapshotDraft {
  readonly prefix: string;
  readonly #key: DraftKey;
  readonly #opened = new Map<RecordType, OpenedType>();
  readonly #sql: pg.Client;
  readonly #writer: SnapshotWriter;
  readonly #recognition: Recognition;
  #isConnected = true;
  #isOpen = true;
  /** In the middle of the transaction of the checks. */
  #isChecking = false;

  constructor(sql: pg.Client, prefix: string, key: DraftKey, recognition: Recognition) {
    this.prefix = prefix;
    this.#key = key;
    this.#recognition = recognition;
    this.#sql = sql;
    this.#writer = new SnapshotWriter(sql, prefix);
    sql.on('error', this.#onError);
  }

  readonly #onError = (): void => {
    this.#isConnected = false;
  };

  async open(recordType: RecordType, opened: OpenedType): Promise<void> {
    this.#opened.set(recordType, opened);
    await this.#writer.open(recordType, await this.#recognition.hashesOf(recordType));
  }

  append(recordType: RecordType, record: RosterRecord, presence: Presence, line: number): void {
    this.#writer.append(recordType, record, presence, line);
  }

  appendPacked(rows: PackedEnrollments, index: number, school: string | null): void {
    this.#writer.appendPacked(rows, index, school);
  }

  appendSkipped(recordType: RecordType, sisId: string, line: number): void {
    this.#writer.appendSkipped(recordType, sisId, line);
  }

  drain(): Promise<void> {
    return this.#writer.drain();
  }

  async finish(delivered: ReadonlyMap<RecordType, Delivery>): Promise<FinishedDraft> {
    const sql = this.#sql;
    await this.#writer.finish();
    const recognised = await Recognised.write(sql, this.prefix, await this.#recognition.finish(), delivered);
    // Without statistics the planner takes these tables for nearly empty, and joins them row by row.
    const written = [...delivered.keys()].map((recordType) => `${snapshotTable(this.prefix, recordType)} (presence)`);
    if (written.length > 0) await sql.query(`ANALYZE ${written.join(', ')}`);
    const tables = { ...this.#key, prefix: this.prefix, delivered, recognised };
    // All of it sees the roster of one moment: what was touched since the hashes were read is known for all.
    this.#isChecking = true;
    await sql.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await planFor(sql, this.#writer.rowCount + recognised.unaccounted);
    const since = recognised.contents.rosterVersion;
    await noteTouched(sql, { ...this.#key, prefix: this.prefix }, { since, isRecognised: recognised.isAny });
    const types = [...delivered.keys()];
    const warnings = await this.#settleRepeated(
      tables,
      types.filter((type) => !isReferring(type)),
    );
    const places = await settlePlaces(sql, tables, (recordType) => this.#opened.get(recordType)?.file ?? recordType);
    warnings.push(...places.warnings);
    warnings.push(...(await dropUnknownParents(sql, tables)));
    warnings.push(...(await checkPeopleReferences(sql, tables)));
    // Not before it is known which of their rows can be used.
    warnings.push(...(await this.#settleRepeated(tables, types.filter(isReferring))));
    if (this.#key.isScoped) await limitGuardians(sql, tables);
    const { placeless } = places;
    const counted = await countRows(sql, tables);
    await sql.query('COMMIT');
    this.#isChecking = false;
    return { types: counted, recognition: recognised.contents, warnings, placeless };
  }

  async #settleRepeated(tables: DraftTables, types: readonly RecordType[]): Promise<CountedWarning[]> {
    const warnings: CountedWarning[] = [];
    for (const recordType of types) {
      const opened = this.#opened.get(recordType) ?? { file: recordType, wins: 'last' };
      const suspects = this.#writer.suspectedRepeats(recordType);
      warnings.push(...(await settleRepeatedRows(this.#sql, tables, { recordType, opened, suspects })));
    }
    return warnings;
  }

  async discard(): Promise<void> {
    if (!this.#isOpen) return;
    try {
      await this.#writer.abandon();
      if (this.#isConnected && this.#isChecking) await this.#sql.query('ROLLBACK');
      if (this.#isConnected) await dropSnapshotTables(this.#sql, this.prefix);
    } finally {
      this.release();
    }
  }

  release(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#recognition.release();
    this.#writer.release();
    // Whether it ends well or not, nothing more is asked of it.
    this.#sql.end().catch(() => undefined);
  }
}

export class PostgresSnapshots implements SnapshotStore {
  readonly #pool: pg.Pool;
  readonly #now: () => Date;

  /** @param now the clock, for the window of the threshold and for explanations */
  constructor(pool: pg.Pool, { now = (): Date => new Date() }: { readonly now?: () => Date } = {}) {
    this.#pool = pool;
    this.#now = now;
  }

  async draft(key: DraftKey & { readonly runId: number | null }): Promise<SnapshotDraft> {
    const owner = key.runId === null ? `preview${Math.floor(Date.now() / 1000)}` : `r${key.runId}`;
    const sql = await this.#connect();
    const recognition = new Recognition(() => this.#connect(), key);
    return new Draft(sql, snapshotPrefix(owner), key, recognition);
  }

  /** Of their own: were they the pool's, as many drafts as the pool is large would wait for each other. */
  async #connect(): Promise<pg.Client> {
    // Whoever commits what was written here waits for the disk once, for all of it.
    const options = `${this.#pool.options.options ?? ''} -c synchronous_commit=off`;
    const sql = new pg.Client({ ...this.#pool.options, options });
    // One that is lost says so at the next statement; unheard, it would end the process.
    sql.on('error', () => undefined);
    await sql.connect();
    return sql;
  }

  async *knownRecords(districtId: string, recordType: RecordType): AsyncIterable<KnownRecord[]> {
    const school = recordType === 'classes' ? 'school_id' : 'NULL::text';
    let after = '';
    for (;;) {
      const { rows } = await this.#pool.query<KnownRecord>(
        `SELECT sis_id AS "sisId", ${school} AS school FROM ${recordType} r
         WHERE district_id = $1 AND sis_id > $2 AND status = 'active' AND NOT EXISTS (
           SELECT 1 FROM delta_marks m
           WHERE m.sync_id = r.sync_id AND m.record_type = '${recordType}' AND m.sis_id = r.sis_id)
         ORDER BY sis_id LIMIT ${KNOWN_RECORDS_PAGE}`,
        [districtId, after],
      );
      const last = rows.at(-1);
      if (!last) return;
      yield rows;
      after = last.sisId;
    }
  }

  async managedCount(districtId: string, syncId: string, recordType: RecordType, scope: Scope): Promise<number> {
    const { rows } = await this.#pool.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM ${recordType} r
       WHERE r.district_id = $1 AND r.sync_id = $2 AND r.status = 'active' AND ${inScopeSql(recordType, 'r', '$3')}`,
      [districtId, syncId, scopeParameter(recordType, scope)],
    );
    return rows[0]?.count ?? 0;
  }

  compare(
    snapshot: { readonly prefix: string; readonly contents: SnapshotContents },
    options: CompareOptions,
  ): Promise<Difference> {
    const input = { ...snapshot, ...options, now: this.#now() };
    return inTransaction(this.#pool, (sql) => diff(sql, input), 'REPEATABLE READ');
  }

  evidence(
    snapshot: { readonly prefix: string; readonly contents: SnapshotContents },
    { districtId, syncId }: CompareOptions,
    { groups }: Difference,
  ): Promise<HoldEvidence> {
    return inTransaction(this.#pool, async (sql) => {
      await planForRun(sql, { ...snapshot, syncId });
      const sinceRunId = await firstWithholdingRun(sql, { syncId, prefix: snapshot.prefix, runId: LATEST_RUN });
      return readEvidence(sql, { ...snapshot, districtId, syncId, groups, sinceRunId }, this.#now());
    });
  }
}
