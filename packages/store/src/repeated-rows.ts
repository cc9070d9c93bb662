import { counted, type RecordType } from '@rollbook/core';
import type { CountedWarning, OpenedType, Presence, WinningRow } from '@rollbook/pipeline';
import { columnsOf } from './columns.ts';
import type { Sql } from './database.ts';
import { counting, type DraftTables, type Reported } from './snapshot-check.ts';
import { joinSetsSql, setsOf } from './joined-rows.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** This many of a kind are reported one by one, with their lines. */
const EXAMPLES = 20;

/** Rows of one id, best first (guard §38); of two that could end or keep a record, the one that keeps it. */
const RANK = `CASE s.presence WHEN 'p' THEN 0 WHEN 'u' THEN 1 WHEN 'g' THEN 2 WHEN 's' THEN 3 ELSE 4 END`;

interface LostRow extends Reported {
  readonly presence: Presence;
  readonly isOutranked: boolean;
}

interface Lost {
  readonly kind: 'repeated' | 'joined';
  readonly count: number;
  readonly rows: readonly LostRow[];
}

export interface RepeatedRowsInput {
  readonly recordType: RecordType;
  readonly opened: OpenedType;
  /** Ids that may stand in the table twice; null: any may. */
  readonly suspects: readonly string[] | null;
}

/**
 * Makes the rows of one id one (guard §22, §38): identical rows silently; of rows that differ the best one is kept, and
 * sets are joined. Rows that were recognised, and are in no table, take part like all others.
 */
export async function settleRepeatedRows(
  sql: Sql,
  tables: DraftTables,
  { recordType, opened, suspects }: RepeatedRowsInput,
): Promise<CountedWarning[]> {
  const taken = await takeUpRecognised(sql, tables, recordType);
  const candidates = suspects === null ? null : [...suspects, ...taken];
  if (candidates?.length === 0) return [];
  const table = snapshotTable(tables.prefix, recordType);
  const { rows } = await sql.query<{ sis_id: string }>(
    `SELECT sis_id FROM ${table} WHERE $1::text[] IS NULL OR sis_id = ANY ($1) GROUP BY sis_id HAVING count(*) > 1`,
    [candidates],
  );
  const repeated = rows.map((row) => row.sis_id);
  if (repeated.length === 0) return [];
  const order = opened.wins === 'last' ? 's.line DESC, s.ctid DESC' : 's.line, s.ctid';
  const ranking = `PARTITION BY s.sis_id ORDER BY ${RANK}, ${order}`;
  const lost = await settle(sql, tables, { recordType, ranking, repeated });
  return lost.flatMap((each) => warningsOf(each, recordType, opened));
}

/**
 * Rows that were recognised become rows of the table where another row of their id is in it: the roster holds what they
 * say.
 */
async function takeUpRecognised(
  sql: Sql,
  { prefix, districtId, syncId, recognised }: DraftTables,
  recordType: RecordType,
): Promise<string[]> {
  if (recognised.count(recordType) === 0) return [];
  const table = snapshotTable(prefix, recordType);
  const { rows: perhaps } = await sql.query<{ sis_id: string; hash: string }>(
    `SELECT DISTINCT s.sis_id, r.source_hash AS hash
     FROM ${table} s JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = s.sis_id
     WHERE r.source_hash IS NOT NULL AND ${recognised.perhapsSql(recordType, 'r', '$2')}`,
    [districtId, syncId],
  );
  const rows = perhaps.filter(({ hash }) => recognised.wasMet(recordType, hash));
  if (rows.length === 0) return [];
  const columns = columnsOf(recordType).map(({ name }) => name);
  await sql.query(
    `INSERT INTO ${table} (sis_id, ${columns.join(', ')}, source_hash, presence, line)
     SELECT r.sis_id, ${columns.map((name) => `r.${name}`).join(', ')}, r.source_hash, 'p', known.line
     FROM unnest($2::text[], $3::integer[]) AS known (sis_id, line)
     JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = known.sis_id`,
    [districtId, rows.map((row) => row.sis_id), rows.map((row) => recognised.lineOf(recordType, row.hash))],
  );
  await recognised.forget(
    recordType,
    rows.map((row) => row.hash),
  );
  return rows.map((row) => row.sis_id);
}

