import type { CountedWarning } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { passOverArchivedEnds } from './archived-ends.ts';
import { changesTable } from './changes.ts';
import type { DiffInput } from './diff.ts';
import { isFew } from './plans.ts';
import { recognisedSql, touchedSql } from './recognised.ts';
import { examples, type Reported } from './snapshot-check.ts';
import { snapshotTable } from './snapshot-writer.ts';

/**
 * Rows that are in the data and may not become records under the settings of the run: they count as seen and no more, so
 * that nothing is created or archived for them. In a snapshot that was compared before, all are judged anew.
 */
export async function limitSnapshot(sql: PoolClient, input: DiffInput): Promise<CountedWarning[]> {
  await takeBackLimits(sql, input);
  await passOverArchivedEnds(sql, input);
  const unreachable = await passOverUnreachable(sql, input);
  if (!input.contents.types.guardianships) return unreachable;
  if (input.settings.recordTypes === 'contacts') await passOverUnknownStudents(sql, input);
  const surplus = await limitGuardianships(sql, input);
  if (surplus.length > 0 || input.settings.recordTypes === 'contacts') await passOverLonelyGuardians(sql, input);
  return [...unreachable, ...surplus];
}

async function takeBackLimits(sql: PoolClient, { prefix, contents }: DiffInput): Promise<void> {
  const { rows } = await sql.query<{ wasCompared: boolean }>('SELECT to_regclass($1) IS NOT NULL AS "wasCompared"', [
    changesTable(prefix),
  ]);
  if (rows[0]?.wasCompared !== true) return;
  for (const recordType of ['guardians', 'guardianships', 'enrollments'] as const)
    if (contents.types[recordType])
      await sql.query(`UPDATE ${snapshotTable(prefix, recordType)} SET presence = 'p' WHERE presence = 'l'`);
}

/** New guardians to whom no message can be sent, with their guardianships: they come when they have a contact. */
async function passOverUnreachable(sql: PoolClient, input: DiffInput): Promise<CountedWarning[]> {
  const { prefix, districtId, contents, settings } = input;
  if (!contents.types.guardians || settings.guardiansWithoutContact === 'take') return [];
  const { rows } = await sql.query<Reported>(
    `UPDATE ${snapshotTable(prefix, 'guardians')} s SET presence = 'l'
     WHERE s.presence = 'p' AND s.email IS NULL AND s.sms IS NULL AND NOT EXISTS (
       SELECT 1 FROM guardians r WHERE r.district_id = $1 AND r.sis_id = s.sis_id AND r.status = 'active')
     RETURNING s.sis_id, s.line`,
    [districtId],
  );
  if (rows.length > 0 && contents.types.guardianships)
    await sql.query(
      `UPDATE ${snapshotTable(prefix, 'guardianships')} s SET presence = 'l'
       WHERE s.presence = 'p' AND s.guardian_id = ANY ($1)`,
      [rows.map(({ sis_id }) => sis_id)],
    );
  return examples(
    rows.sort((a, b) => a.line - b.line),
    'guardian_without_contact',
    'guardians',
    ({ sis_id }) => `guardian "${sis_id}" has neither an e-mail nor a number for messages, and was left out`,
  );
}

/** While contacts alone are synced, students who are new in the data are not in the roster yet (guard §30). */
async function passOverUnknownStudents(sql: PoolClient, { prefix, districtId }: DiffInput): Promise<void> {
  await sql.query(
    `UPDATE ${snapshotTable(prefix, 'guardianships')} s SET presence = 'l'
     WHERE s.presence = 'p' AND NOT EXISTS (
       SELECT 1 FROM students r WHERE r.district_id = $1 AND r.sis_id = s.student_id AND r.status = 'active')`,
    [districtId],
  );
}

/** New guardianships beyond the limit of a student: those that stand stay, primary guardians go first, then by id. */
async function limitGuardianships(sql: PoolClient, input: DiffInput): Promise<CountedWarning[]> {
  const { prefix, districtId, syncId, contents, settings } = input;
  const table = snapshotTable(prefix, 'guardianships');
  // Few are looked up in memory, for each record of the roster; many might not fit, and are joined.
  const isOfFresh = `(r.student_id IN (SELECT student_id FROM fresh))${isFew(contents) ? ' IS TRUE' : ''}`;
  const isRecognised = recognisedSql(prefix, 'guardianships', contents.types.guardianships, 'r', '$2');
  const { rows } = await sql.query<{ sis_id: string; line: number; count: number }>(
    `WITH fresh AS (
       SELECT s.ctid AS row, s.student_id, s.line,
         row_number() OVER (PARTITION BY s.student_id ORDER BY s.is_primary DESC NULLS LAST, s.guardian_id) AS rank
       FROM ${table} s
       WHERE s.presence = 'p' AND NOT EXISTS (
         SELECT 1 FROM guardianships r WHERE r.district_id = $1 AND r.sis_id = s.sis_id AND r.status = 'active')
     ), standing AS (
       SELECT r.student_id, count(*) AS count
       FROM guardianships r LEFT JOIN ${table} s ON s.sis_id = r.sis_id AND s.presence = 'p'
       WHERE r.district_id = $1 AND $2::text IS NOT NULL AND r.status = 'active' AND ${isOfFresh}
         AND (s.sis_id IS NOT NULL OR ${isRecognised} OR ${touchedSql(prefix, 'guardianships', 'r')})
       GROUP BY 1
     ), surplus AS (
       UPDATE ${table} s SET presence = 'l'
       FROM fresh LEFT JOIN standing ON standing.student_id = fresh.student_id
       WHERE s.ctid = fresh.row AND fresh.rank + coalesce(standing.count, 0) > $3
       RETURNING s.student_id, fresh.line
     )
     SELECT student_id AS sis_id, min(line) AS line, count(*)::integer AS count FROM surplus GROUP BY 1 ORDER BY 2, 1`,
    [districtId, syncId, settings.maxGuardiansPerStudent],
  );
  return examples(
    rows,
    'too_many_guardians',
    'guardianships',
    ({ sis_id, count }) =>
      `student "${sis_id}" has more than ${settings.maxGuardiansPerStudent} guardians; ${count} ${count === 1 ? 'was' : 'were'} left out`,
  );
}

/** New guardians none of whose guardianships is taken. */
async function passOverLonelyGuardians(sql: PoolClient, { prefix, districtId, contents }: DiffInput): Promise<void> {
  if (!contents.types.guardians) return;
  await sql.query(
    `UPDATE ${snapshotTable(prefix, 'guardians')} s SET presence = 'l'
     WHERE s.presence = 'p'
       AND NOT EXISTS (SELECT 1 FROM guardians r WHERE r.district_id = $1 AND r.sis_id = s.sis_id)
       AND NOT EXISTS (SELECT 1 FROM ${snapshotTable(prefix, 'guardianships')} l
                       WHERE l.guardian_id = s.sis_id AND l.presence = 'p')
       AND EXISTS (SELECT 1 FROM ${snapshotTable(prefix, 'guardianships')} l
                   WHERE l.guardian_id = s.sis_id AND l.presence = 'l')`,
    [districtId],
  );
}
