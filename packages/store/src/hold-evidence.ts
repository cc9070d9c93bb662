import {
  localDate,
  type ArchiveCount,
  type ClassEvidence,
  type EndedTermEvidence,
  type GradeEvidence,
  type GroupEvidence,
  type HoldEvidence,
  type RecordType,
  type RekeyEvidence,
  type TransferEvidence,
  type ZerosEvidence,
} from '@rollbook/core';
import type { SnapshotContents } from '@rollbook/pipeline';
import type { ClientBase } from 'pg';
import { changesTable } from './changes.ts';
import { PERSON_TYPES } from './effective-values.ts';
import { freshSql, pairsSql } from './rekeyed-pairs.ts';
import { snapshotTable } from './snapshot-writer.ts';

export interface EvidenceInput {
  readonly prefix: string;
  readonly contents: SnapshotContents;
  readonly districtId: string;
  readonly syncId: string;
  /** As measured by the comparison. */
  readonly groups: readonly ArchiveCount[];
  /** The first run that withheld records which are still missing: what was created since may be their new form. */
  readonly sinceRunId: number;
}

const EXAMPLES = 5;
const CLASSES_OF_A_SCHOOL = 20;
/** Ids that people type; those of enrollments and guardianships are made by programs. */
const KEYED_TYPES = ['schools', 'terms', 'courses', 'classes', 'students', 'staff', 'guardians'] as const;

/** An archive that the data alone leads to, whether or not the guard lets it pass. */
const isRoot = `c.action IN ('a', 'w') AND NOT c.is_dependent`;

/** Gathers what is known of the records that a run would archive, in a few statements that count in the database. */
export async function readEvidence(sql: ClientBase, input: EvidenceInput, now: Date): Promise<HoldEvidence> {
  const { districtId, prefix, contents } = input;
  const { rows: districts } = await sql.query<{ timezone: string }>('SELECT timezone FROM districts WHERE id = $1', [
    districtId,
  ]);
  const today = localDate(now, districts[0]?.timezone ?? 'UTC');
  const changes = changesTable(prefix);
  const losing = new Set(input.groups.filter(({ toArchive }) => toArchive > 0).map(({ recordType }) => recordType));
  const whereLosing = async <R>(type: RecordType, read: () => Promise<R[]>): Promise<R[]> =>
    losing.has(type) ? read() : [];
  return {
    today,
    schoolNames: await readSchoolNames(sql, districtId, contents),
    groups: await readGroups(sql, input, losing),
    grades: await whereLosing('students', () => readGrades(sql, changes, districtId)),
    rekeyed: await readRekeyed(sql, input, losing),
    zeros: await readZeros(sql, input, losing),
    endedTerms: await whereLosing('classes', () => readEndedTerms(sql, changes, districtId, today)),
    classes: await whereLosing('enrollments', () => readClasses(sql, changes, input)),
    transfers: await whereLosing('students', () => readTransfers(sql, input)),
  };
}

async function readSchoolNames(
  sql: ClientBase,
  districtId: string,
  { schools }: SnapshotContents,
): Promise<Record<string, string>> {
  const { rows } = await sql.query<{ id: string; name: string }>(
    'SELECT sis_id AS id, name FROM schools WHERE district_id = $1',
    [districtId],
  );
  const inData = schools.flatMap(({ sisId, name }) => (name === null ? [] : [[sisId, name] as const]));
  return Object.fromEntries([...rows.map(({ id, name }) => [id, name] as const), ...inData]);
}

async function readGroups(
  sql: ClientBase,
  input: EvidenceInput,
  losing: ReadonlySet<RecordType>,
): Promise<GroupEvidence[]> {
  const created = new Map<string, number>();
  // Of the many enrollments new ones are counted only where some are missing.
  for (const recordType of losing.has('enrollments') ? [...KEYED_TYPES, 'enrollments' as const] : KEYED_TYPES) {
    const { rows } = await sql.query<{ school: string | null; count: number }>(
      `SELECT school, count(*)::integer AS count FROM (${freshSql(input, recordType, [])}) f GROUP BY 1`,
      [input.districtId, input.syncId, input.sinceRunId],
    );
    for (const { school, count } of rows) created.set(`${recordType}/${school ?? ''}`, count);
  }
  return input.groups.map(({ recordType, school, active, toArchive }) => ({
    recordType,
    school,
    active,
    toArchive,
    toCreate: created.get(`${recordType}/${school ?? ''}`) ?? 0,
  }));
}

