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

/**
 * The condition, over alias `alias`, for roster records that stand in the snapshot without a row of their own: active
 * records of the sync (`sync`: a parameter) whose hash was not missed.
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
      AND NOT EXISTS (SELECT 1 FROM ${missedTable(prefix)} m
                      WHERE m.record_type = '${recordType}' AND m.source_hash = ${alias}.source_hash))`;
}

/** True for records `alias` whose hash was missed; never a join, so that it is a look into a hash table for each record. */
export const isMissedSql = (prefix: string, recordType: RecordType, alias: string): string =>
  `(${alias}.source_hash IN (SELECT m.source_hash FROM ${missedTable(prefix)} m WHERE m.record_type = '${recordType}')) IS TRUE`;

/**
 * The same for conditions in an OR or a CASE, where an EXISTS would look through the missed hashes for every record: `join`
 * goes after the table of `r`.
 */
export function recognisedJoin(
  prefix: string,
  recordType: RecordType,
  type: Pick<TypeContents, 'recognised'> | undefined,
  sync: string,
): { readonly join: string; readonly condition: string } {
  if (!type || type.recognised === 0) return { join: '', condition: 'false' };
  return {
    join: `LEFT JOIN ${missedTable(prefix)} missed ON missed.record_type = '${recordType}' AND missed.source_hash = r.source_hash`,
    condition: `(r.sync_id = ${sync} AND r.status = 'active' AND ${isRecognisableSql(recordType, 'r')} AND missed.source_hash IS NULL)`,
  };
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

  /** See {@link recognisedJoin}. */
  join(recordType: RecordType, sync: string): { readonly join: string; readonly condition: string } {
    return recognisedJoin(this.#prefix, recordType, { recognised: this.count(recordType) }, sync);
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
