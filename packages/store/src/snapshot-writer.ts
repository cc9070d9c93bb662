import { finished } from 'node:stream/promises';
import type { RecordType, RosterRecord } from '@rollbook/core';
import type { PackedEnrollments, Presence } from '@rollbook/pipeline';
import type { ClientBase } from 'pg';
import { from as copyFrom, type CopyStreamQuery } from 'pg-copy-streams';
import { columnsOf } from './columns.ts';
import { RepeatedIds } from './repeated-ids.ts';
import type { RosterHashes } from './roster-hashes.ts';
import { BufferPool, LineBuffer, addSkipped, rowEncoder, type EncodeRow } from './snapshot-encoder.ts';

/** Rows are sent in pieces of this size: large enough to be cheap, small enough to keep memory flat. */
const CHUNK_BYTES = 1024 * 1024;
/** Below the size of a buffer, so that what a batch adds usually fits in. */
const SEND_BYTES = 768 * 1024;
const POOL = new BufferPool(CHUNK_BYTES);

interface Target {
  readonly table: string;
  /** Keeps its ids apart from those of other types. */
  readonly group: number;
  readonly encode: EncodeRow;
  readonly lines: LineBuffer;
}

interface OpenCopy {
  readonly target: Target;
  readonly stream: CopyStreamQuery;
  readonly ended: Promise<void>;
}

/** The unlogged table that holds one record type of a snapshot. */
export const snapshotTable = (prefix: string, recordType: RecordType): string => `snapshot."${prefix}_${recordType}"`;

/**
 * Writes a snapshot's rows by COPY while more are read: `append` gathers, `drain` sends what is due and waits
 * until the connection has taken it, so that memory stays flat.
 */
export class SnapshotWriter {
  readonly #sql: ClientBase;
  readonly #prefix: string;
  readonly #targets = new Map<RecordType, Target>();
  readonly #repeatedIds = new RepeatedIds();
  #rowCount = 0;
  /** One COPY at a time, kept open while its table is the one written to. */
  #copy: OpenCopy | undefined;

  constructor(sql: ClientBase, prefix: string) {
    this.#sql = sql;
    this.#prefix = prefix;
  }

  /** Present rows whose hash is one of `known` are passed over: only that they came is noted. */
  async open(recordType: RecordType, known?: RosterHashes): Promise<void> {
    if (this.#targets.has(recordType)) return;
    const table = snapshotTable(this.#prefix, recordType);
    const columns = columnsOf(recordType).map((column) => `${column.name} ${column.sqlType}`);
    await this.#endCopy();
    // Its life is one run: nothing for autovacuum to do.
    await this.#sql.query(
      `CREATE UNLOGGED TABLE ${table} (sis_id text COLLATE "C" NOT NULL, ${columns.join(', ')},
         source_hash uuid NOT NULL, presence "char" NOT NULL, line integer NOT NULL) WITH (autovacuum_enabled = false)`,
    );
    this.#targets.set(recordType, {
      table,
      group: this.#targets.size,
      encode: rowEncoder(recordType),
      lines: new LineBuffer(POOL, known),
    });
  }

  /** `recordType` must be open. */
  append(recordType: RecordType, record: RosterRecord, presence: Presence, line: number): void {
    const target = this.#target(recordType);
    if (!target.encode(target.lines, record, presence, line)) return;
    this.#rowCount++;
    this.#repeatedIds.see(target.group, record.sisId);
  }

  appendPacked(rows: PackedEnrollments, index: number, school: string | null): void {
    const target = this.#target('enrollments');
    if (!target.lines.addPacked(rows, index, school)) return;
    this.#rowCount++;
    const at = index * rows.stride;
    this.#repeatedIds.seeBytes(target.group, rows.bytes, rows.cells[at] as number, rows.cells[at + 1] as number);
  }

  appendSkipped(recordType: RecordType, sisId: string, line: number): void {
    const target = this.#target(recordType);
    this.#rowCount++;
    this.#repeatedIds.see(target.group, sisId);
    addSkipped(target.lines, recordType, sisId, line);
  }

  /** In all tables. */
  get rowCount(): number {
    return this.#rowCount;
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
    await this.#endCopy();
  }

  /** Waits for what is under way, whatever becomes of it. */
  async abandon(): Promise<void> {
    await this.#endCopy().catch(() => undefined);
  }

  /** Resolves when the connection has taken the lines over; the server works on them while more are gathered. */
  async #send(target: Target): Promise<void> {
    if (this.#copy?.target !== target) {
      await this.#endCopy();
      const stream = this.#sql.query(copyFrom(`COPY ${target.table} FROM STDIN`));
      const ended = finished(stream);
      // Awaited when the copy is ended; until then a failure must not count as unhandled.
      ended.catch(() => undefined);
      this.#copy = { target, stream, ended };
    }
    const { stream, ended } = this.#copy;
    for (const piece of target.lines.take()) {
      const written = new Promise<void>((resolve) => void stream.write(piece, () => resolve()));
      await Promise.race([written, ended]);
      // A small piece may still wait in the socket; one this large has left it, or the write would not be done.
      if (piece.length >= SEND_BYTES) POOL.giveBack(piece);
    }
  }

  /** It must not be used after. */
  release(): void {
    for (const { lines } of this.#targets.values()) lines.release();
    this.#targets.clear();
    this.#repeatedIds.release();
  }

  async #endCopy(): Promise<void> {
    if (!this.#copy) return;
    const { stream, ended } = this.#copy;
    this.#copy = undefined;
    stream.end();
    await ended;
  }
}
