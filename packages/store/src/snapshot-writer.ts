import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { RecordType, RosterRecord } from '@rollbook/core';
import type { Presence } from '@rollbook/pipeline';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { columnsOf } from './columns.ts';
import { RepeatedIds } from './repeated-ids.ts';
import { LineBuffer, addSkipped, rowEncoder, type EncodeRow } from './snapshot-encoder.ts';

/** Rows are sent in pieces of this size: large enough to be cheap, small enough to keep memory flat. */
const CHUNK_BYTES = 512 * 1024;
/** Below the size of a buffer, so that what a batch adds usually fits in. */
const SEND_BYTES = 384 * 1024;

interface Target {
  readonly table: string;
  /** Keeps its ids apart from those of other types. */
  readonly group: number;
  readonly encode: EncodeRow;
  readonly lines: LineBuffer;
}

/** The unlogged table that holds one record type of a snapshot. */
export const snapshotTable = (prefix: string, recordType: RecordType): string => `snapshot."${prefix}_${recordType}"`;

/**
 * Writes a snapshot's rows by COPY while more are read: `append` gathers, `drain` sends what is due and waits for the
 * piece before it, so that at most two pieces are in memory.
 */
export class SnapshotWriter {
  readonly #sql: ClientBase;
  readonly #prefix: string;
  readonly #targets = new Map<RecordType, Target>();
  readonly #repeatedIds = new RepeatedIds();
  #sending: Promise<void> = Promise.resolve();

  constructor(sql: ClientBase, prefix: string) {
    this.#sql = sql;
    this.#prefix = prefix;
  }

  async open(recordType: RecordType): Promise<void> {
    if (this.#targets.has(recordType)) return;
    const table = snapshotTable(this.#prefix, recordType);
    const columns = columnsOf(recordType).map((column) => `${column.name} ${column.sqlType}`);
    await this.#sending;
    // Its life is one run: nothing for autovacuum to do.
    await this.#sql.query(
      `CREATE UNLOGGED TABLE ${table} (sis_id text COLLATE "C" NOT NULL, ${columns.join(', ')},
         source_hash uuid NOT NULL, presence "char" NOT NULL, line integer NOT NULL) WITH (autovacuum_enabled = false)`,
    );
    this.#targets.set(recordType, {
      table,
      group: this.#targets.size,
      encode: rowEncoder(recordType),
      lines: new LineBuffer(CHUNK_BYTES),
    });
  }

  /** `recordType` must be open. */
  append(recordType: RecordType, record: RosterRecord, presence: Presence, line: number): void {
    const target = this.#target(recordType);
    this.#repeatedIds.see(target.group, record.sisId);
    target.encode(target.lines, record, presence, line);
  }

  appendSkipped(recordType: RecordType, sisId: string, line: number): void {
    const target = this.#target(recordType);
    this.#repeatedIds.see(target.group, sisId);
    addSkipped(target.lines, recordType, sisId, line);
  }

  /** The ids of a type that may stand in it twice; null if they are too many to list. */
  suspectedRepeats(recordType: RecordType): readonly string[] | null {
    return this.#repeatedIds.suspects(this.#target(recordType).group);
  }

  #target(recordType: RecordType): Target {
    const target = this.#targets.get(recordType);
    if (!target) throw new Error(`the snapshot has no open table for ${recordType}`);
    return target;
  }

  async drain(): Promise<void> {
    for (const target of this.#targets.values()) if (target.lines.sizeBytes >= SEND_BYTES) await this.#send(target);
  }

  async finish(): Promise<void> {
    for (const target of this.#targets.values()) if (target.lines.sizeBytes > 0) await this.#send(target);
    await this.#sending;
  }

  /** Waits for what is under way, whatever becomes of it. */
  async abandon(): Promise<void> {
    await this.#sending.catch(() => undefined);
  }

  async #send(target: Target): Promise<void> {
    await this.#sending;
    this.#sending = pipeline(
      Readable.from(target.lines.take()),
      this.#sql.query(copyFrom(`COPY ${target.table} FROM STDIN`)),
    );
    // Awaited by the next piece; until then a failure must not count as unhandled.
    this.#sending.catch(() => undefined);
  }
}
