import type { CountedWarning } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import type { DiffInput } from './diff.ts';
import { recognisedSql } from './recognised.ts';
import { examples } from './snapshot-check.ts';
import { snapshotTable } from './snapshot-writer.ts';

/**
 * Rows that are in the data and may not become records under the settings of the run: they count as seen and no more, so
 * that nothing is created or archived for them. May be done again for the same snapshot.
 */
export async function limitSnapshot(sql: PoolClient, input: DiffInput): Promise<CountedWarning[]> {
  await passOverArchived(sql, input);
  if (!input.contents.types.guardianships) return [];
  if (input.settings.recordTypes === 'contacts') await passOverUnknownStudents(sql, input);
  const warnings = await limitGuardianships(sql, input);
  if (warnings.length > 0 || input.settings.recordTypes === 'contacts') await passOverLonelyGuardians(sql, input);
  return warnings;
}

/** Enrollments and guardianships of classes and students that a user archived and that stay archived (guard §10). */
async function passOverArchived(sql: PoolClient, { prefix, districtId, contents, settings }: DiffInput): Promise<void> {
  const children = [
    ...(settings.unarchiveClasses ? [] : [{ parent: 'classes', child: 'enrollments', column: 'class_id' } as const]),
    ...(settings.archivedStudents === 'restore'
      ? []
      : [
          { parent: 'students', child: 'enrollments', column: 'person_id' } as const,
          { parent: 'students', child: 'guardianships', column: 'student_id' } as const,
        ]),
  ];
  for (const { parent, child, column } of children) {
    if (!contents.types[child]) continue;
    await sql.query(
      `UPDATE ${snapshotTable(prefix, child)} s SET presence = 's' FROM ${parent} r
       WHERE r.district_id = $1 AND r.status = 'archived' AND r.archived_by = 'user' AND s.${column} = r.sis_id
         AND s.presence = 'p'`,
      [districtId],
    );
  }
}

/** While contacts alone are synced, students who are new in the data are not in the roster yet (guard §30). */
async function passOverUnknownStudents(sql: PoolClient, { prefix, districtId }: DiffInput): Promise<void> {
  await sql.query(
    `UPDATE ${snapshotTable(prefix, 'guardianships')} s SET presence = 's'
     WHERE s.presence = 'p' AND NOT EXISTS (
       SELECT 1 FROM students r WHERE r.district_id = $1 AND r.sis_id = s.student_id AND r.status = 'active')`,
    [districtId],
  );
}

/** New guardianships beyond the limit of a student: those that stand stay, primary guardians go first, then by id. */
async function limitGuardianships(sql: PoolClient, input: DiffInput): Promise<CountedWarning[]> {
  const { prefix, districtId, syncId, contents, settings } = input;
  const table = snapshotTable(prefix, 'guardianships');
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
       FROM guardianships r
       WHERE r.district_id = $1 AND $2::text IS NOT NULL AND r.status = 'active' AND r.student_id IN (SELECT student_id FROM fresh)
         AND (${isRecognised} OR EXISTS (SELECT 1 FROM ${table} s WHERE s.sis_id = r.sis_id AND s.presence = 'p'))
       GROUP BY 1
     ), surplus AS (
       UPDATE ${table} s SET presence = 's'
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
    `UPDATE ${snapshotTable(prefix, 'guardians')} s SET presence = 's'
     WHERE s.presence = 'p'
       AND NOT EXISTS (SELECT 1 FROM guardians r WHERE r.district_id = $1 AND r.sis_id = s.sis_id)
       AND NOT EXISTS (SELECT 1 FROM ${snapshotTable(prefix, 'guardianships')} l
                       WHERE l.guardian_id = s.sis_id AND l.presence = 'p')
       AND EXISTS (SELECT 1 FROM ${snapshotTable(prefix, 'guardianships')} l
                   WHERE l.guardian_id = s.sis_id AND l.presence = 's')`,
    [districtId],
  );
}
