import { RECORD_TYPES, emptyCounts, type RecordCounts, type RecordType } from '@rollbook/core';
import type pg from 'pg';
import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { isRecognisableSql } from './effective-values.ts';
import { RosterHashes } from './roster-hashes.ts';

/** Schools and terms are few, and their parents are checked within the snapshot: all their rows are kept there. */
const ALWAYS_KEPT: ReadonlySet<RecordType> = new Set(['schools', 'terms']);
/** With linked schools guardians are judged by the students in the snapshot. */
const KEPT_IF_SCOPED: ReadonlySet<RecordType> = new Set(['guardians', 'guardianships']);

/** 100 MB of hashes. Rows of a type that has more are all sent to the database. */
const MAX_EXPECTED = 4_000_000;

/** Enrollments come last, and are by far the most. */
const IN_ORDER_OF_ARRIVAL = [...RECORD_TYPES.filter((type) => type !== 'enrollments'), 'enrollments'] as const;

const UUID_BYTES = 16;
/** Signature, flags and the length of the extension area of COPY's binary format. */
const COPY_HEADER_BYTES = 19;
/** Number of fields, length of the one field. */
const ROW_HEADER_BYTES = 2 + 4;

export interface RecognitionKey {
  readonly districtId: string;
  readonly syncId: string;
  /** Whether the sync speaks for linked schools only. */
  readonly isScoped: boolean;
  /** Whether rows are recognised at all; if not, all are sent. */
  readonly recognises: boolean;
}

/** What the sync's active records were at one moment. */
export interface FinishedRecognition {
  readonly rosterVersion: string;
  readonly hashes: ReadonlyMap<RecordType, RosterHashes>;
}

/**
 * Reads the hashes of the sync's active records, all of one moment, while the pull is under way. A row of the pull that
 * has one of them need not be sent to the database nor compared: the roster holds it already.
 */
export class Recognition {
  readonly #open: () => Promise<pg.Client>;
  readonly #key: RecognitionKey;
  #sql: Promise<pg.Client> | undefined;
  #version: Promise<string> | undefined;
  readonly #hashes = new Map<RecordType, Promise<RosterHashes>>();

  /** @param open makes a connection of its own; not before something is delivered, for then a delivery may prove to be known */
  constructor(open: () => Promise<pg.Client>, key: RecognitionKey) {
    this.#open = open;
    this.#key = key;
  }

  /** Undefined if every row of the type is to be kept. */
  async hashesOf(recordType: RecordType): Promise<RosterHashes | undefined> {
    // Also for types that are kept: what is looked up in the roster from here on is later than this version.
    await this.#begin();
    return this.#hashes.get(recordType);
  }

  async finish(): Promise<FinishedRecognition> {
    const rosterVersion = await this.#begin();
    const hashes = new Map<RecordType, RosterHashes>();
    for (const [recordType, loaded] of this.#hashes) hashes.set(recordType, await loaded);
    this.#disconnect();
    return { rosterVersion, hashes };
  }

  /** Gives everything back, in the middle of its work if need be. */
  release(): void {
    this.#disconnect();
    for (const loaded of this.#hashes.values()) void loaded.then((hashes) => hashes.release()).catch(() => undefined);
    this.#hashes.clear();
  }

  #disconnect(): void {
    void this.#sql?.then((sql) => sql.end()).catch(() => undefined);
  }

  #isKept(recordType: RecordType): boolean {
    return (
      !this.#key.recognises || ALWAYS_KEPT.has(recordType) || (this.#key.isScoped && KEPT_IF_SCOPED.has(recordType))
    );
  }

