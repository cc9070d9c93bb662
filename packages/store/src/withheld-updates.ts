import { PEOPLE, type PeopleType, type UpdateFinding, type UpdateJudgement, type Withheld } from '@rollbook/core';
import type { Sql } from './database.ts';
import { changesTable } from './changes.ts';

/** How many updates of people a run does not make, by type. */
export type WithheldUpdates = Partial<Record<PeopleType, number>>;

/** People of a school, or of the district (null), whose updates are withheld. */
export interface WithheldPeople {
  readonly recordType: PeopleType;
  readonly school: string | null;
}

/**
 * Takes out of a change set the updates that the guard withheld (guard §36): the record and its hash stay as they were, so
 * that the next run compares again. From here on, action 'v' marks them.
 */
export async function withholdUpdates(
  sql: Sql,
  prefix: string,
  { everything, schools, districtTypes }: Withheld,
): Promise<WithheldUpdates> {
  if (!everything && schools.length === 0 && districtTypes.length === 0) return {};
  const { rows } = await sql.query<{ type: PeopleType; count: number }>(
    `WITH withheld AS (
       UPDATE ${changesTable(prefix)} SET action = 'v'
       WHERE action = 'u' AND record_type = ANY ($1)
         AND ($2 OR school_id = ANY ($3) OR school_id IS NULL AND record_type = ANY ($4))
       RETURNING record_type
     ) SELECT record_type AS type, count(*)::integer AS count FROM withheld GROUP BY 1`,
    [PEOPLE, everything, schools, districtTypes],
  );
  return Object.fromEntries(rows.map(({ type, count }) => [type, count]));
}

/** The groups whose updates a judgement withholds. */
export const withheldPeople = ({ findings }: Pick<UpdateJudgement, 'findings'>): WithheldPeople[] =>
  findings.filter(({ withheld }) => withheld > 0).map(({ recordType, school }) => ({ recordType, school }));

/** How many updates of a type a judgement withholds. */
export const withheldOfType = ({ findings }: Pick<UpdateJudgement, 'findings'>, recordType: string): number =>
  findings.filter((finding) => finding.recordType === recordType).reduce((sum, { withheld }) => sum + withheld, 0);

/** Writes what the guard measured of the updates of a run, in place of what it had. */
export async function replaceUpdateFindings(
  sql: Sql,
  runId: number,
  findings: readonly UpdateFinding[],
): Promise<void> {
  await sql.query('DELETE FROM update_findings WHERE run_id = $1', [runId]);
  await sql.query(
    `INSERT INTO update_findings (run_id, ordinal, record_type, school_id, active, changed, allowed, basis_points,
       smallest_passing_percent, verdict, withheld)
     SELECT $1, ordinal, record_type, school_id, active, changed, allowed, basis_points, smallest, verdict, withheld
     FROM unnest($2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[], $8::integer[],
       $9::text[], $10::integer[]) WITH ORDINALITY
       AS f (record_type, school_id, active, changed, allowed, basis_points, smallest, verdict, withheld, ordinal)`,
    [
      runId,
      findings.map((finding) => finding.recordType),
      findings.map((finding) => finding.school),
      findings.map((finding) => finding.active),
      findings.map((finding) => finding.changed),
      findings.map((finding) => finding.allowed),
      findings.map((finding) => finding.basisPoints),
      findings.map((finding) => finding.smallestPassingPercent),
      findings.map((finding) => finding.verdict),
      findings.map((finding) => finding.withheld),
    ],
  );
}

/** The groups whose updates a preview withholds. */
export async function readWithheldPeople(sql: Sql, runId: number): Promise<WithheldPeople[]> {
  const { rows } = await sql.query<WithheldPeople>(
    `SELECT record_type AS "recordType", school_id AS school FROM update_findings WHERE run_id = $1 AND withheld > 0`,
    [runId],
  );
  return rows;
}