/** All grades of every school that loses students. */
async function readGrades(sql: ClientBase, changes: string, districtId: string): Promise<GradeEvidence[]> {
  const { rows } = await sql.query<GradeEvidence>(
    `WITH losing AS (
       SELECT c.sis_id, c.school_id FROM ${changes} c WHERE c.record_type = 'students' AND ${isRoot}
     )
     SELECT r.school_id AS school, r.grade, count(*)::integer AS active, count(l.sis_id)::integer AS "toArchive",
       coalesce((array_agg(l.sis_id ORDER BY l.sis_id) FILTER (WHERE l.sis_id IS NOT NULL))[1:${EXAMPLES}], '{}') AS examples
     FROM students r LEFT JOIN losing l ON l.sis_id = r.sis_id
     WHERE r.district_id = $1 AND r.status = 'active' AND r.sync_id IS NOT NULL
       AND r.school_id IN (SELECT DISTINCT school_id FROM losing)
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [districtId],
  );
  return rows;
}

interface PairRow {
  readonly school: string | null;
  readonly pairs: number;
  readonly old_ids: string[];
  readonly new_ids: string[];
}

const examplesOf = ({ old_ids, new_ids }: PairRow): { oldId: string; newId: string }[] =>
  old_ids.map((oldId, index) => ({ oldId, newId: new_ids[index] as string }));

const firstOf = (value: string, order: string): string => `(array_agg(${value} ORDER BY ${order}))[1:${EXAMPLES}]`;

async function readRekeyed(
  sql: ClientBase,
  input: EvidenceInput,
  losing: ReadonlySet<RecordType>,
): Promise<RekeyEvidence[]> {
  const found: RekeyEvidence[] = [];
  for (const recordType of PERSON_TYPES.filter((type) => losing.has(type))) {
    const { rows } = await sql.query<PairRow>(
      `SELECT p.old_school AS school, count(*)::integer AS pairs,
         ${firstOf('p.old_id', 'p.old_id')} AS old_ids, ${firstOf('p.new_id', 'p.old_id')} AS new_ids
       FROM (${pairsSql(input, recordType)}) p WHERE p.old_school IS NOT DISTINCT FROM p.new_school GROUP BY 1 ORDER BY 1`,
      [input.districtId, input.syncId, input.sinceRunId],
    );
    found.push(...rows.map((row) => ({ recordType, school: row.school, pairs: row.pairs, examples: examplesOf(row) })));
  }
  return found;
}

async function readZeros(
  sql: ClientBase,
  input: EvidenceInput,
  losing: ReadonlySet<RecordType>,
): Promise<ZerosEvidence[]> {
  const found: ZerosEvidence[] = [];
  for (const recordType of KEYED_TYPES.filter((type) => losing.has(type))) {
    const { rows } = await sql.query<PairRow>(
      `SELECT c.school_id AS school, count(*)::integer AS pairs,
         ${firstOf('c.sis_id', 'c.sis_id')} AS old_ids, ${firstOf('f.sis_id', 'c.sis_id')} AS new_ids
       FROM ${changesTable(input.prefix)} c
       JOIN (${freshSql(input, recordType, [])}) f ON ltrim(f.sis_id, '0') = ltrim(c.sis_id, '0') AND f.sis_id <> c.sis_id
       WHERE c.record_type = '${recordType}' AND ${isRoot} GROUP BY 1 ORDER BY 1`,
      [input.districtId, input.syncId, input.sinceRunId],
    );
    found.push(...rows.map((row) => ({ recordType, school: row.school, pairs: row.pairs, examples: examplesOf(row) })));
  }
  return found;
}

async function readEndedTerms(
  sql: ClientBase,
  changes: string,
  districtId: string,
  today: string,
): Promise<EndedTermEvidence[]> {
  const { rows } = await sql.query<EndedTermEvidence>(
    `SELECT e.school_id AS school, count(*)::integer AS classes, max(e.last_end)::text AS "lastEndDate",
       ${firstOf('e.sis_id', 'e.sis_id')} AS examples
     FROM (
       SELECT r.sis_id, r.school_id, max(t.end_date) AS last_end
       FROM ${changes} c
       JOIN classes r ON r.district_id = $1 AND r.sis_id = c.sis_id
       CROSS JOIN LATERAL unnest(r.term_ids) AS term (id)
       LEFT JOIN terms t ON t.district_id = $1 AND t.sis_id = term.id
       WHERE c.record_type = 'classes' AND ${isRoot}
       GROUP BY 1, 2 HAVING bool_and(t.end_date <= $2::date)
     ) e GROUP BY 1 ORDER BY 1`,
    [districtId, today],
  );
  return rows;
}

async function readClasses(sql: ClientBase, changes: string, { districtId }: EvidenceInput): Promise<ClassEvidence[]> {
  const { rows } = await sql.query<ClassEvidence>(
    `WITH losing AS (
       SELECT r.class_id, count(*)::integer AS to_archive
       FROM ${changes} c JOIN enrollments r ON r.district_id = $1 AND r.sis_id = c.sis_id
       WHERE c.record_type = 'enrollments' AND ${isRoot} GROUP BY 1
     ), ranked AS (
       SELECT k.school_id, l.class_id, l.to_archive,
         row_number() OVER (PARTITION BY k.school_id ORDER BY l.to_archive DESC, l.class_id) AS rank
       FROM losing l JOIN classes k ON k.district_id = $1 AND k.sis_id = l.class_id
     )
     SELECT x.school_id AS school, x.class_id AS "classId", x.to_archive AS "toArchive",
       (SELECT count(*)::integer FROM enrollments e
        WHERE e.district_id = $1 AND e.class_id = x.class_id AND e.status = 'active') AS active
     FROM ranked x WHERE x.rank <= ${CLASSES_OF_A_SCHOOL} ORDER BY 1, x.rank`,
    [districtId],
  );
  return rows;
}

async function readTransfers(sql: ClientBase, input: EvidenceInput): Promise<TransferEvidence[]> {
  const { rows } = await sql.query<TransferEvidence>(
    `SELECT moved.from_school AS "from", moved.to_school AS "to", moved.kind, count(*)::integer AS students,
       ${firstOf('moved.sis_id', 'moved.sis_id')} AS examples
     FROM (
       SELECT c.sis_id, c.school_id AS from_school, coalesce(s.school_id, s.school_ids[1]) AS to_school, 'not_linked' AS kind
       FROM ${changesTable(input.prefix)} c
       JOIN ${snapshotTable(input.prefix, 'students')} s ON s.sis_id = c.sis_id AND s.presence = 'o'
       WHERE c.record_type = 'students' AND ${isRoot}
       UNION ALL
       SELECT p.old_id, p.old_school, p.new_school, 'new_id' FROM (${pairsSql(input, 'students')}) p
       WHERE p.old_school IS DISTINCT FROM p.new_school
     ) moved
     WHERE moved.from_school IS NOT NULL AND moved.to_school IS NOT NULL
     GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2`,
    [input.districtId, input.syncId, input.sinceRunId],
  );
  return rows;
}

/**
 * The first run that withheld records which are still missing, since the hold was last empty; the run given if there was
 * none. What was approved and archived in between is not missing any more.
 */
export async function firstWithholdingRun(
  sql: ClientBase,
  { syncId, prefix, runId }: { readonly syncId: string; readonly prefix: string; readonly runId: number },
): Promise<number> {
  const { rows } = await sql.query<{ since: number | null }>(
    `SELECT min(h.run_id) AS since FROM holds h
     JOIN hold_records r ON r.hold_id = h.id
     JOIN ${changesTable(prefix)} c ON c.record_type = r.record_type AND c.sis_id = r.sis_id AND c.action IN ('a', 'w')
     WHERE h.sync_id = $1
       AND h.id > coalesce((SELECT max(id) FROM holds WHERE sync_id = $1 AND status = 'resolved'), 0)`,
    [syncId],
  );
  return Math.min(rows[0]?.since ?? runId, runId);
}
