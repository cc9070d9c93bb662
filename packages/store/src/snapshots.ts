import { randomBytes } from 'node:crypto';
import { RECORD_TYPES, type RecordType, type RosterRecord } from '@rollbook/core';
import type {
  CompareOptions,
  CountedWarning,
  Delivery,
  Difference,
  KnownRecord,
  Presence,
  Scope,
  SnapshotContents,
  SnapshotDraft,
  SnapshotStore,
  TableContents,
} from '@rollbook/pipeline';
import pg from 'pg';
import { inTransaction, type Sql } from './database.ts';
import { diff } from './diff.ts';
import { inScopeSql, scopeParameter } from './scope.ts';
import {
  checkPeopleReferences,
  countRows,
  dropUnknownParents,
  limitGuardians,
  removeRepeatedIds,
} from './snapshot-check.ts';
import { SnapshotWriter, snapshotTable } from './snapshot-writer.ts';

const KNOWN_RECORDS_PAGE = 10_000;

/** The tables of one snapshot, dropped together. */
export async function dropSnapshotTables(sql: Sql, prefix: string): Promise<void> {
  const names = [...RECORD_TYPES, 'changes'].map((name) => `snapshot."${prefix}_${name}"`);
  await sql.query(`DROP TABLE IF EXISTS ${names.join(', ')}`);
}

class Draft implements SnapshotDraft {
  readonly prefix: string;
  readonly #districtId: string;
  readonly #sql: pg.Client;
  readonly #writer: SnapshotWriter;
  #isConnected = true;
  #isOpen = true;

  constructor(sql: pg.Client, prefix: string, districtId: string) {
    this.prefix = prefix;
    this.#districtId = districtId;
    this.#sql = sql;
    this.#writer = new SnapshotWriter(sql, prefix);
    sql.on('error', this.#onError);
  }

  readonly #onError = (): void => {
    this.#isConnected = false;
  };

  open(recordType: RecordType): Promise<void> {
    return this.#writer.open(recordType);
  }

  append(recordType: RecordType, record: RosterRecord, presence: Presence, line: number): void {
    this.#writer.append(recordType, record, presence, line);
  }

  appendSkipped(recordType: RecordType, sisId: string, line: number): void {
    this.#writer.appendSkipped(recordType, sisId, line);
  }

  drain(): Promise<void> {
    return this.#writer.drain();
  }

  async finish(
    delivered: ReadonlyMap<RecordType, Delivery>,
    isScoped: boolean,
  ): Promise<{ types: Partial<Record<RecordType, TableContents>>; warnings: CountedWarning[] }> {
    await this.#writer.finish();
    // Without statistics the planner takes these tables for nearly empty, and joins them row by row.
    for (const recordType of delivered.keys())
      await this.#sql.query(`ANALYZE ${snapshotTable(this.prefix, recordType)} (presence)`);
    const tables = { prefix: this.prefix, districtId: this.#districtId, delivered };
    const warnings = await removeRepeatedIds(this.#sql, tables, (recordType) =>
      this.#writer.suspectedRepeats(recordType),
    );
    warnings.push(...(await dropUnknownParents(this.#sql, tables)));
    warnings.push(...(await checkPeopleReferences(this.#sql, tables)));
    if (isScoped) await limitGuardians(this.#sql, tables);
    return { types: await countRows(this.#sql, tables), warnings };
  }

  async discard(): Promise<void> {
    if (!this.#isOpen) return;
    try {
      await this.#writer.abandon();
      if (this.#isConnected) await dropSnapshotTables(this.#sql, this.prefix);
    } finally {
      this.release();
    }
  }

  release(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // Whether it ends well or not, nothing more is asked of it.
    this.#sql.end().catch(() => undefined);
  }
}

export class PostgresSnapshots implements SnapshotStore {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async draft(key: { readonly runId: number | null; readonly districtId: string }): Promise<SnapshotDraft> {
    const owner = key.runId === null ? `preview${Math.floor(Date.now() / 1000)}` : `r${key.runId}`;
    // Its own connection: were it one of the pool's, as many drafts as the pool is large would wait for each other.
    const sql = new pg.Client(this.#pool.options);
    await sql.connect();
    return new Draft(sql, `${owner}_${randomBytes(5).toString('hex')}`, key.districtId);
  }

  async *knownRecords(districtId: string, recordType: RecordType): AsyncIterable<KnownRecord[]> {
    const school = recordType === 'classes' ? 'school_id' : 'NULL::text';
    let after = '';
    for (;;) {
      const { rows } = await this.#pool.query<KnownRecord>(
        `SELECT sis_id AS "sisId", ${school} AS school FROM ${recordType}
         WHERE district_id = $1 AND sis_id > $2 AND status = 'active' ORDER BY sis_id LIMIT ${KNOWN_RECORDS_PAGE}`,
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
    return inTransaction(this.#pool, (sql) => diff(sql, { ...snapshot, ...options }), 'REPEATABLE READ');
  }
}
