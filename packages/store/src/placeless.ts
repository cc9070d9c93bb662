import type { RecordType } from '@rollbook/core';
import type { CountedWarning, Placeless } from '@rollbook/pipeline';
import type { Sql } from './database.ts';
import { examples, type DraftTables, type Reported } from './snapshot-check.ts';
import { snapshotTable } from './snapshot-writer.ts';

const PLACED_TYPES = ['classes', 'students', 'staff'] as const satisfies readonly RecordType[];
type PlacedType = (typeof PLACED_TYPES)[number];

const EXAMPLES = 5;
const MAX_SCHOOLS = 10;

export interface SettledPlaces {
  readonly placeless: readonly Placeless[];
  readonly warnings: readonly CountedWarning[];
}

/**
 * Settles, by what the roster holds, whose place cannot be told (guard §37). Where all schools are taken, a row without a
 * school takes nobody's school away; a class that is new needs one, and is skipped (guard §21).
 */
export async function settlePlaces(
  sql: Sql,
  tables: DraftTables,
  fileOf: (recordType: RecordType) => string,
): Promise<SettledPlaces> {
  const placeless: Placeless[] = [];
  const warnings: CountedWarning[] = [];
  for (const recordType of PLACED_TYPES) {
    if (!tables.delivered.has(recordType)) continue;
    if (recordType === 'classes') warnings.push(...(await skipNewClasses(sql, tables, fileOf(recordType))));
    else if (tables.linked === null) await keepSchools(sql, tables, recordType);
    placeless.push(...(await describe(sql, tables, recordType, fileOf(recordType))));
  }
  return { placeless, warnings };
}

/** Only somebody whom the roster holds at no school, or not at all, is taken without one. */
async function keepSchools(sql: Sql, { prefix, districtId }: DraftTables, recordType: PlacedType): Promise<void> {
  const table = snapshotTable(prefix, recordType);
  const { rowCount } = await sql.query(
    `UPDATE ${table} s SET presence = 'u' FROM ${recordType} r
     WHERE s.presence = 'p' AND s.school_id IS NULL
       AND r.district_id = $1 AND r.sis_id = s.sis_id AND r.school_id IS NOT NULL`,
    [districtId],
  );
  // What refers to them is joined with these rows next.
  if ((rowCount ?? 0) > 0) await sql.query(`ANALYZE ${table} (presence)`);
}

async function skipNewClasses(
  sql: Sql,
  { prefix, districtId }: DraftTables,
  file: string,
): Promise<readonly CountedWarning[]> {
  const { rows } = await sql.query<Reported & { school: string | null }>(
    `UPDATE ${snapshotTable(prefix, 'classes')} s SET presence = 's'
     WHERE s.presence = 'u' AND NOT EXISTS (
       SELECT 1 FROM classes r WHERE r.district_id = $1 AND r.sis_id = s.sis_id AND r.status = 'active')
     RETURNING s.sis_id, s.line, s.school_id AS school`,
    [districtId],
  );
  rows.sort((a, b) => a.line - b.line);
  return examples(rows, 'unknown_reference', file, ({ school }) =>
    school === null
      ? 'the class names no school; the row was skipped'
      : `school "${school}" is not in the data; the row was skipped`,
  );
}

/** By cause: how many there are, the first of them, and the unknown schools. */
async function describe(
  sql: Sql,
  { prefix, districtId }: DraftTables,
  recordType: PlacedType,
  file: string,
): Promise<Placeless[]> {
  const named =
    recordType === 'classes'
      ? `array_remove(ARRAY[s.school_id], NULL)`
      : `s.school_ids || array_remove(ARRAY[s.school_id], NULL)`;
  const { rows } = await sql.query<Omit<Placeless, 'recordType' | 'file'>>(
    `WITH placeless AS (
       SELECT s.sis_id, s.line, ${named} AS schools,
         NOT EXISTS (SELECT 1 FROM ${recordType} r
                     WHERE r.district_id = $1 AND r.sis_id = s.sis_id AND r.status = 'active') AS is_left
       FROM ${snapshotTable(prefix, recordType)} s WHERE s.presence = 'u'
     ), numbered AS (
       SELECT p.*, p.schools = '{}' AS is_blank, row_number() OVER (PARTITION BY p.schools = '{}' ORDER BY p.line, p.sis_id) AS number
       FROM placeless p
     ), named AS (
       SELECT school FROM (
         SELECT school, count(DISTINCT sis_id) AS count FROM placeless, unnest(schools) AS school GROUP BY school) s
       ORDER BY count DESC, school LIMIT ${MAX_SCHOOLS}
     )
     SELECT is_blank AS "isBlank", count(*)::integer AS count, (count(*) FILTER (WHERE is_left))::integer AS left,
       json_agg(json_build_object('sisId', sis_id, 'line', line) ORDER BY number) FILTER (WHERE number <= ${EXAMPLES}) AS examples,
       CASE WHEN is_blank THEN '{}' ELSE ARRAY(SELECT school FROM named) END AS schools
     FROM numbered GROUP BY is_blank ORDER BY is_blank DESC`,
    [districtId],
  );
  return rows.map((row) => ({ recordType, file, ...row }));
}
