import { RECORD_TYPES, type ArchiveCount, type ArchivedBefore, type RecordType } from '@rollbook/core';
import { isSynced } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { changesTable } from './changes.ts';
import { homeSchoolSql } from './columns.ts';
import type { Comparison } from './compare.ts';
import type { DiffInput } from './diff.ts';
import { inScopeSql, scopeParameter } from './scope.ts';
import { shown } from './shown.ts';

const MS_PER_HOUR = 3_600_000;

interface Grouped {
  readonly school: string | null;
  readonly count: number;
}

/** The sync's open hold; its baseline is the roster before the run `sinceRunId` (guard §32). */
interface Baseline {
  readonly holdId: number;
  readonly sinceRunId: number;
}

export type ActiveGroups = Readonly<Partial<Record<RecordType, Pick<Comparison, 'active'>>>>;

/**
 * Measures a change set by type and school: active managed records, and what of them would be archived, roots only (guard
 * §1, §6); who came since the open hold began and what waits in it (guard §32, §33); what was archived within the window
 * (guard §35).
 */
export async function measureGroups(
  sql: PoolClient,
  input: DiffInput,
  comparisons: ActiveGroups,
): Promise<ArchiveCount[]> {
  const archives = await countArchives(sql, input);
  const baseline = await readBaseline(sql, input.syncId);
  const windowTypes = await typesOfWindow(sql, input);
  const groups: ArchiveCount[] = [];
  for (const recordType of RECORD_TYPES) {
    const active = comparisons[recordType]?.active ?? [];
    if (active.length === 0) continue;
    const newcomers = baseline ? await countNewcomers(sql, input, recordType, baseline) : [];
    const waiting = baseline ? await countWaiting(sql, input, recordType, baseline) : [];
    const before = windowTypes.has(recordType) ? await readWindow(sql, input, recordType) : new Map();
    for (const { school, count } of active) {
      const came = countOf(newcomers, school);
      const archive = archives.get(`${recordType}/${school ?? ''}`);
      groups.push({
        recordType,
        school,
        active: count - came,
        toArchive: archive?.count ?? 0,
        approved: archive?.approved ?? 0,
        newcomers: came,
        archivedBefore: before.get(school) ?? [],
        waiting: countOf(waiting, school),
      });
    }
  }
  return groups;
}

const countOf = (groups: readonly Grouped[], school: string | null): number =>
  groups.find((group) => group.school === school)?.count ?? 0;

async function countArchives(
  sql: PoolClient,
  { prefix }: DiffInput,
): Promise<ReadonlyMap<string, { readonly count: number; readonly approved: number }>> {
  const { rows } = await sql.query<{ type: RecordType; school: string | null; count: number; approved: number }>(
    `SELECT record_type AS type, school_id AS school, count(*)::integer AS count,
       (count(*) FILTER (WHERE is_approved))::integer AS approved
     FROM ${changesTable(prefix)} WHERE action = 'a' AND NOT is_dependent GROUP BY 1, 2`,
  );
  return new Map(rows.map((row) => [`${row.type}/${row.school ?? ''}`, row]));
}

async function readBaseline(sql: PoolClient, syncId: string): Promise<Baseline | undefined> {
  const { rows } = await sql.query<Baseline>(
    `SELECT id AS "holdId", since_run_id AS "sinceRunId" FROM holds WHERE sync_id = $1 AND status = 'open'`,
    [syncId],
  );
  return rows[0];
}

/**
 * Active records that runs of the sync created, restored, adopted or moved into their school since the hold began, but for
 * those that are missing again, or wait in the hold: these count on both sides (guard §32). What goes along with another record is
 * counted on neither (guard §6).
 */
async function countNewcomers(
  sql: PoolClient,
  input: DiffInput,
  recordType: RecordType,
  { holdId, sinceRunId }: Baseline,
): Promise<Grouped[]> {
  const { prefix, districtId, syncId, scope } = input;
  const school = homeSchoolSql(recordType, 'r');
  const changed = `runs u JOIN roster_changes c ON c.run_id = u.id AND c.record_type = '${recordType}'
    WHERE u.sync_id = $2 AND u.id >= $3`;
  const canMove = school === 'r.school_id';
  const moved = `UNION
       SELECT f.sis_id FROM (
         SELECT DISTINCT ON (c.sis_id) c.sis_id, c.before ->> 'school_id' AS school
         FROM ${changed} AND c.action = 'update' AND c.before ? 'school_id' ORDER BY c.sis_id, u.id
       ) f
       JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = f.sis_id AND r.school_id IS DISTINCT FROM f.school`;
  const { rows } = await sql.query<Grouped>(
    `WITH came AS (
       SELECT r.sis_id FROM ${recordType} r WHERE r.district_id = $1 AND r.sync_id = $2 AND r.created_run_id >= $3
       UNION
       SELECT c.sis_id FROM ${changed} AND c.action IN ('restore', 'adopt')
       ${canMove ? moved : ''}
     ), missing AS (
       SELECT sis_id FROM ${changesTable(prefix)} WHERE record_type = '${recordType}' AND action = 'a' AND NOT is_dependent
       UNION
       ${waitingSql(input, recordType, '$4') ?? 'SELECT NULL WHERE $4::integer IS NULL'}
     )
     SELECT ${school} AS school, count(*)::integer AS count
     FROM (SELECT sis_id FROM came EXCEPT SELECT sis_id FROM missing) n
     JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = n.sis_id
     WHERE r.sync_id = $2 AND r.status = 'active' AND ${inScopeSql(recordType, 'r', '$5')} GROUP BY 1`,
    [districtId, syncId, sinceRunId, holdId, scopeParameter(recordType, scope)],
  );
  return rows;
}

