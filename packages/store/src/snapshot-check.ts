import type { RecordType } from '@rollbook/core';
import type { CountedWarning, Delivery, Presence, TableContents } from '@rollbook/pipeline';
import { columnsOf } from './columns.ts';
import type { Sql } from './database.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** This many of a kind are reported one by one, with their lines; the rest as a number. */
const EXAMPLES = 20;

export interface DraftTables {
  readonly prefix: string;
  readonly districtId: string;
  readonly delivered: ReadonlyMap<RecordType, Delivery>;
}

interface Reported {
  readonly sis_id: string;
  readonly line: number;
}

/** Up to twenty warnings of one kind, then one that counts the rest. */
function examples<R extends Reported>(
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
    const suspects = suspectedRepeats(recordType);
    if (suspects?.length === 0) continue;
    const table = snapshotTable(tables.prefix, recordType);
    const { rows: repeated } = await sql.query<{ sis_id: string }>(
      `SELECT sis_id FROM ${table} WHERE $1::text[] IS NULL OR sis_id = ANY ($1) GROUP BY sis_id HAVING count(*) > 1`,
      [suspects],
    );
    if (repeated.length === 0) continue;
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
    const differing = rows.filter((row) => row.differs).sort((a, b) => a.line - b.line);
    warnings.push(
      ...examples(
        differing,
        'repeated_id',
        recordType,
        (row) => `id "${row.sis_id}" stands again further down with other values; the last row was taken`,
      ),
    );
  }
  return warnings;
}

interface LostReference extends Reported {
  readonly person: string;
  readonly presence: Presence;
}

interface Reference {
  readonly from: RecordType;
  readonly field: string;
  readonly to: readonly RecordType[];
}

/** References to people: too many ids to keep in memory, so they are checked as sets. */
const PEOPLE_REFERENCES: readonly Reference[] = [
  { from: 'guardianships', field: 'student', to: ['students'] },
  { from: 'guardianships', field: 'guardian', to: ['guardians'] },
  { from: 'enrollments', field: 'person', to: ['students', 'staff', 'guardians'] },
];

/**
 * Where the record of a reference may be: in the snapshot, or in the roster where the type came in part or not at all.
 * `$1` is the district.
 */
function places(tables: DraftTables, reference: Reference, column: string, presence: Presence): string[] {
  return reference.to.flatMap((type) => {
    const delivery = tables.delivered.get(type);
    const inSnapshot = `EXISTS (SELECT 1 FROM ${snapshotTable(tables.prefix, type)} p
                                WHERE p.sis_id = t.${column} AND p.presence = '${presence}')`;
    const inRoster = `EXISTS (SELECT 1 FROM ${type} p
                              WHERE p.district_id = $1 AND p.sis_id = t.${column} AND p.status = 'active')`;
    if (delivery === 'full') return [inSnapshot];
    return delivery === 'delta' ? [inSnapshot, inRoster] : [inRoster];
  });
}

/**
 * Marks rows that refer to an unknown person as skipped (guard §21), and rows of people outside the linked schools as
 * outside. A required reference cannot be dropped, so the row goes.
 */
export async function checkPeopleReferences(sql: Sql, tables: DraftTables): Promise<CountedWarning[]> {
  const warnings: CountedWarning[] = [];
  for (const reference of PEOPLE_REFERENCES) {
    if (!tables.delivered.has(reference.from)) continue;
    const table = snapshotTable(tables.prefix, reference.from);
    const column = columnsOf(reference.from).find(({ field }) => field === reference.field)?.name as string;
    const { rows } = await sql.query<LostReference>(
      // A chain of hash anti joins: nearly every row leaves at the first.
      `WITH lost AS (
         SELECT t.ctid AS row, (${places(tables, reference, column, 'o').join(' OR ')}) AS is_outside
         FROM ${table} t
         WHERE t.presence = 'p' AND $1::text IS NOT NULL
           AND ${places(tables, reference, column, 'p')
             .map((place) => `NOT ${place}`)
             .join(' AND ')}
       )
       UPDATE ${table} t SET presence = CASE WHEN lost.is_outside THEN 'o' ELSE 's' END
       FROM lost WHERE t.ctid = lost.row
       RETURNING t.sis_id, t.line, t.${column} AS person, t.presence`,
      [tables.districtId],
    );
    const unknown = rows.filter((row) => row.presence === 's').sort((a, b) => a.line - b.line);
    warnings.push(
      ...examples(
        unknown,
        'unknown_reference',
        reference.from,
        ({ person }) => `${reference.field} "${person}" is not in the data; the row was skipped`,
      ),
    );
  }
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

/** Rows by record type and presence, as they stand now. */
export async function countRows(sql: Sql, tables: DraftTables): Promise<Partial<Record<RecordType, TableContents>>> {
  const types: Partial<Record<RecordType, TableContents>> = {};
  for (const [recordType, delivery] of tables.delivered) {
    const { rows } = await sql.query<{ presence: string; count: number }>(
      `SELECT presence, count(*)::integer AS count FROM ${snapshotTable(tables.prefix, recordType)} GROUP BY presence`,
    );
    const of = (presence: string): number => rows.find((row) => row.presence === presence)?.count ?? 0;
    types[recordType] = { delivery, present: of('p'), gone: of('g'), skipped: of('s'), outside: of('o') };
  }
  return types;
}
