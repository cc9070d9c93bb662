import type { RecordType } from '@rollbook/core';
import { columnsOf, type Column } from './columns.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** The columns of a type whose rows are joined (guard §38). */
export const setsOf = (recordType: RecordType): readonly Column[] =>
  columnsOf(recordType).filter(({ kind }) => kind === 'set');

/**
 * Common table expressions that give the row that is kept the sets of all rows in scope, and the home school that the
 * roster has if it is among theirs (guard §38). Schools of rows outside are joined too, as a row that names several
 * schools has them all. What comes of it has a hash of its own, which depends on nothing but its content. One pass over
 * the repeated rows, and one look-up in the roster for each id.
 *
 * @param ranking the window over alias `s` whose first row is the one that is kept; parameters: `$1` the repeated ids,
 *   `$2` the district, `$3` the linked schools.
 */
export function joinSetsSql(prefix: string, recordType: RecordType, ranking: string): string {
  const table = snapshotTable(prefix, recordType);
  const sets = setsOf(recordType).map(({ name }) => name);
  const homes = sets.includes('school_ids') ? 'j.school_ids' : 'j.homes';
  const gathered = sets.map((name) => {
    const presences = name === 'school_ids' ? `('p', 'o')` : `('p')`;
    return `jsonb_agg(to_jsonb(x.${name})) FILTER (WHERE x.presence IN ${presences}) AS ${name}`;
  });
  const joined = sets.map(
    (name) =>
      `ARRAY(SELECT DISTINCT item COLLATE "C" FROM jsonb_array_elements(g.${name}) AS list, jsonb_array_elements_text(list) AS item
             ORDER BY 1) AS ${name}`,
  );
  const settled = [...sets, 'school_id'];
  const values = columnsOf(recordType).map(({ name, field }) => {
    if (settled.includes(name)) return `j.${name}`;
    return field === 'email' ? `lower(btrim(t.${name}))` : `t.${name}`;
  });
  const rowOf = (alias: string): string => `ROW(${settled.map((name) => `${alias}.${name}`).join(', ')})`;
  return `sets AS (
       SELECT s.ctid AS row, s.sis_id, s.presence, ${settled.map((name) => `s.${name}`).join(', ')},
         row_number() OVER (${ranking}) AS place
       FROM ${table} s WHERE s.sis_id = ANY ($1)
     ), gathered AS (
       SELECT x.sis_id, ${gathered.join(', ')},
         (array_agg(x.row) FILTER (WHERE x.place = 1))[1] AS kept,
         (array_agg(x.school_id) FILTER (WHERE x.place = 1))[1] AS own_school_id,
         array_agg(x.school_id) FILTER (WHERE x.presence = 'p') AS homes
       FROM sets x GROUP BY x.sis_id HAVING bool_or(x.presence = 'p')
     ), joined AS MATERIALIZED (
       SELECT g.kept, g.sis_id, g.own_school_id, g.homes, ${joined.join(', ')} FROM gathered g
     ), settled AS (
       SELECT j.kept, ${sets.map((name) => `j.${name}`).join(', ')},
         CASE WHEN r.school_id = ANY (${homes}) AND ($3::text[] IS NULL OR r.school_id = ANY ($3))
              THEN r.school_id ELSE j.own_school_id END AS school_id
       FROM joined j LEFT JOIN ${recordType} r ON r.district_id = $2 AND r.sis_id = j.sis_id AND r.status = 'active'
     ), updated AS (
       UPDATE ${table} t SET ${settled.map((name) => `${name} = j.${name}`).join(', ')},
         source_hash = md5(ROW(t.sis_id, ${values.join(', ')})::text)::uuid
       FROM settled j WHERE t.ctid = j.kept AND ${rowOf('t')} IS DISTINCT FROM ${rowOf('j')}
     )`;
}