/**
 * The ids of records of the hold (`hold`: a parameter) that are absent from an earlier full delivery and of which this delta
 * says nothing (guard §33); `$1` is the district, `$2` the sync. Undefined: a full delivery says something of all.
 */
function waitingSql(
  { prefix, contents, settings }: DiffInput,
  recordType: RecordType,
  hold: string,
): string | undefined {
  const type = contents.types[recordType];
  if (type?.delivery !== 'delta' || !isSynced(recordType, settings)) return undefined;
  const { join, condition } = shown(prefix, recordType, type);
  return `SELECT r.sis_id
    FROM (
      SELECT sis_id FROM hold_records WHERE hold_id = ${hold} AND record_type = '${recordType}' AND left_because IS NULL
      EXCEPT SELECT sis_id FROM ${changesTable(prefix)} WHERE record_type = '${recordType}'
    ) h
    JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = h.sis_id AND r.sync_id = $2 AND r.status = 'active'
    ${join}
    WHERE NOT ${condition}`;
}

async function countWaiting(
  sql: PoolClient,
  input: DiffInput,
  recordType: RecordType,
  { holdId }: Baseline,
): Promise<Grouped[]> {
  const waiting = waitingSql(input, recordType, '$3');
  if (waiting === undefined) return [];
  const { rows } = await sql.query<Grouped>(
    `SELECT ${homeSchoolSql(recordType, 'r')} AS school, count(*)::integer AS count
     FROM (${waiting}) w JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = w.sis_id
     WHERE ${inScopeSql(recordType, 'r', '$4')} GROUP BY 1`,
    [input.districtId, input.syncId, holdId, scopeParameter(recordType, input.scope)],
  );
  return rows;
}

const windowBegin = ({ settings, now }: DiffInput): Date =>
  new Date(now.getTime() - settings.thresholdWindowHours * MS_PER_HOUR);

/** The record types of which runs of the window archived something without an approval. */
async function typesOfWindow(sql: PoolClient, input: DiffInput): Promise<ReadonlySet<RecordType>> {
  if (input.settings.thresholdWindowHours === 0) return new Set();
  const { rows } = await sql.query<{ type: RecordType }>(
    `SELECT DISTINCT c.record_type AS type FROM runs u JOIN roster_changes c ON c.run_id = u.id AND c.action = 'archive'
     WHERE u.sync_id = $1 AND u.applied_at > $2 AND NOT c.is_approved`,
    [input.syncId, windowBegin(input)],
  );
  return new Set(rows.map(({ type }) => type));
}

/**
 * Roots that runs of the window archived and that are still archived by them: what was undone or is back does not count,
 * nor what this very run restores.
 */
async function readWindow(
  sql: PoolClient,
  input: DiffInput,
  recordType: RecordType,
): Promise<ReadonlyMap<string | null, ArchivedBefore[]>> {
  const { rows } = await sql.query<{ school: string | null; run: string; at: Date; count: number }>(
    `SELECT ${homeSchoolSql(recordType, 'r')} AS school, u.id::text AS run, u.applied_at AS at, count(*)::integer AS count
     FROM runs u
     JOIN roster_changes c ON c.run_id = u.id AND c.record_type = '${recordType}' AND c.action = 'archive' AND NOT c.is_approved
       AND NOT c.is_along
     JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = c.sis_id AND r.status = 'archived' AND r.archived_by = 'sync'
       AND r.archived_run_id = u.id
     LEFT JOIN ${changesTable(input.prefix)} b ON b.record_type = '${recordType}' AND b.sis_id = c.sis_id AND b.action = 'r'
     WHERE u.sync_id = $2 AND u.applied_at > $3 AND b.sis_id IS NULL GROUP BY 1, u.id, u.applied_at ORDER BY u.id DESC`,
    [input.districtId, input.syncId, windowBegin(input)],
  );
  const bySchool = new Map<string | null, ArchivedBefore[]>();
  for (const { school, run, at, count } of rows) {
    const runs = bySchool.get(school) ?? [];
    bySchool.set(school, [...runs, { run, at: at.toISOString(), count }]);
  }
  return bySchool;
}
