import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { RecordType } from '@rollbook/core';
import type { Delivery, RecognitionContents, TypeContents } from '@rollbook/pipeline';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { isRecognisableSql } from './effective-values.ts';
import { FEW_ROWS } from './plans.ts';
import type { FinishedRecognition } from './recognition.ts';
import { hexOf, wordsOf, type RosterHashes } from './roster-hashes.ts';

const LINES_PER_WRITE = 10_000;

/** The table of a snapshot with the hashes that no row has met: what is not in it was recognised. */
export const missedTable = (prefix: string): string => `snapshot."${prefix}_missed"`;

/** The table of a snapshot with the records that others have changed since their hashes were read; see noteTouched. */
export const touchedTable = (prefix: string): string => `snapshot."${prefix}_touched"`;

/** Makes the table, if an older version has written the snapshot without it. */
export const createTouched = async (sql: ClientBase, prefix: string): Promise<void> => {
  await sql.query(
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${touchedTable(prefix)} (record_type text NOT NULL, sis_id text COLLATE "C" NOT NULL,
       was_active boolean NOT NULL) WITH (autovacuum_enabled = false)`,
  );
};

/** The condition, over alias `alias`, for roster records that others have changed since their hashes were read. */
export const touchedSql = (prefix: string, recordType: RecordType, alias: string): string =>
  `(${alias}.sis_id IN (SELECT x.sis_id FROM ${touchedTable(prefix)} x WHERE x.record_type = '${recordType}')) IS TRUE`;

/** True for records whose hash was missed. Like {@link touchedSql} never a join, but a look into a hash table for each record. */
export const isMissedSql = (prefix: string, recordType: RecordType, alias: string): string =>
  `(${alias}.source_hash IN (SELECT m.source_hash FROM ${missedTable(prefix)} m WHERE m.record_type = '${recordType}')) IS TRUE`;

/**
 * The condition, over alias `alias`, for roster records that stand in the snapshot without a row of their own: active
 * records of the sync (`sync`: a parameter) whose hash was not missed, and which nobody has touched since it was read.
 */
export function recognisedSql(
  prefix: string,
  recordType: RecordType,
  type: Pick<TypeContents, 'recognised'> | undefined,
  alias: string,
  sync: string,
): string {
  if (!type || type.recognised === 0) return 'false';
  return `(${alias}.sync_id = ${sync} AND ${alias}.status = 'active' AND ${isRecognisableSql(recordType, alias)}
      AND NOT ${isMissedSql(prefix, recordType, alias)} AND NOT ${touchedSql(prefix, recordType, alias)})`;
}

/** What of the roster the rows of a finished pull have recognised; kept in line with the table of those missed. */
export class Recognised {
  readonly #sql: ClientBase;
  readonly #prefix: string;
  readonly #rosterVersion: string;
  readonly #hashes: ReadonlyMap<RecordType, RosterHashes>;
  readonly #counts = new Map<RecordType, number>();
  /** Active records of the roster, of types in full, of which no row was recognised. */
  readonly #unmet: number;
  readonly #missed = new Map<RecordType, number>();

  private constructor(
    sql: ClientBase,
    prefix: string,
    recognition: FinishedRecognition,
    delivered: ReadonlyMap<RecordType, Delivery>,
  ) {
    this.#sql = sql;
    this.#prefix = prefix;
    this.#rosterVersion = recognition.rosterVersion;
    this.#hashes = new Map([...recognition.hashes].filter(([type, { met }]) => delivered.has(type) && met > 0));
    for (const [type, { met }] of this.#hashes) this.#counts.set(type, met);
    this.#unmet = [...recognition.hashes]
      .filter(([type, { met }]) => delivered.get(type) === 'full' && met === 0)
      .reduce((sum, [, { size }]) => sum + size, 0);
  }

  /** Writes what was missed beside the snapshot. */
  static async write(
    sql: ClientBase,
    prefix: string,
    recognition: FinishedRecognition,
    delivered: ReadonlyMap<RecordType, Delivery>,
  ): Promise<Recognised> {
    const recognised = new Recognised(sql, prefix, recognition, delivered);
    await sql.query(
      `CREATE UNLOGGED TABLE ${missedTable(prefix)} (record_type text NOT NULL, source_hash uuid NOT NULL)
       WITH (autovacuum_enabled = false)`,
    );
    await recognised.#writeMissed();
    await createTouched(sql, prefix);
    await sql.query(`ANALYZE ${touchedTable(prefix)}`);
    return recognised;
  }

  get contents(): RecognitionContents {
    return {
      rosterVersion: this.#rosterVersion,
      missed: [...this.#missed.values()].reduce((sum, count) => sum + count, 0),
    };
  }

  /** How many active records were not recognised, of all types that came. */
  get unaccounted(): number {
    return this.contents.missed + this.#unmet;
  }

  /** Whether anything was. */
  get isAny(): boolean {
    return this.#counts.size > 0;
  }

  /** How many records of a type. */
  count(recordType: RecordType): number {
    return this.#counts.get(recordType) ?? 0;
  }

  /** How many active records of a type were not. */
  missed(recordType: RecordType): number {
    return this.#missed.get(recordType) ?? 0;
  }

  /** See {@link recognisedSql}. */
  sql(recordType: RecordType, alias: string, sync: string): string {
    return recognisedSql(this.#prefix, recordType, { recognised: this.count(recordType) }, alias, sync);
  }

  /**
   * The condition for records that may be in the data without a row of their own: those that were recognised, and those
   * that were touched since, whatever became of them.
   */
  perhapsSql(recordType: RecordType, alias: string, sync: string): string {
    if (this.count(recordType) === 0) return 'false';
    const prefix = this.#prefix;
    return `(${alias}.sync_id = ${sync} AND NOT ${isMissedSql(prefix, recordType, alias)}
      AND (${alias}.status = 'active' AND ${isRecognisableSql(recordType, alias)} OR ${touchedSql(prefix, recordType, alias)}))`;
  }

  /** Whether a row was recognised by this hash, as PostgreSQL writes it. */
  wasMet(recordType: RecordType, hash: string): boolean {
    return (this.#hashes.get(recordType)?.lineOf(wordsOf(hash)) ?? null) !== null;
  }

  /** The line of the row that was recognised last by this hash, as PostgreSQL writes it. */
  lineOf(recordType: RecordType, hash: string): number {
    return this.#hashes.get(recordType)?.lineOf(wordsOf(hash)) ?? 0;
  }

  /** Takes back that these were recognised. */
  async forget(recordType: RecordType, hashes: readonly string[]): Promise<void> {
    if (hashes.length === 0) return;
    await this.#sql.query(
      `INSERT INTO ${missedTable(this.#prefix)} (record_type, source_hash) SELECT $1, unnest($2::uuid[])`,
      [recordType, hashes],
    );
    this.#counts.set(recordType, this.count(recordType) - hashes.length);
    this.#missed.set(recordType, this.missed(recordType) + hashes.length);
  }

  async #writeMissed(): Promise<void> {
    const stream = this.#sql.query(copyFrom(`COPY ${missedTable(this.#prefix)} FROM STDIN`));
    const ended = finished(stream);
    // Awaited below; until then a failure must not count as unhandled.
    ended.catch(() => undefined);
    let lines: string[] = [];
    for (const [recordType, hashes] of this.#hashes) {
      this.#missed.set(recordType, hashes.size - hashes.met);
      for (const words of hashes.missed()) {
        lines.push(`${recordType}\t${hexOf(words)}\n`);
        if (lines.length < LINES_PER_WRITE) continue;
        if (!stream.write(lines.join(''))) await Promise.race([once(stream, 'drain'), ended]);
        lines = [];
      }
    }
    stream.end(lines.join(''));
    await ended;
    const table = missedTable(this.#prefix);
    const index = this.contents.missed <= FEW_ROWS ? `CREATE INDEX ON ${table} (source_hash); ` : '';
    await this.#sql.query(`${index}ANALYZE ${table}`);
  }
}
