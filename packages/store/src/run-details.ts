import type { Finding } from '@rollbook/core';
import type { CountedWarning } from '@rollbook/pipeline';
import type { Sql } from './database.ts';

/** Writes the warnings of a run in place of any it had. */
export async function replaceWarnings(sql: Sql, runId: number, warnings: readonly CountedWarning[]): Promise<void> {
  await sql.query('DELETE FROM warnings WHERE run_id = $1', [runId]);
  await sql.query(
    `INSERT INTO warnings (run_id, ordinal, code, file, line, message, count)
     SELECT $1, ordinal, code, file, line, message, count
     FROM unnest($2::text[], $3::text[], $4::integer[], $5::text[], $6::integer[])
       WITH ORDINALITY AS w (code, file, line, message, count, ordinal)`,
    [
      runId,
      warnings.map((warning) => warning.code),
      warnings.map((warning) => warning.file),
      warnings.map((warning) => warning.line),
      warnings.map((warning) => warning.message),
      warnings.map((warning) => warning.count),
    ],
  );
}

/** Adds warnings to those that a run has; a comparison that is made again finds its own there already. */
export async function addWarnings(sql: Sql, runId: number, warnings: readonly CountedWarning[]): Promise<void> {
  await sql.query(
    `INSERT INTO warnings (run_id, ordinal, code, file, line, message, count)
     SELECT $1, w.ordinal + (SELECT coalesce(max(ordinal), 0) FROM warnings WHERE run_id = $1), w.code, w.file, w.line, w.message, w.count
     FROM unnest($2::text[], $3::text[], $4::integer[], $5::text[], $6::integer[])
       WITH ORDINALITY AS w (code, file, line, message, count, ordinal)
     WHERE NOT EXISTS (SELECT 1 FROM warnings k WHERE k.run_id = $1 AND k.code = w.code AND k.message = w.message)`,
    [
      runId,
      warnings.map((warning) => warning.code),
      warnings.map((warning) => warning.file),
      warnings.map((warning) => warning.line),
      warnings.map((warning) => warning.message),
      warnings.map((warning) => warning.count),
    ],
  );
}

/** Writes the guard's findings of a run, passed ones too, in place of any it had. */
export async function replaceFindings(sql: Sql, runId: number, findings: readonly Finding[]): Promise<void> {
  await sql.query('DELETE FROM findings WHERE run_id = $1', [runId]);
  await sql.query(
    `INSERT INTO findings (run_id, ordinal, record_type, school_id, active, to_archive, approved, allowed, basis_points,
       smallest_passing_percent, verdict)
     SELECT $1, ordinal, record_type, school_id, active, to_archive, approved, allowed, basis_points, smallest, verdict
     FROM unnest($2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[], $8::integer[],
       $9::integer[], $10::text[]) WITH ORDINALITY
       AS f (record_type, school_id, active, to_archive, approved, allowed, basis_points, smallest, verdict, ordinal)`,
    [
      runId,
      findings.map((finding) => finding.recordType),
      findings.map((finding) => finding.school),
      findings.map((finding) => finding.active),
      findings.map((finding) => finding.toArchive),
      findings.map((finding) => finding.approved),
      findings.map((finding) => finding.allowed),
      findings.map((finding) => finding.basisPoints),
      findings.map((finding) => finding.smallestPassingPercent),
      findings.map((finding) => finding.verdict),
    ],
  );
}
