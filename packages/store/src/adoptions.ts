import type { CountedWarning } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import type { ApplyInput } from './apply.ts';
import { changesTable } from './changes.ts';
import { columnsOf } from './columns.ts';
import type { DiffInput } from './diff.ts';
import { moveReferences } from './references.ts';
import { changedFieldsSql, fieldsSql } from './roster-changes.ts';
import { snapshotTable } from './snapshot-writer.ts';

const ADOPTABLE = ['schools', 'classes'] as const;
export type Adoptable = (typeof ADOPTABLE)[number];

/**
 * Finds the links whose manual record can become the sync's (guard §11), and adds them to the change set: the record of
 * the source is then not created.
 *
 * @returns how many of each type.
 */
export async function planAdoptions(
  sql: PoolClient,
  input: DiffInput,
  warnings: CountedWarning[],
): Promise<Record<Adoptable, number>> {
  const planned: Record<Adoptable, number> = { schools: 0, classes: 0 };
  for (const recordType of ADOPTABLE) {
    if (!input.contents.types[recordType]) continue;
    for (const link of input.settings.adoptions[recordType]) {
      const problem = await whyNot(sql, input, recordType, link);
      if (problem === 'done') continue;
      if (problem !== null) warnings.push({ code: 'not_adopted', file: null, line: null, message: problem, count: 1 });
      else {
        await sql.query(
          `INSERT INTO ${changesTable(input.prefix)} (record_type, sis_id, action, other_id) VALUES ($1, $2, 'o', $3)`,
          [recordType, link.sisId, link.adopts],
        );
        planned[recordType] += 1;
      }
    }
  }
  return planned;
}

/** Null if nothing stands against it; `done` if it was adopted before. */
async function whyNot(
  sql: PoolClient,
  { prefix, districtId }: DiffInput,
  recordType: Adoptable,
  { sisId, adopts }: { readonly sisId: string; readonly adopts: string },
): Promise<string | null> {
  const { rows } = await sql.query<{ isInData: boolean; isTaken: boolean; manual: string | null; wasAdopted: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM ${snapshotTable(prefix, recordType)} s WHERE s.sis_id = $2 AND s.presence = 'p') AS "isInData",
       EXISTS (SELECT 1 FROM ${recordType} r WHERE r.district_id = $1 AND r.sis_id = $2) AS "isTaken",
       (SELECT CASE WHEN r.sync_id IS NULL THEN 'manual' ELSE 'managed' END FROM ${recordType} r
        WHERE r.district_id = $1 AND r.sis_id = $3) AS manual,
       EXISTS (SELECT 1 FROM roster_changes c WHERE c.district_id = $1 AND c.record_type = '${recordType}' AND c.sis_id = $2
               AND c.action = 'adopt' AND c.before ->> 'sis_id' = $3) AS "wasAdopted"`,
    [districtId, sisId, adopts],
  );
  const { isInData = false, isTaken = false, manual = null, wasAdopted = false } = rows[0] ?? {};
  const what = `${recordType} "${adopts}" cannot be taken over by "${sisId}"`;
  if (manual === null) return wasAdopted ? 'done' : `${what}: there is no record "${adopts}"`;
  if (manual === 'managed') return `${what}: it is not a manual record`;
  // A record that is recognised stands in no row of the snapshot, and is in the roster.
  if (isTaken) return `${what}: the roster has a record "${sisId}" already`;
  return isInData ? null : `${what}: "${sisId}" is not in the data`;
}

/** Makes the manual records of the change set the sync's, with all that refers to them. */
export async function adopt(sql: PoolClient, input: ApplyInput): Promise<Record<Adoptable, number>> {
  const adopted: Record<Adoptable, number> = { schools: 0, classes: 0 };
  const { rows } = await sql.query<{ type: Adoptable; sisId: string; manualId: string }>(
    `SELECT record_type AS type, sis_id AS "sisId", other_id AS "manualId" FROM ${changesTable(input.prefix)}
     WHERE action = 'o' ORDER BY record_type DESC, sis_id`,
  );
  for (const { type, sisId, manualId } of rows) {
    await adoptOne(sql, input, type, { sisId, manualId });
    await moveReferences(sql, type, { districtId: input.districtId, from: manualId, to: sisId });
    if (type === 'classes') await adoptMembers(sql, input, sisId);
    adopted[type] += 1;
  }
  return adopted;
}

async function adoptOne(
  sql: PoolClient,
  { prefix, districtId, syncId, runId }: ApplyInput,
  recordType: Adoptable,
  { sisId, manualId }: { readonly sisId: string; readonly manualId: string },
): Promise<void> {
  const names = columnsOf(recordType).map(({ name }) => name);
  await sql.query(
    `INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after)
     SELECT $4, '${recordType}', s.sis_id, $1, 'adopt', ${changedFieldsSql('n', 'o')}, ${changedFieldsSql('o', 'n')}
     FROM ${recordType} r JOIN ${snapshotTable(prefix, recordType)} s ON s.sis_id = $2
     CROSS JOIN LATERAL (SELECT ${fieldsSql(recordType, 'r')} || jsonb_build_object('sis_id', r.sis_id, 'status', r.status) AS fields) o
     CROSS JOIN LATERAL (SELECT ${fieldsSql(recordType, 's')} || jsonb_build_object('sis_id', s.sis_id, 'status', 'active') AS fields) n
     WHERE r.district_id = $1 AND r.sis_id = $3`,
    [districtId, sisId, manualId, runId],
  );
  await sql.query(
    `UPDATE ${recordType} r SET sis_id = s.sis_id, sync_id = $4, ${names.map((name) => `${name} = s.${name}`).join(', ')},
       source_hash = s.source_hash, status = 'active', archived_by = NULL, archived_run_id = NULL, changed_run_id = $5
     FROM ${snapshotTable(prefix, recordType)} s
     WHERE s.sis_id = $2 AND r.district_id = $1 AND r.sis_id = $3 AND r.sync_id IS NULL`,
    [districtId, sisId, manualId, syncId, runId],
  );
}

/**
 * The members of an adopted class are the sync's from now on: those whom the data enrolls in it are there twice, and the
 * manual enrollment ends, as the link wants it; the others are measured by the next run like any that are missing.
 */
async function adoptMembers(
  sql: PoolClient,
  { prefix, contents, districtId, syncId, runId }: ApplyInput,
  classId: string,
): Promise<void> {
  if (contents.types.enrollments) {
    await sql.query(
      `WITH ended AS (
         UPDATE enrollments r SET status = 'archived', archived_by = 'sync', archived_run_id = $3
         WHERE r.district_id = $1 AND r.class_id = $2 AND r.sync_id IS NULL AND r.status = 'active'
           AND EXISTS (SELECT 1 FROM ${snapshotTable(prefix, 'enrollments')} s
                       WHERE s.class_id = $2 AND s.person_id = r.person_id AND s.role = r.role AND s.presence = 'p')
         RETURNING r.sis_id)
       INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after, is_approved)
       SELECT $3, 'enrollments', sis_id, $1, 'archive', '{"status": "active"}', '{"status": "archived"}', true FROM ended`,
      [districtId, classId, runId],
    );
  }
  await sql.query(
    `UPDATE enrollments SET sync_id = $3, source_hash = NULL WHERE district_id = $1 AND class_id = $2 AND sync_id IS NULL`,
    [districtId, classId, syncId],
  );
}
