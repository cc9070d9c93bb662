import type pg from 'pg';
import { inTransaction } from './database.ts';
import { DEPENDENT_TYPES, isWholeSql, type DependentType } from './dependents.ts';
import { refuseUnknownDistrict } from './known-district.ts';
import { planFor } from './plans.ts';

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
  /** Up to five ids: of records, with their type where there are several; or runs, with the record type. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/**
 * Checks the roster against all invariants, of one district or of all. Reads only. Every statement looks up the few
 * parents of each record it counts by their keys, and groups the audit once.
 *
 * @returns every invariant in the order of the guard's list, those that hold with a count of 0.
 * @throws UsageError if there is no such district.
 */
export async function checkRoster(pool: pg.Pool, districtId: string | null = null): Promise<InvariantResult[]> {
  if (districtId !== null) await refuseUnknownDistrict(pool, districtId);
  return inTransaction(pool, (sql) => countBroken(sql, districtId), 'REPEATABLE READ');
}

async function countBroken(sql: pg.PoolClient, districtId: string | null): Promise<InvariantResult[]> {
  const results: InvariantResult[] = [];
  await planFor(sql, Number.MAX_SAFE_INTEGER);
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
  `SELECT r.sis_id AS id FROM ${recordType} r
   WHERE ${inDistrict('r')} AND r.status = 'active' AND NOT (${isWholeSql(recordType, 'r')})`;

const withoutCauseSql = (recordType: DependentType): string =>
  `SELECT '${recordType} ' || r.sis_id AS id FROM ${recordType} r
   WHERE ${inDistrict('r')} AND r.status = 'archived' AND r.archived_by = 'parent' AND (${isWholeSql(recordType, 'r')})`;

/** A group that passed although it was over what was allowed, or archives that no group that passed has counted. */
const BEYOND_THRESHOLD = `
  SELECT 'run ' || u.id || ' ' || f.record_type || coalesce(' ' || f.school_id, '') AS id
  FROM findings f JOIN runs u ON u.id = f.run_id
  WHERE ${inDistrict('u')} AND NOT u.preview AND u.applied_at IS NOT NULL AND f.verdict = 'pass'
    AND f.approved < f.to_archive AND f.to_archive + f.archived_before + f.waiting > f.allowed
  UNION
  SELECT 'run ' || a.run_id || ' ' || a.record_type
  FROM (
    SELECT c.run_id, c.record_type, count(*) AS count FROM roster_changes c
    WHERE ${inDistrict('c')} AND c.action = 'archive' AND NOT c.is_approved AND NOT c.is_along GROUP BY 1, 2
  ) a
  LEFT JOIN (
    SELECT run_id, record_type, sum(to_archive - approved) AS count FROM findings WHERE verdict = 'pass' GROUP BY 1, 2
  ) f ON f.run_id = a.run_id AND f.record_type = a.record_type
  WHERE a.count > coalesce(f.count, 0)`;

/**
 * Guardians of a sync with linked schools who have lost all their students, and of whom the last run that was applied would
 * have found out: it had all guardians and guardianships, and might archive. Accounted for are those whom a hold, a
 * decision, grace or a mark keeps, and those of students whom a user archived.
 */
const LEFT_BEHIND = `
  SELECT g.sis_id AS id
  FROM syncs s
  JOIN LATERAL (
    SELECT u.id, d.result FROM runs u JOIN run_stages d ON d.run_id = u.id AND d.stage = 'diff' AND d.result IS NOT NULL
    WHERE u.sync_id = s.id AND u.kind = 'sync' AND NOT u.preview AND u.status IN ('succeeded', 'held')
      AND jsonb_typeof(u.settings -> 'schools') = 'array' AND (u.settings ->> 'additionsOnly') IS DISTINCT FROM 'true'
    ORDER BY u.id DESC, d.round DESC LIMIT 1
  ) l ON l.result #>> '{types,guardians,delivery}' = 'full' AND l.result #>> '{types,guardianships,delivery}' = 'full'
  JOIN guardians g ON g.district_id = s.district_id AND g.sync_id = s.id AND g.status = 'active'
    AND greatest(g.created_run_id, g.changed_run_id) <= l.id
  JOIN LATERAL (
    SELECT bool_and(p.status = 'archived' AND p.archived_run_id <= l.id AND st.status = 'archived'
      AND st.archived_by <> 'user' AND st.archived_run_id <= l.id) AS are_gone
    FROM guardianships p JOIN students st ON st.district_id = p.district_id AND st.sis_id = p.student_id
    WHERE p.district_id = g.district_id AND p.guardian_id = g.sis_id
  ) p ON p.are_gone
  WHERE ${inDistrict('s')}
    AND NOT EXISTS (SELECT 1 FROM holds h JOIN hold_records r ON r.hold_id = h.id
                    WHERE h.sync_id = s.id AND h.status = 'open' AND r.record_type = 'guardians' AND r.sis_id = g.sis_id)
    AND NOT EXISTS (SELECT 1 FROM kept_records k WHERE k.sync_id = s.id AND k.record_type = 'guardians' AND k.sis_id = g.sis_id)
    AND NOT EXISTS (SELECT 1 FROM absences a WHERE a.sync_id = s.id AND a.record_type = 'guardians' AND a.sis_id = g.sis_id)
    AND NOT EXISTS (SELECT 1 FROM delta_marks m WHERE m.sync_id = s.id AND m.record_type = 'guardians' AND m.sis_id = g.sis_id)`;

const BROKEN: Readonly<Record<InvariantCode, string>> = {
  enrollment_without_end: withoutEndSql('enrollments'),
  guardianship_without_end: withoutEndSql('guardianships'),
  archived_without_cause: (Object.keys(DEPENDENT_TYPES) as DependentType[]).map(withoutCauseSql).join(' UNION ALL '),
  archived_beyond_threshold: BEYOND_THRESHOLD,
  guardian_left_behind: LEFT_BEHIND,
};