  /** One connection, so one after the other. */
  #begin(): Promise<string> {
    if (this.#version) return this.#version;
    const { syncId, districtId } = this.#key;
    this.#sql = this.#open();
    const begun = this.#sql.then(async (sql) => {
      await sql.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const { rows } = await sql.query<{ version: string }>(
        'SELECT roster_version::text AS version FROM districts WHERE id = $1',
        [districtId],
      );
      return { sql, version: rows[0]?.version ?? '0', expected: await expectedCounts(sql, syncId) };
    });
    let last: Promise<unknown> = begun;
    for (const recordType of IN_ORDER_OF_ARRIVAL) {
      if (this.#isKept(recordType)) continue;
      const loaded = last.then(async () => {
        const { sql, expected } = await begun;
        return readHashes(sql, recordType, this.#key, expected[recordType]);
      });
      // Awaited by whoever asks for the type; until then a failure must not count as unhandled.
      loaded.catch(() => undefined);
      this.#hashes.set(recordType, loaded);
      last = loaded;
    }
    this.#version = begun.then(({ version }) => version);
    this.#version.catch(() => undefined);
    return this.#version;
  }
}

/** Active records by type after the sync's latest run: a guess, so that the tables need not grow. */
async function expectedCounts(sql: ClientBase, syncId: string): Promise<Record<RecordType, number>> {
  const { rows } = await sql.query<{ counts: Record<RecordType, RecordCounts> }>(
    `SELECT counts FROM runs WHERE sync_id = $1 AND status IN ('succeeded', 'held') AND NOT preview ORDER BY id DESC LIMIT 1`,
    [syncId],
  );
  const counts = rows[0]?.counts ?? emptyCounts();
  const active = ({
    created,
    updated,
    restored,
    unchanged,
    withheld,
    kept,
    inGrace,
    withheldUpdates,
  }: RecordCounts): number => created + updated + restored + unchanged + withheld + kept + inGrace + withheldUpdates;
  // An earlier version counted less.
  const complete = (type: RecordType): RecordCounts => ({ ...emptyCounts()[type], ...counts[type] });
  return Object.fromEntries(RECORD_TYPES.map((type) => [type, active(complete(type))])) as Record<RecordType, number>;
}

/** Empty for a type that has too many. */
async function readHashes(
  sql: ClientBase,
  recordType: RecordType,
  { districtId, syncId }: RecognitionKey,
  expected: number,
): Promise<RosterHashes> {
  const hashes = new RosterHashes(expected > MAX_EXPECTED ? 0 : expected);
  if (expected > MAX_EXPECTED) return hashes;
  const words = new Int32Array(UUID_BYTES / 4);
  // COPY takes no parameters. A message a row would cost more than the rows: so they come in 256 parcels.
  const stream = sql.query(
    copyTo(
      `COPY (
         SELECT string_agg(uuid_send(source_hash), ''::bytea) FROM ${recordType} r
         WHERE district_id = ${sql.escapeLiteral(districtId)} AND sync_id = ${sql.escapeLiteral(syncId)}
           AND status = 'active' AND ${isRecognisableSql(recordType, 'r')}
         GROUP BY get_byte(uuid_send(source_hash), 0)
       ) TO STDOUT (FORMAT binary)`,
    ),
  );
  let rest: Buffer = Buffer.alloc(0);
  let toSkip = COPY_HEADER_BYTES;
  let left = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      if (toSkip > 0) {
        const skipped = Math.min(toSkip, bytes.length - at);
        at += skipped;
        toSkip -= skipped;
      }
      if (left === 0) {
        // The last row is a lone -1.
        if (bytes.length - at < ROW_HEADER_BYTES) break;
        left = bytes.readInt32BE(at + 2);
        at += ROW_HEADER_BYTES;
      }
      if (bytes.length - at < UUID_BYTES) break;
      for (; left > 0 && at + UUID_BYTES <= bytes.length; at += UUID_BYTES, left -= UUID_BYTES) {
        for (let i = 0; i < 4; i++) words[i] = word(bytes, at + i * 4);
        hashes.add(words);
      }
    }
    rest = bytes.subarray(at);
  }
  return hashes;
}

/** Big-endian. Buffer's own method checks its bounds every time. */
const word = (bytes: Buffer, at: number): number =>
  ((bytes[at] as number) << 24) |
  ((bytes[at + 1] as number) << 16) |
  ((bytes[at + 2] as number) << 8) |
  (bytes[at + 3] as number);
