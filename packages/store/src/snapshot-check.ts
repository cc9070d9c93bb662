import type { RecordType } from '@rollbook/core';
import type { CountedWarning, Delivery, Presence, TableContents } from '@rollbook/pipeline';
import type { Sql } from './database.ts';
import type { Recognised } from './recognised.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** This many of a kind are reported one by one, with their lines; the rest as a number. */
const EXAMPLES = 20;

export interface DraftTables {
  readonly prefix: string;
  readonly districtId: string;
  readonly syncId: string;
  readonly recognised: Recognised;
  readonly delivered: ReadonlyMap<RecordType, Delivery>;
  /** The linked schools; null: every school. */
  readonly linked: readonly string[] | null;
}

export interface Reported {
  readonly sis_id: string;
  readonly line: number;
}

/** Up to twenty warnings of one kind, then one that counts the rest. */
export function examples<R extends Reported>(
  rows: readonly R[],
  code: string,
  file: string,
  describe: (row: R) => string,
): CountedWarning[] {
  return counting(rows, rows.length, code, file, describe);
}

/** The same of `count` rows, of which the first are given. */
export function counting<R extends Reported>(
  rows: readonly R[],
  count: number,
  code: string,
  file: string,
  describe: (row: R) => string,
): CountedWarning[] {
  const warnings: CountedWarning[] = rows
    .slice(0, EXAMPLES)
    .map((row) => ({ code, file, line: row.line > 0 ? row.line : null, message: describe(row), count: 1 }));
  const rest = count - warnings.length;
  if (rest > 0) warnings.push({ code, file, line: null, message: `${rest} more of the same kind`, count: rest });
  return warnings;
}

/** Drops parents that are not there (guard §21), and changes the hash with them, so that a parent's return shows. */
export async function dropUnknownParents(sql: Sql, tables: DraftTables): Promise<CountedWarning[]> {
  const warnings: CountedWarning[] = [];
  for (const recordType of ['schools', 'terms'] as const) {
    if (tables.delivered.get(recordType) !== 'full') continue;
    const table = snapshotTable(tables.prefix, recordType);
    const { rows } = await sql.query<Reported & { parent: string }>(
      `WITH lost AS (
         SELECT t.sis_id, t.parent_id FROM ${table} t
         WHERE t.parent_id IS NOT NULL AND t.presence IN ('p', 'o')
           AND NOT EXISTS (SELECT 1 FROM ${table} p WHERE p.sis_id = t.parent_id AND p.presence IN ('p', 'o'))
       )
       UPDATE ${table} t SET parent_id = NULL, source_hash = md5(t.source_hash::text || ' without parent')::uuid
       FROM lost WHERE t.sis_id = lost.sis_id
       RETURNING t.sis_id, t.line, lost.parent_id AS parent`,
    );
    warnings.push(
      ...examples(
        rows,
        'unknown_reference',
        recordType,
        ({ parent }) => `parent "${parent}" is not in the data; the reference was left out`,
      ),
    );
  }
  return warnings;
}

/**
 * With linked schools only: guardians whose students are all outside them are outside too. A guardian that names no
 * student belongs to no linked school either. Where the place of a student cannot be told, neither can the guardian's.
 */
export async function limitGuardians(sql: Sql, tables: DraftTables): Promise<void> {
  if (!tables.delivered.has('guardians') || tables.delivered.get('guardianships') !== 'full') return;
  const has = (presence: Presence): string =>
    `EXISTS (SELECT 1 FROM ${snapshotTable(tables.prefix, 'guardianships')} s
             WHERE s.guardian_id = g.sis_id AND s.presence = '${presence}')`;
  await sql.query(
    `UPDATE ${snapshotTable(tables.prefix, 'guardians')} g SET presence = CASE WHEN ${has('u')} THEN 'u' ELSE 'o' END
     WHERE g.presence = 'p' AND NOT ${has('p')}`,
  );
}

/** Rows by record type and presence, as they stand now; those that were recognised are present. */
export async function countRows(sql: Sql, tables: DraftTables): Promise<Partial<Record<RecordType, TableContents>>> {
  const types: Partial<Record<RecordType, TableContents>> = {};
  if (tables.delivered.size === 0) return types;
  const counts = [...tables.delivered.keys()].map(
    (recordType) =>
      `SELECT '${recordType}' AS type, presence, count(*)::integer AS count
       FROM ${snapshotTable(tables.prefix, recordType)} GROUP BY presence`,
  );
  const { rows } = await sql.query<{ type: RecordType; presence: Presence; count: number }>(counts.join(' UNION ALL '));
  for (const [recordType, delivery] of tables.delivered) {
    const of = (presence: Presence): number =>
      rows.find((row) => row.type === recordType && row.presence === presence)?.count ?? 0;
    const recognised = tables.recognised.count(recordType);
    types[recordType] = {
      delivery,
      recognised,
      present: of('p') + recognised,
      gone: of('g'),
      skipped: of('s'),
      outside: of('o') + of('l') + of('u'),
    };
  }
  return types;
}