/** What is not a set, and does not name the home school: e-mails in their comparable form. */
function contentSql(recordType: RecordType): string {
  const values = columnsOf(recordType)
    .filter(({ kind, field }) => kind !== 'set' && field !== 'school')
    .map(({ name, field }) => (field === 'email' ? `lower(btrim(s.${name}))` : `s.${name}`));
  return `md5(ROW(${['s.sis_id', ...values].join(', ')})::text)`;
}

interface Repeated {
  readonly recordType: RecordType;
  /** The window over alias `s` whose first row is the one that is kept. */
  readonly ranking: string;
  readonly repeated: readonly string[];
}

/**
 * Joins and removes in one statement, so that both see the same rows in the same order.
 *
 * @returns what was lost against a row that says something else
 */
async function settle(
  sql: Sql,
  { prefix, districtId, linked }: DraftTables,
  { recordType, ranking, repeated }: Repeated,
): Promise<Lost[]> {
  const table = snapshotTable(prefix, recordType);
  const isJoined = setsOf(recordType).length > 0;
  const { rows } = await sql.query<Lost>(
    `WITH ${isJoined ? `${joinSetsSql(prefix, recordType, ranking)}, ` : ''}described AS (
       SELECT s.ctid, s.sis_id, s.line, s.presence, s.source_hash, ${contentSql(recordType)} AS content
       FROM ${table} s WHERE s.sis_id = ANY ($1)
     ), ranked AS (
       SELECT s.ctid AS row, s.sis_id, s.line, s.presence, s.source_hash, s.content, row_number() OVER w AS place,
         first_value(s.presence) OVER w AS kept_presence, first_value(s.content) OVER w AS kept_content,
         first_value(s.source_hash) OVER w AS kept_hash
       FROM described s WINDOW w AS (${ranking})
     ), removed AS (
       DELETE FROM ${table} t USING ranked x WHERE t.ctid = x.row AND x.place > 1
       RETURNING x.sis_id, x.line, x.presence, x.presence <> x.kept_presence AS is_outranked,
         CASE
           WHEN 's' IN (x.presence, x.kept_presence) THEN NULL
           WHEN x.source_hash = x.kept_hash AND x.presence = x.kept_presence THEN NULL
           WHEN x.content <> x.kept_content OR 'g' IN (x.presence, x.kept_presence) AND x.presence <> x.kept_presence THEN 'repeated'
           WHEN x.kept_presence = 'p' THEN 'joined'
         END AS kind
     ), numbered AS (
       SELECT *, row_number() OVER (PARTITION BY kind ORDER BY line, sis_id) AS number FROM removed WHERE kind IS NOT NULL
     )
     SELECT kind, count(*)::integer AS count,
       json_agg(json_build_object('sis_id', sis_id, 'line', line, 'presence', presence, 'isOutranked', is_outranked)
                ORDER BY number) FILTER (WHERE number <= ${EXAMPLES}) AS rows
     FROM numbered GROUP BY kind ORDER BY kind DESC`,
    isJoined ? [repeated, districtId, linked] : [repeated],
  );
  return rows;
}

const WHY_OUTRANKED: Readonly<Record<Presence, string>> = {
  p: 'in scope',
  u: 'of a place that cannot be told',
  g: 'marked as deleted',
  s: 'unusable',
  o: 'outside the linked schools',
  l: 'left out',
};

function warningsOf({ kind, count, rows }: Lost, recordType: RecordType, { file, wins }: OpenedType): CountedWarning[] {
  if (kind === 'repeated') return counting(rows, count, 'repeated_id', recordType, (row) => repeatedMessage(row, wins));
  const ids = rows.slice(0, 3).map(({ sis_id }) => `"${sis_id}"`);
  const first = rows[0]?.line ?? 0;
  return [
    {
      code: 'rows_joined',
      file,
      line: first > 0 ? first : null,
      message:
        `${counted(count, 'row')} of ${recordType} ${count === 1 ? 'differs' : 'differ'} from another row of the same id ` +
        `only in schools or other lists; they were joined: ${ids.join(', ')}${count > ids.length ? ', …' : ''}`,
      count,
    },
  ];
}

function repeatedMessage({ sis_id, presence, isOutranked }: LostRow, wins: WinningRow): string {
  if (isOutranked)
    return `id "${sis_id}" stands in another row with other values, which was taken: this row is ${WHY_OUTRANKED[presence]}`;
  return wins === 'last'
    ? `id "${sis_id}" stands again further down with other values; the last row was taken`
    : `id "${sis_id}" stands further up with other values; the first row was taken`;
}
