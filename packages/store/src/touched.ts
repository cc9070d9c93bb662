import { RECORD_TYPES, countedRecords, type RecordType } from '@rollbook/core';
import { SnapshotLost, type CountedWarning, type SnapshotContents } from '@rollbook/pipeline';
import type { Sql } from './database.ts';
import { DEPENDENT_TYPES } from './dependents.ts';
import { isRecognisableSql } from './effective-values.ts';
import { missedTable, touchedSql, touchedTable } from './recognised.ts';
import { snapshotTable } from './snapshot-writer.ts';
import { verifyTables } from './snapshot-verify.ts';

export interface TouchedInput {
  readonly prefix: string;
  readonly districtId: string;
  readonly syncId: string;
}

/** The acts by hand (`e`) and the runs of other syncs (`u`) of district `$1` that came after version `$3`; `$2` is the sync. */
const EDITS_SINCE = `record_edits e WHERE e.district_id = $1 AND e.roster_version > $3::bigint`;
const RUNS_SINCE = `runs u WHERE u.district_id = $1 AND u.sync_id <> $2 AND u.roster_version > $3::bigint`;

export interface Touched {
  /** Whether anything was committed to the roster meanwhile. */
  readonly hasMoved: boolean;
  /** How many records of the sync were changed. */
  readonly count: number;
}

/**
 * Notes beside a snapshot which records of the sync were changed by hand or by other syncs since their hashes were read
 * (guard §40): of those it is not known any more whether their rows were recognised. Whoever joins has changed nothing
 * that a row says. To be called in a REPEATABLE READ transaction, or under the lock of the district.
 *
 * @param since the roster version of the hashes.
 * @param isRecognised whether any row was recognised; if none was, none can be forgotten.
 * @throws SnapshotLost if the roster has moved on without a word of what was changed, or by a run of the sync itself, as
 *   may happen beside a preview.
 */
export async function noteTouched(
  sql: Sql,
  { prefix, districtId, syncId }: TouchedInput,
  { since, isRecognised }: { readonly since: string; readonly isRecognised: boolean },
): Promise<Touched> {
  const values = [districtId, syncId, since];
  const table = touchedTable(prefix);
  await sql.query(`DELETE FROM ${table}`);
  const { rows } = await sql.query<{ moved: number; known: number }>(
    `SELECT (roster_version - $3::bigint)::integer AS moved, (
       SELECT count(*)::integer FROM (
         SELECT e.roster_version FROM ${EDITS_SINCE} UNION SELECT u.roster_version FROM ${RUNS_SINCE}
       ) v) AS known
     FROM districts WHERE id = $1`,
    values,
  );
  const { moved = 0, known = 0 } = rows[0] ?? {};
  if (moved === 0 || !isRecognised) return { hasMoved: moved !== 0, count: 0 };
  if (moved !== known) throw new SnapshotLost('the records of the sync changed since they were recognised');
  let count = 0;
  for (const recordType of RECORD_TYPES) {
    const { rowCount } = await sql.query(
      `INSERT INTO ${table} (record_type, sis_id)
       SELECT '${recordType}', r.sis_id FROM ${recordType} r JOIN (
         SELECT e.sis_id FROM ${EDITS_SINCE} AND e.record_type = '${recordType}' AND e.action <> 'claim'
         UNION
         SELECT c.sis_id FROM roster_changes c
         WHERE c.record_type = '${recordType}' AND c.run_id IN (SELECT u.id FROM ${RUNS_SINCE})
       ) t ON t.sis_id = r.sis_id
       WHERE r.district_id = $1 AND r.sync_id = $2`,
      values,
    );
    count += rowCount ?? 0;
  }
  await sql.query(`ANALYZE ${table}`);
  return { hasMoved: true, count };
}

/**
 * Passes over enrollments and guardianships whose class or person was archived while the source was read: they would
 * become active without what they hang on. They count as seen, and the next run takes them as it finds them.
 */
export async function passOverLost(
  sql: Sql,
  { prefix, districtId }: TouchedInput,
  contents: SnapshotContents,
): Promise<void> {
  for (const [child, columns] of Object.entries(DEPENDENT_TYPES)) {
    if (!contents.types[child as RecordType]) continue;
    for (const [column, parents] of Object.entries(columns)) {
      const isNowhere = parents.flatMap((type) => [
        `NOT EXISTS (SELECT 1 FROM ${type} r WHERE r.district_id = $1 AND r.sis_id = s.${column} AND r.status = 'active')`,
        ...(contents.types[type]
          ? [
              `NOT EXISTS (SELECT 1 FROM ${snapshotTable(prefix, type)} p WHERE p.sis_id = s.${column} AND p.presence = 'p')`,
            ]
          : []),
      ]);
      await sql.query(
        `UPDATE ${snapshotTable(prefix, child as RecordType)} s SET presence = 'l' WHERE s.presence = 'p' AND ${isNowhere.join(' AND ')}`,
        [districtId],
      );
    }
  }
}

/** What became of records whose rows were recognised, and which a run leaves to the next one, by type. */
export interface Overtaken {
  /** Those that the next run has to look at. */
  readonly left: number;
  /** Of `left`: not active any more. */
  readonly ended: number;
}

export async function countOvertaken(
  sql: Sql,
  { prefix, districtId, syncId }: TouchedInput,
  contents: SnapshotContents,
): Promise<Partial<Record<RecordType, Overtaken>>> {
  const overtaken: Partial<Record<RecordType, Overtaken>> = {};
  for (const recordType of RECORD_TYPES) {
    if (!contents.types[recordType]?.recognised) continue;
    const { rows } = await sql.query<Overtaken>(
      `SELECT count(*)::integer AS left, (count(*) FILTER (WHERE r.status <> 'active'))::integer AS ended
       FROM ${recordType} r
       WHERE r.district_id = $1 AND r.sync_id = $2 AND ${touchedSql(prefix, recordType, 'r')}
         AND (r.status <> 'active' OR NOT ${isRecognisableSql(recordType, 'r')})
         AND NOT EXISTS (SELECT 1 FROM ${missedTable(prefix)} m
                         WHERE m.record_type = '${recordType}' AND m.source_hash = r.source_hash)
         AND NOT EXISTS (SELECT 1 FROM ${snapshotTable(prefix, recordType)} s WHERE s.sis_id = r.sis_id)`,
      [districtId, syncId],
    );
    if (rows[0] && rows[0].left > 0) overtaken[recordType] = rows[0];
  }
  return overtaken;
}

export const overtakenWarnings = (overtaken: Partial<Record<RecordType, Overtaken>>): CountedWarning[] =>
  (Object.entries(overtaken) as [RecordType, Overtaken][]).map(([recordType, { left }]) => ({
    code: 'changed_meanwhile',
    file: null,
    line: null,
    message: `${countedRecords(left, recordType)} ${left === 1 ? 'was' : 'were'} changed by hand or by another sync while the data was read; the next run looks at ${left === 1 ? 'it' : 'them'}`,
    count: left,
  }));

/** @throws SnapshotLost if not all that was noted is there. A run that looks at no data has noted nothing. */
export async function verifyTouched(
  sql: Sql,
  { prefix, contents }: { readonly prefix: string; readonly contents: SnapshotContents },
  touched: number,
): Promise<void> {
  if (Object.keys(contents.types).length > 0) await verifyTables(sql, new Map([[touchedTable(prefix), touched]]));
}
