import type { RecordType } from '@rollbook/core';
import type { CountedWarning, Presence } from '@rollbook/pipeline';
import { columnsOf } from './columns.ts';
import { isPersonType } from './effective-values.ts';
import type { Sql } from './database.ts';
import { isMissedSql } from './recognised.ts';
import { examples, type DraftTables, type Reported } from './snapshot-check.ts';
import { snapshotTable } from './snapshot-writer.ts';

interface Reference {
  readonly from: RecordType;
  readonly field: string;
  readonly to: readonly RecordType[];
}

/** References to people: too many ids to keep in memory, so they are checked as sets. */
const REFERENCES: readonly Reference[] = [
  { from: 'guardianships', field: 'student', to: ['students'] },
  { from: 'guardianships', field: 'guardian', to: ['guardians'] },
  { from: 'enrollments', field: 'person', to: ['students', 'staff', 'guardians'] },
];

/** Whether records of the type are judged by the people they refer to. */
export const isReferring = (recordType: RecordType): boolean => REFERENCES.some(({ from }) => from === recordType);

interface LostReference extends Reported {
  readonly person: string;
  readonly presence: Presence;
}

/**
 * Marks rows that refer to an unknown person as skipped (guard §21), rows of people outside the linked schools as
 * outside, and rows of new people whose place cannot be told as such (guard §37). A required reference cannot be dropped,
 * so the row goes.
 */
