import type { Sql } from './database.ts';
import { DEPENDENT_TYPES, isWholeSql, type DependentType } from './dependents.ts';

/** What holds of the roster after every run (guard, "Invariants"). */
export type InvariantCode =
  | 'enrollment_without_end'
  | 'guardianship_without_end'
  | 'archived_without_cause'
  | 'archived_beyond_threshold'
  | 'guardian_left_behind';

/** How often an invariant is broken. */
export interface InvariantResult {
  readonly code: InvariantCode;
  readonly count: number;
  /** Up to five ids: of records, or for `archived_beyond_threshold` `run type school`. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/**
 * Checks the roster against all invariants, of one district or of all. Reads only; each statement is a handful of hash
 * joins over the tables it names, whatever stands in them.
 *
 * @returns every invariant in the order of the guard's list, those that hold with a count of 0.
 */
export async function checkRoster(sql: Sql, districtId: string | null = null): Promise<InvariantResult[]> {
  const results: InvariantResult[] = [];
  for (const [code, brokenSql] of Object.entries(BROKEN) as [InvariantCode, string][]) {
    const { rows } = await sql.query<{ count: number; examples: string[] | null }>(
      `SELECT count(*)::integer AS count, (array_agg(id ORDER BY id))[1:${EXAMPLES}] AS examples FROM (${brokenSql}) b`,
      [districtId],
    );
    results.push({ code, count: rows[0]?.count ?? 0, examples: rows[0]?.examples ?? [] });
  }
  return results;
}

const inDistrict = (alias: string): string => `($1::text IS NULL OR ${alias}.district_id = $1)`;

const withoutEndSql = (recordType: DependentType): string =>
  `SELECT r.sis_id AS id FROM ${recordType} r WHERE ${inDistrict('r')} AND r.status = 'active' AND NOT (${isWholeSql(recordType, 'r')})`;

const withoutCauseSql = (recordType: DependentType): string =>
  `SELECT '${recordType} ' || r.sis_id AS id FROM ${recordType} r
   WHERE ${inDistrict('r')} AND r.status = 'archived' AND r.archived_by = 'parent' AND (${isWholeSql(recordType, 'r')})`;

const BROKEN: Readonly<Record<InvariantCode, string>> = {
  enrollment_without_end: withoutEndSql('enrollments'),
  guardianship_without_end: withoutEndSql('guardianships'),
  archived_without_cause: (Object.keys(DEPENDENT_TYPES) as DependentType[]).map(withoutCauseSql).join(' UNION ALL '),
  archived_beyond_threshold: 'SELECT NULL::text AS id WHERE false AND $1::text IS NULL',
  guardian_left_behind: 'SELECT NULL::text AS id WHERE false AND $1::text IS NULL',
};
