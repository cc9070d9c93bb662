import { archivedBefore, type Finding } from '@rollbook/core';
import type { CountedWarning, Judgement, Stage } from '@rollbook/pipeline';
import type { Sql } from './database.ts';
import { replaceUpdateFindings } from './withheld-updates.ts';

/**
 * Writes what a stage has to warn of, in place of what it said when it ran before. A new fetch begins a new list: what the
 * later stages said was of other data.
 */
export async function writeWarnings(
  sql: Sql,
  runId: number,
  stage: Stage,
  warnings: readonly CountedWarning[],
): Promise<void> {
  await sql.query(`DELETE FROM warnings WHERE run_id = $1 AND ($2 = 'fetch' OR stage = $2)`, [runId, stage]);
  await sql.query(
    `INSERT INTO warnings (run_id, ordinal, stage, code, file, line, message, count)
     SELECT $1, w.ordinal + (SELECT coalesce(max(ordinal), 0) FROM warnings WHERE run_id = $1), $2,
       w.code, w.file, w.line, w.message, w.count
     FROM unnest($3::text[], $4::text[], $5::integer[], $6::text[], $7::integer[])
       WITH ORDINALITY AS w (code, file, line, message, count, ordinal)`,
    [
      runId,
      stage,
      warnings.map((warning) => warning.code),
      warnings.map((warning) => warning.file),
      warnings.map((warning) => warning.line),
      warnings.map((warning) => warning.message),
      warnings.map((warning) => warning.count),
    ],
  );
}

/** Writes what the guard made of a run's changes, in place of what it had made of them before. */
export async function writeJudgement(sql: Sql, runId: number, judgement: Judgement): Promise<void> {
  await replaceFindings(sql, runId, judgement.findings);
  await replaceUpdateFindings(sql, runId, judgement.updates.findings);
  await sql.query('UPDATE runs SET message = $2, advice = $3, explanations = $4 WHERE id = $1', [
    runId,
    judgement.message,
    judgement.advice,
    JSON.stringify(judgement.explanations),
  ]);
}

/** Writes the guard's findings of a run, passed ones too, in place of any it had. */
export async function replaceFindings(sql: Sql, runId: number, findings: readonly Finding[]): Promise<void> {
  await sql.query('DELETE FROM findings WHERE run_id = $1', [runId]);
  await sql.query(
    `INSERT INTO findings (run_id, ordinal, record_type, school_id, active, to_archive, approved, allowed, basis_points,
       smallest_passing_percent, verdict, newcomers, archived_before, before_runs, waiting)
     SELECT $1, ordinal, record_type, school_id, active, to_archive, approved, allowed, basis_points, smallest, verdict,
       newcomers, before, runs, waiting
     FROM unnest($2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[], $8::integer[],
       $9::integer[], $10::text[], $11::integer[], $12::integer[], $13::jsonb[], $14::integer[]) WITH ORDINALITY
       AS f (record_type, school_id, active, to_archive, approved, allowed, basis_points, smallest, verdict, newcomers,
         before, runs, waiting, ordinal)`,
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
      findings.map((finding) => finding.newcomers),
      findings.map(archivedBefore),
      findings.map((finding) => JSON.stringify(finding.archivedBefore)),
      findings.map((finding) => finding.waiting),
    ],
  );
}
