import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import type { Database } from './database.ts';
import type { Hold } from './generated/client.ts';

/** A record that a hold keeps from being archived. */
export interface HeldRecord {
  readonly recordType: RecordType;
  readonly sisId: string;
  readonly school: string | null;
  /** Of people and schools the name, of terms, courses and classes the title; of links between two records their ids. */
  readonly name: string | null;
  /** Of students. */
  readonly grade: string | null;
  /** Titles of the classes that a person is in, of an enrollment of its class; three at most, homerooms first. */
  readonly classes: readonly string[];
  /** Its id in the data, if it has another one there: it can be relinked. */
  readonly newId: string | null;
  /**
   * The end of the run before the one that opened the hold, ISO 8601 in UTC: the record was still there. Null if there
   * was none, or the record was missing then already.
   */
  readonly lastSeen: string | null;
}

const NAMES: Readonly<Record<RecordType, string>> = {
  schools: 'r.name',
  terms: 'r.title',
  courses: 'r.title',
  classes: 'r.title',
  students: `concat_ws(' ', r.given_name, r.family_name)`,
  staff: `concat_ws(' ', r.given_name, r.family_name)`,
  guardians: `concat_ws(' ', r.given_name, r.family_name)`,
  enrollments: `concat_ws(' ', r.role, r.person_id, 'in class', r.class_id)`,
  guardianships: `concat_ws(' ', 'student', r.student_id, 'and guardian', r.guardian_id)`,
};

/** Which records of a hold, in the order of types, schools and ids. Left out: from the first, all of them. */
export interface RecordPage {
  readonly offset?: number;
  readonly limit?: number;
}

const MOST_CLASSES = 3;

/** What a person is enrolled in, homerooms first; what an enrollment is in. */
const CLASSES: Partial<Readonly<Record<RecordType, string>>> = {
  students: classesOf('r.sis_id'),
  staff: classesOf('r.sis_id'),
  enrollments: `(SELECT ARRAY[k.title] FROM classes k WHERE k.district_id = r.district_id AND k.sis_id = r.class_id)`,
};

function classesOf(personId: string): string {
  return `(SELECT array_agg(title ORDER BY is_homeroom DESC, title) FROM (
    SELECT DISTINCT k.title, k.kind IS NOT DISTINCT FROM 'homeroom' AS is_homeroom
    FROM enrollments e JOIN classes k ON k.district_id = e.district_id AND k.sis_id = e.class_id
    WHERE e.district_id = r.district_id AND e.person_id = ${personId} AND e.status = 'active'
    ORDER BY is_homeroom DESC, k.title LIMIT ${MOST_CLASSES}) c)`;
}

/** Those of a hold, with what people know them by. */
export async function readHoldRecords(
  { pool }: Pick<Database, 'pool'>,
  hold: Pick<Hold, 'id' | 'districtId' | 'syncId' | 'runId'>,
  { offset = 0, limit }: RecordPage = {},
): Promise<HeldRecord[]> {
  const { rows: runs } = await pool.query<{ finished_at: Date }>(
    `SELECT finished_at FROM runs
     WHERE sync_id = $1 AND id < $2 AND kind = 'sync' AND status IN ('succeeded', 'held') AND NOT preview ORDER BY id DESC LIMIT 1`,
    [hold.syncId, hold.runId],
  );
  // A hold that was replaced or decided just before kept these records although they were missing already.
  const { rows: former } = await pool.query<{ id: number }>(
    `SELECT id FROM (SELECT id, status FROM holds WHERE sync_id = $1 AND id < $2 AND run_id < $3 ORDER BY id DESC LIMIT 1) h
     WHERE status <> 'resolved'`,
    [hold.syncId, hold.id, hold.runId],
  );
  const { rows: counts } = await pool.query<{ type: RecordType; count: number }>(
    'SELECT record_type AS type, count(*)::integer AS count FROM hold_records WHERE hold_id = $1 GROUP BY 1',
    [hold.id],
  );
  const counted = new Map(counts.map(({ type, count }) => [type, count]));
  const lastSeen = runs[0]?.finished_at.toISOString() ?? null;
  const records: HeldRecord[] = [];
  let toSkip = offset;
  for (const recordType of RECORD_TYPES) {
    const count = counted.get(recordType) ?? 0;
    const skipped = Math.min(toSkip, count);
    toSkip -= skipped;
    const left = limit === undefined ? count : limit - records.length;
    if (count === skipped || left <= 0) continue;
    const { rows } = await pool.query<Omit<HeldRecord, 'recordType' | 'lastSeen'> & { wasMissing: boolean }>(
      `SELECT h.sis_id AS "sisId", h.school_id AS school, ${NAMES[recordType]} AS name,
         ${recordType === 'students' ? 'r.grade' : 'NULL::text'} AS grade,
         coalesce(${CLASSES[recordType] ?? 'NULL::text[]'}, '{}') AS classes,
         (SELECT p.new_id FROM hold_pairs p WHERE p.hold_id = h.hold_id AND p.record_type = h.record_type AND p.sis_id = h.sis_id)
           AS "newId",
         EXISTS (SELECT 1 FROM hold_records f WHERE f.hold_id = $3 AND f.record_type = h.record_type
                 AND f.sis_id = h.sis_id) AS "wasMissing"
       FROM (SELECT * FROM hold_records WHERE hold_id = $1 AND record_type = $4
             ORDER BY school_id, sis_id OFFSET $5 LIMIT $6) h
       -- What was relinked since stands under its new id.
       LEFT JOIN LATERAL (
         SELECT new_id FROM relinks WHERE district_id = $2 AND record_type = $4 AND old_id = h.sis_id
         ORDER BY run_id DESC LIMIT 1
       ) l ON NOT EXISTS (SELECT 1 FROM ${recordType} o WHERE o.district_id = $2 AND o.sis_id = h.sis_id)
       LEFT JOIN ${recordType} r ON r.district_id = $2 AND r.sis_id = coalesce(l.new_id, h.sis_id)
       ORDER BY h.school_id, h.sis_id`,
      [hold.id, hold.districtId, former[0]?.id ?? null, recordType, skipped, left],
    );
    for (const { wasMissing, ...row } of rows)
      records.push({ recordType, ...row, name: row.name || null, lastSeen: wasMissing ? null : lastSeen });
  }
  return records;
}
