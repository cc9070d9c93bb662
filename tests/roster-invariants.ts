import type pg from 'pg';

const isActive = (types: readonly string[], column: string): string =>
  types
    .map((type) => `EXISTS (SELECT 1 FROM ${type} p WHERE p.district_id = r.district_id AND p.sis_id = r.${column} AND p.status = 'active')`)
    .join(' OR ');

const ENDS = {
  enrollments: `(${isActive(['classes'], 'class_id')}) AND (${isActive(['students', 'staff', 'guardians'], 'person_id')})`,
  guardianships: `(${isActive(['students'], 'student_id')}) AND (${isActive(['guardians'], 'guardian_id')})`,
};

/** What of docs/guard.md, "Invariants", does not hold in a roster. */
export async function brokenInvariants(pool: pg.Pool): Promise<string[]> {
  const broken: string[] = [];
  for (const [type, ends] of Object.entries(ENDS)) {
    const { rows } = await pool.query<{ id: string }>(
      `SELECT sis_id AS id FROM ${type} r WHERE status = 'active' AND NOT (${ends})`,
    );
    broken.push(...rows.map(({ id }) => `${type} ${id} is active without both ends`));
  }
  return broken;
}
