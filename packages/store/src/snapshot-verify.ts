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
  const expected = new Map<string, number>([[missedTable(prefix), contents.recognition.missed]]);
  for (const recordType of RECORD_TYPES) {
    const type = contents.types[recordType];
    if (!type) continue;
    const total = type.present - type.recognised + type.gone + type.skipped + type.outside;
    expected.set(snapshotTable(prefix, recordType), total);
  }
  await verifyTables(sql, expected);
}

/**
 * @param expected the rows of each table
 * @throws SnapshotLost if one is missing or holds another number
 */
export async function verifyTables(sql: Sql, expected: ReadonlyMap<string, number>): Promise<void> {
  const tables = [...expected.keys()];
  const { rows: missing } = await sql.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS t (name) WHERE to_regclass(name) IS NULL',
    [tables],
  );
  if (missing[0]) throw new SnapshotLost(`the table ${missing[0].name} is gone`);
  const { rows } = await sql.query<{ name: string; count: number }>(
    tables.map((name) => `SELECT '${name}' AS name, count(*)::integer AS count FROM ${name}`).join(' UNION ALL '),
  );
  for (const { name, count } of rows)
    if (count !== expected.get(name))
      throw new SnapshotLost(`${count} of ${expected.get(name)} rows of ${name} are left`);
}