export async function checkPeopleReferences(sql: Sql, tables: DraftTables): Promise<CountedWarning[]> {
  const warnings: CountedWarning[] = [];
  for (const reference of REFERENCES) {
    if (!tables.delivered.has(reference.from)) continue;
    const column = columnsOf(reference.from).find(({ field }) => field === reference.field)?.name as string;
    const lost = await markLost(sql, tables, reference, column);
    if (tables.recognised.count(reference.from) > 0)
      lost.push(...(await markLostAmongRecognised(sql, tables, reference, column)));
    const unknown = lost.filter((row) => row.presence === 's').sort((a, b) => a.line - b.line);
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

async function markLost(
  sql: Sql,
  tables: DraftTables,
  { from, to }: Reference,
  column: string,
): Promise<LostReference[]> {
  const table = snapshotTable(tables.prefix, from);
  const id = `t.${column}`;
  const { rows } = await sql.query<LostReference>(
    // A chain of hash anti joins: nearly every row leaves at the first.
    `WITH lost AS (
       SELECT t.ctid AS row, ${lostPresence(tables, to, id)} AS presence
       FROM ${table} t
       WHERE t.presence = 'p' AND $1::text IS NOT NULL AND $2::text IS NOT NULL AND ${isNowhere(tables, to, id)}
     )
     UPDATE ${table} t SET presence = lost.presence
     FROM lost WHERE t.ctid = lost.row
     RETURNING t.sis_id, t.line, t.${column} AS person, t.presence`,
    [tables.districtId, tables.syncId],
  );
  return rows;
}

/** Rows that were recognised say what they said, but the person they name may be gone: they become rows of the table. */
async function markLostAmongRecognised(
  sql: Sql,
  tables: DraftTables,
  { from, to }: Reference,
  column: string,
): Promise<LostReference[]> {
  const { prefix, districtId, syncId, recognised } = tables;
  // Only who was there, and is neither recognised nor in the snapshot now, can be missing from rows that were sound.
  const wasThere = (type: RecordType): string =>
    `SELECT p.sis_id FROM ${type} p WHERE p.district_id = $1 AND p.sync_id = $2 AND p.status = 'active'`;
  const absent = to
    .filter((type) => tables.delivered.has(type))
    .flatMap((type) => {
      if (tables.delivered.get(type) === 'delta') return [`${wasThere(type)} AND ${isEndedByDelta(tables, type)}`];
      // What was missed is known only of types of which something was recognised.
      if (recognised.count(type) === 0) return [wasThere(type)];
      return [
        ...(recognised.missed(type) === 0 ? [] : [`${wasThere(type)} AND ${isMissedSql(prefix, type, 'p')}`]),
        // They are never recognised by their hash. An index holds these few.
        ...(isPersonType(type) ? [`${wasThere(type)} AND p.differs_from_source`] : []),
      ];
    });
  if (absent.length === 0) return [];
  const { rows: people } = await sql.query<{ sis_id: string }>(
    `WITH absent AS MATERIALIZED (${absent.join(' UNION ')})
     SELECT a.sis_id FROM absent a WHERE ${isNowhere(tables, to, 'a.sis_id')}`,
    [districtId, syncId],
  );
  if (people.length === 0) return [];
  const { rows } = await sql.query<LostReference & { hash: string }>(
    `SELECT t.sis_id, t.${column} AS person, t.source_hash AS hash,
       ${lostPresence(tables, to, `t.${column}`)} AS presence
     FROM ${from} t WHERE t.district_id = $1 AND t.${column} = ANY ($3) AND ${recognised.sql(from, 't', '$2')}`,
    [districtId, syncId, people.map((person) => person.sis_id)],
  );
  const lost = rows.map((row) => ({ ...row, line: recognised.lineOf(from, row.hash) }));
  await sql.query(
    `INSERT INTO ${snapshotTable(prefix, from)} (sis_id, ${column}, source_hash, presence, line)
     SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::"char"[], $5::integer[])`,
    [
      lost.map((row) => row.sis_id),
      lost.map((row) => row.person),
      lost.map((row) => row.hash),
      lost.map((row) => row.presence),
      lost.map((row) => row.line),
    ],
  );
  await recognised.forget(
    from,
    lost.map((row) => row.hash),
  );
  return lost;
}

/** A delta is silent about all but those whom it ends, or an earlier one has marked. */
const isEndedByDelta = ({ prefix }: DraftTables, type: RecordType): string =>
  `(p.sis_id IN (
      SELECT e.sis_id FROM ${snapshotTable(prefix, type)} e WHERE e.presence IN ('g', 'o')
      UNION SELECT m.sis_id FROM delta_marks m WHERE m.sync_id = $2 AND m.record_type = '${type}')) IS TRUE`;

/**
 * The record of a reference is nowhere: not in the snapshot, be it that its row was recognised, nor in the roster where
 * its type came in part or not at all, or where its row does not say enough to change it (guard §20, §37). Where somebody
 * of another sync belongs, this sync's data does not say (guard §39). `$1` is the district, `$2` the sync.
 */
function isNowhere(tables: DraftTables, types: readonly RecordType[], id: string): string {
  return types
    .flatMap((type) => {
      const delivery = tables.delivered.get(type);
      const table = snapshotTable(tables.prefix, type);
      const inSnapshot = `SELECT 1 FROM ${table} x WHERE x.sis_id = ${id} AND x.presence = 'p'`;
      const inRoster = `SELECT 1 FROM ${type} x WHERE x.district_id = $1 AND x.sis_id = ${id}`;
      if (delivery === undefined) return [`${inRoster} AND x.status = 'active'`];
      // Whom this delta ends, or an earlier one has marked, takes nothing new (guard §33).
      const isEnded = `((x.sis_id IN (SELECT e.sis_id FROM ${table} e WHERE e.presence = 'g')) IS TRUE
        OR x.sync_id = $2 AND (x.sis_id IN (SELECT e.sis_id FROM ${table} e WHERE e.presence = 'o')) IS TRUE
        OR (x.sis_id IN (SELECT m.sis_id FROM delta_marks m WHERE m.sync_id = $2 AND m.record_type = '${type}')) IS TRUE)`;
      if (delivery === 'delta') return [inSnapshot, `${inRoster} AND x.status = 'active' AND NOT ${isEnded}`];
      const stays = `SELECT 1 FROM ${table} x JOIN ${type} a ON a.district_id = $1 AND a.sis_id = x.sis_id AND a.status = 'active'
                     WHERE x.sis_id = ${id} AND (x.presence IN ('u', 's') OR x.presence = 'o' AND a.sync_id IS DISTINCT FROM $2)`;
      return [inSnapshot, `${inRoster} AND ${tables.recognised.perhapsSql(type, 'x', '$2')}`, stays];
    })
    .map((place) => `NOT EXISTS (${place})`)
    .join(' AND ');
}

/**
 * What becomes of a row whose person is nowhere; the place of the row is that of the person. Rows of somebody whom the data
 * marks as deleted are no fault of the data: they are seen, and no more, and go along with the person.
 */
function lostPresence(tables: DraftTables, types: readonly RecordType[], id: string): string {
  const is = (presence: Presence): string => {
    const places = types
      .filter((type) => tables.delivered.has(type))
      .map(
        (type) =>
          `(${id} IN (SELECT x.sis_id FROM ${snapshotTable(tables.prefix, type)} x WHERE x.presence = '${presence}')) IS TRUE`,
      );
    return places.length === 0 ? 'false' : `(${places.join(' OR ')})`;
  };
  const isMarked = types
    .filter((type) => tables.delivered.get(type) === 'delta')
    .map(
      (type) =>
        `(${id} IN (SELECT m.sis_id FROM delta_marks m WHERE m.sync_id = $2 AND m.record_type = '${type}')) IS TRUE`,
    );
  const isEnded = [is('g'), ...isMarked].join(' OR ');
  return `CASE WHEN ${is('u')} THEN 'u' WHEN ${is('o')} THEN 'o' WHEN ${isEnded} THEN 'l' ELSE 's' END`;
}
