import { RECORD_TYPES, type RecordType, type RunSettings } from '@rollbook/core';
import type { PipelineHarness } from '../pipeline-harness.ts';

/** Active records of each sync by type and school; a record type of the district has no school. */
export type GroupSizes = ReadonlyMap<string, number>;

const schoolOf = (type: RecordType): string => {
  if (type === 'schools') return 'r.sis_id';
  return ['terms', 'guardians', 'guardianships'].includes(type) ? 'NULL' : 'r.school_id';
};

const groupKey = `concat_ws(' ', r.sync_id, type, school)`;

/** How many records could have been archived, before a step. */
export async function groupSizes(harness: PipelineHarness): Promise<GroupSizes> {
  const queries = RECORD_TYPES.map(
    (type) => `SELECT sync_id, '${type}' AS type, ${schoolOf(type)} AS school FROM ${type} r WHERE status = 'active'`,
  );
  const rows = await harness.sql<{ key: string; size: number }>(
    `SELECT ${groupKey} AS key, count(*)::integer AS size FROM (${queries.join(' UNION ALL ')}) r
     WHERE r.sync_id IS NOT NULL GROUP BY 1`,
  );
  return new Map(rows.map(({ key, size }) => [key, size]));
}

/**
 * Nothing is archived that was neither approved nor within the threshold that its run had: a count of its own, which knows
 * nothing of holds, newcomers or findings, of the archives of the last run of the sync whose step it was.
 */
export async function expectAllowedArchives(
  harness: PipelineHarness,
  syncId: string,
  before: GroupSizes,
): Promise<void> {
  const queries = RECORD_TYPES.map(
    (type) => `SELECT r.sync_id, '${type}' AS type, ${schoolOf(type)} AS school, r.archived_run_id AS run_id
       FROM ${type} r
       JOIN roster_changes c ON c.run_id = r.archived_run_id AND c.record_type = '${type}' AND c.sis_id = r.sis_id AND c.action = 'archive'
       WHERE r.archived_by = 'sync' AND NOT EXISTS (
         SELECT 1 FROM approvals a JOIN approval_records x ON x.approval_id = a.id
         WHERE a.sync_id = r.sync_id AND x.record_type = '${type}' AND x.sis_id = r.sis_id)`,
  );
  const rows = await harness.sql<{ key: string; type: RecordType; last: number; all: number; settings: RunSettings }>(
    `SELECT ${groupKey} AS key, type, (count(*) FILTER (WHERE u.id = l.last))::integer AS last, count(*)::integer AS all, s.settings
     FROM (${queries.join(' UNION ALL ')}) r
     JOIN runs u ON u.id = r.run_id AND u.applied_at > now() - interval '20 hours'
     JOIN (SELECT sync_id, max(id) AS last FROM runs WHERE kind = 'sync' AND sync_id = $1 GROUP BY 1) l ON l.sync_id = r.sync_id
     JOIN runs s ON s.id = l.last
     GROUP BY 1, 2, s.settings`,
    [syncId],
  );
  for (const { key, type, last, all, settings } of rows) {
    const size = (before.get(key) ?? 0) + all - last;
    const percent = settings.threshold.perType[type] ?? settings.threshold.default;
    const allowed = Math.max(Math.floor((size * percent) / 10_000), settings.alwaysAllow);
    if (last > 0) expect({ key, archived: Math.min(all, allowed) }).toEqual({ key, archived: all });
  }
}
