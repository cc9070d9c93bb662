import { RECORD_TYPES, countedRecords, type RecordType } from '@rollbook/core';
import { SnapshotLost, type CountedWarning, type SnapshotContents } from '@rollbook/pipeline';
import { columnsOf } from './columns.ts';
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
 * that a row says, nor has who was archived and restored. To be called in a REPEATABLE READ transaction, or under the lock
 * of the district.
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
      `WITH events AS (
         SELECT e.sis_id, e.action, e.roster_version AS version
         FROM ${EDITS_SINCE} AND e.record_type = '${recordType}' AND e.action <> 'claim'
         UNION ALL
         SELECT c.sis_id, c.action, v.roster_version FROM (SELECT u.id, u.roster_version FROM ${RUNS_SINCE}) v
         JOIN roster_changes c ON c.run_id = v.id AND c.record_type = '${recordType}'
       ), touched AS (
         SELECT sis_id, (array_agg(action ORDER BY version))[1] = 'archive' AND bool_and(action IN ('archive', 'restore')) AS was_active
         FROM events GROUP BY 1
       )
       INSERT INTO ${table} (record_type, sis_id, was_active)
       SELECT '${recordType}', r.sis_id, t.was_active FROM touched t
       JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = t.sis_id AND r.sync_id = $2
       WHERE NOT (t.was_active AND r.status = 'active')`,
      values,
    );
    count += rowCount ?? 0;
  }
  await sql.query(`ANALYZE ${table}`);
  return { hasMoved: true, count };
}

/**
 * Records that were recognised and only archived since hold what their rows say: these become rows of the snapshot again,
 * so that what the data has is restored where the settings say so (guard §10).
 *
 * @returns what the snapshot holds now; kept with it, in the caller's transaction.
 */
export async function takeUpArchived(
  sql: Sql,
  { prefix, districtId, syncId }: TouchedInput,
  contents: SnapshotContents,
): Promise<SnapshotContents> {
  const types = { ...contents.types };
  let { missed } = contents.recognition;
  for (const recordType of RECORD_TYPES) {
    const type = types[recordType];
    if (!type?.recognised) continue;
    const table = snapshotTable(prefix, recordType);
    const columns = columnsOf(recordType).map(({ name }) => name);
    const { rowCount } = await sql.query(
      `WITH taken AS (
         INSERT INTO ${table} (sis_id, ${columns.join(', ')}, source_hash, presence, line)
         SELECT r.sis_id, ${columns.map((name) => `r.${name}`).join(', ')}, r.source_hash, 'p', 0
         FROM ${touchedTable(prefix)} t
         JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = t.sis_id AND r.sync_id = $2 AND r.status <> 'active'
         LEFT JOIN ${missedTable(prefix)} m ON m.record_type = '${recordType}' AND m.source_hash = r.source_hash
         LEFT JOIN ${table} s ON s.sis_id = r.sis_id
         WHERE t.record_type = '${recordType}' AND t.was_active AND ${isRecognisableSql(recordType, 'r')}
           AND m.source_hash IS NULL AND s.sis_id IS NULL
         RETURNING source_hash)
       INSERT INTO ${missedTable(prefix)} (record_type, source_hash) SELECT '${recordType}', source_hash FROM taken`,
      [districtId, syncId],
    );
    const taken = rowCount ?? 0;
    types[recordType] = { ...type, recognised: type.recognised - taken };
    missed += taken;
  }
  const changed = { ...contents, types, recognition: { ...contents.recognition, missed } };
  if (missed > contents.recognition.missed)
    await sql.query('UPDATE snapshots SET contents = $2 WHERE table_prefix = $1', [prefix, JSON.stringify(changed)]);
  return changed;
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
