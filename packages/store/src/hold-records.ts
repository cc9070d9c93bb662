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

/** The records of a hold by type, school and id, with what people know them by. */
export async function readHoldRecords(
  { pool }: Pick<Database, 'pool'>,
  hold: Pick<Hold, 'id' | 'districtId' | 'syncId' | 'runId'>,
): Promise<HeldRecord[]> {
  const { rows: runs } = await pool.query<{ finished_at: Date }>(
    `SELECT finished_at FROM runs
     WHERE sync_id = $1 AND id < $2 AND status IN ('succeeded', 'held') AND NOT preview ORDER BY id DESC LIMIT 1`,
    [hold.syncId, hold.runId],
  );
  // A hold that was replaced or decided just before kept these records although they were missing already.
  const { rows: former } = await pool.query<{ id: number }>(
    `SELECT id FROM (SELECT id, status FROM holds WHERE sync_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1) h
     WHERE status <> 'resolved'`,
    [hold.syncId, hold.id],
  );
  const lastSeen = runs[0]?.finished_at.toISOString() ?? null;
  const records: HeldRecord[] = [];
  for (const recordType of RECORD_TYPES) {
    const { rows } = await pool.query<Omit<HeldRecord, 'recordType' | 'lastSeen'> & { wasMissing: boolean }>(
      `SELECT h.sis_id AS "sisId", h.school_id AS school, ${NAMES[recordType]} AS name,
         ${recordType === 'students' ? 'r.grade' : 'NULL::text'} AS grade,
         EXISTS (SELECT 1 FROM hold_records f WHERE f.hold_id = $3 AND f.record_type = h.record_type
                 AND f.sis_id = h.sis_id) AS "wasMissing"
       FROM hold_records h LEFT JOIN ${recordType} r ON r.district_id = $2 AND r.sis_id = h.sis_id
       WHERE h.hold_id = $1 AND h.record_type = $4 ORDER BY h.school_id, h.sis_id`,
      [hold.id, hold.districtId, former[0]?.id ?? null, recordType],
    );
    for (const { wasMissing, ...row } of rows)
      records.push({ recordType, ...row, name: row.name || null, lastSeen: wasMissing ? null : lastSeen });
  }
  return records;
}
