import type { RecordType } from '@rollbook/core';
import type { SnapshotContents } from '@rollbook/pipeline';
import { changesTable } from './changes.ts';
import { homeSchoolSql } from './columns.ts';
import { snapshotTable } from './snapshot-writer.ts';

interface PairsInput {
  readonly prefix: string;
  readonly contents: SnapshotContents;
}

/**
 * Records that are new: those the run creates, and those that runs since `$3` created and that are still there. `$1` is
 * the district, `$2` the sync. Gives `sis_id`, `school` and the columns named.
 */
export function freshSql({ prefix, contents }: PairsInput, recordType: RecordType, columns: readonly string[]): string {
  const selected = (alias: string): string =>
    [
      `${alias}.sis_id`,
      `${homeSchoolSql(recordType, alias)} AS school`,
      ...columns.map((name) => `${alias}.${name}`),
    ].join(', ');
  const created = `SELECT ${selected('r')} FROM ${recordType} r
    WHERE r.district_id = $1 AND r.sync_id = $2 AND r.status = 'active' AND r.created_run_id >= $3
      AND NOT EXISTS (SELECT 1 FROM ${changesTable(prefix)} g
                      WHERE g.record_type = '${recordType}' AND g.sis_id = r.sis_id AND g.action IN ('a', 'w', 'l'))`;
  if (!contents.types[recordType]) return created;
  return `SELECT ${selected('s')} FROM ${snapshotTable(prefix, recordType)} s
    WHERE s.presence = 'p' AND NOT EXISTS (SELECT 1 FROM ${recordType} r WHERE r.district_id = $1 AND r.sis_id = s.sis_id)
    UNION ALL ${created}`;
}

/**
 * People to archive beside the one new record that must be theirs: the same name, and the same birth date or e-mail. Where
 * several could be meant on either side, none is. Gives `old_id`, `old_school`, `new_id`, `new_school`.
 */
export function pairsSql(input: PairsInput, recordType: 'students' | 'staff' | 'guardians'): string {
  const hasBirthDate = recordType === 'students';
  const known = ['given_name', 'family_name', 'email', ...(hasBirthDate ? ['birth_date'] : [])];
  // By the rules of the database: columns of snapshots, which are compared byte for byte, know no small letter of Á.
  const folded = (column: string): string => `lower(btrim(${column}) COLLATE "default")`;
  const keys = (alias: string): string =>
    `${folded(`${alias}.given_name`)} AS given, ${folded(`${alias}.family_name`)} AS family,
     nullif(${folded(`${alias}.email`)}, '') AS email, ${hasBirthDate ? `${alias}.birth_date` : 'NULL::date'} AS born`;
  const match = (by: 'born' | 'email'): string =>
    `SELECT o.sis_id AS old_id, o.school AS old_school, n.sis_id AS new_id, n.school AS new_school
     FROM gone o JOIN fresh n ON n.given = o.given AND n.family = o.family AND n.${by} = o.${by} AND n.sis_id <> o.sis_id
       AND (o.born IS NULL OR n.born IS NULL OR o.born = n.born)`;
  return `WITH gone AS (
      SELECT c.sis_id, c.school_id AS school, ${keys('r')}
      FROM ${changesTable(input.prefix)} c JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = c.sis_id
      WHERE c.record_type = '${recordType}' AND c.action IN ('a', 'w') AND NOT c.is_dependent
    ), fresh AS (
      SELECT f.sis_id, f.school, ${keys('f')} FROM (${freshSql(input, recordType, known)}) f
    ), matched AS (${hasBirthDate ? `${match('born')} UNION ` : ''}${match('email')}),
    counted AS (
      SELECT m.*, count(*) OVER (PARTITION BY old_id) AS of_old, count(*) OVER (PARTITION BY new_id) AS of_new FROM matched m
    )
    SELECT old_id, old_school, new_id, new_school FROM counted WHERE of_old = 1 AND of_new = 1`;
}
