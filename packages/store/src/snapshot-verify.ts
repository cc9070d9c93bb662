import { RECORD_TYPES } from '@rollbook/core';
import { SnapshotLost, type SnapshotContents } from '@rollbook/pipeline';
import type { Sql } from './database.ts';
import { missedTable } from './recognised.ts';
import { snapshotTable } from './snapshot-writer.ts';

/**
 * A crash of PostgreSQL empties unlogged tables. An emptied snapshot would read as a district whose every record is
 * gone, so its rows are counted before each use.
 *
 * @throws SnapshotLost if a table is missing or holds another number of rows than was written.
 */
export async function verifySnapshot(sql: Sql, prefix: string, contents: SnapshotContents): Promise<void> {
  for (const recordType of RECORD_TYPES) {
    const expected = contents.types[recordType];
    if (!expected) continue;
    const count = await countTable(sql, snapshotTable(prefix, recordType));
    const total = expected.present - expected.recognised + expected.gone + expected.skipped + expected.outside;
    if (count !== total) throw new SnapshotLost(`${count} of ${total} ${recordType} are left`);
  }
  const missed = await countTable(sql, missedTable(prefix));
  if (missed !== contents.recognition.missed)
    throw new SnapshotLost(`${missed} of ${contents.recognition.missed} missed hashes are left`);
}

/** Rows of a table of the snapshot schema; null if there is no such table. */
export async function countTable(sql: Sql, table: string): Promise<number | null> {
  const { rows: found } = await sql.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [table]);
  if (!found[0]?.exists) return null;
  const { rows } = await sql.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${table}`);
  return rows[0]?.count ?? 0;
}
