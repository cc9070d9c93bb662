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
  const warnings: CountedWarning[] = rows
    .slice(0, EXAMPLES)
    .map((row) => ({ code, file, line: row.line > 0 ? row.line : null, message: describe(row), count: 1 }));
  const rest = rows.length - warnings.length;
  if (rest > 0) warnings.push({ code, file, line: null, message: `${rest} more of the same kind`, count: rest });
  return warnings;
}

/**
 * Makes repeated ids one (guard §22): identical rows silently, differing rows with a warning, the last row wins; a row
 * that could not be used gives way to one that can.
 */
export async function removeRepeatedIds(
  sql: Sql,
  tables: DraftTables,
  suspectedRepeats: (recordType: RecordType) => readonly string[] | null,
): Promise<CountedWarning[]> {
  const warnings: CountedWarning[] = [];
  for (const recordType of tables.delivered.keys()) {
    const lost = [
      ...(await removeRepeatedRows(sql, tables, recordType, suspectedRepeats(recordType))),
      ...(await settleRecognisedRepeats(sql, tables, recordType)),
    ];
    lost.sort((a, b) => a.line - b.line);
    warnings.push(
      ...examples(
        lost,
        'repeated_id',
        recordType,
        (row) => `id "${row.sis_id}" stands again further down with other values; the last row was taken`,
      ),
    );
  }
  return warnings;
}

/** @returns the rows that lost against one that says something else */
async function removeRepeatedRows(
  sql: Sql,
  tables: DraftTables,
  recordType: RecordType,
  suspects: readonly string[] | null,
): Promise<Reported[]> {
  if (suspects?.length === 0) return [];
  const table = snapshotTable(tables.prefix, recordType);
  const { rows: repeated } = await sql.query<{ sis_id: string }>(
    `SELECT sis_id FROM ${table} WHERE $1::text[] IS NULL OR sis_id = ANY ($1) GROUP BY sis_id HAVING count(*) > 1`,
    [suspects],
  );
  if (repeated.length === 0) return [];
  const { rows } = await sql.query<Reported & { differs: boolean }>(
    `WITH ranked AS (
       SELECT ctid, sis_id, line, source_hash, presence,
              row_number() OVER w AS rank,
              first_value(source_hash) OVER w AS kept_hash,
              first_value(presence) OVER w AS kept_presence
       FROM ${table} WHERE sis_id = ANY ($1)
       WINDOW w AS (PARTITION BY sis_id ORDER BY (presence = 's'), line DESC, ctid DESC)
     )
     DELETE FROM ${table} t USING ranked
     WHERE t.ctid = ranked.ctid AND ranked.rank > 1
     RETURNING ranked.sis_id, ranked.line,
       ranked.presence <> 's' AND (ranked.source_hash <> ranked.kept_hash OR ranked.presence <> ranked.kept_presence) AS differs`,
    [repeated.map((row) => row.sis_id)],
  );
  return rows.filter((row) => row.differs);
}

/**
 * The same between a row of the table and one that was recognised and is in no table.
 *
 * @returns the rows that lost against one that says something else
 */
async function settleRecognisedRepeats(
  sql: Sql,
  { prefix, districtId, syncId, recognised }: DraftTables,
  recordType: RecordType,
): Promise<Reported[]> {
  if (recognised.count(recordType) === 0) return [];
  const table = snapshotTable(prefix, recordType);
  const { rows } = await sql.query<Reported & { presence: Presence; hash: string }>(
    `SELECT s.sis_id, s.line, s.presence, r.source_hash AS hash
     FROM ${table} s JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = s.sis_id
     WHERE r.source_hash IS NOT NULL AND ${recognised.perhapsSql(recordType, 'r', '$2')}`,
    [districtId, syncId],
  );
  const repeats = rows
    .filter((row) => recognised.wasMet(recordType, row.hash))
    .map((row) => ({ ...row, recognisedLine: recognised.lineOf(recordType, row.hash) }));
  const isKept = (row: (typeof repeats)[number]): boolean => row.presence !== 's' && row.line >= row.recognisedLine;
  const dropped = repeats.filter((row) => !isKept(row));
  const kept = repeats.filter(isKept);
  if (dropped.length > 0)
    await sql.query(`DELETE FROM ${table} WHERE sis_id = ANY ($1)`, [dropped.map((row) => row.sis_id)]);
  await recognised.forget(
    recordType,
    kept.map((row) => row.hash),
  );
  return [
    ...dropped.filter((row) => row.presence !== 's'),
    ...kept.map(({ sis_id, recognisedLine }) => ({ sis_id, line: recognisedLine })),
  ];
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
 * student belongs to no linked school either.
 */
export async function limitGuardians(sql: Sql, tables: DraftTables): Promise<void> {
  if (!tables.delivered.has('guardians') || tables.delivered.get('guardianships') !== 'full') return;
  await sql.query(
    `UPDATE ${snapshotTable(tables.prefix, 'guardians')} g SET presence = 'o'
     WHERE g.presence = 'p' AND NOT EXISTS (
       SELECT 1 FROM ${snapshotTable(tables.prefix, 'guardianships')} s WHERE s.guardian_id = g.sis_id AND s.presence = 'p')`,
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
      outside: of('o') + of('l'),
    };
  }
  return types;
}
