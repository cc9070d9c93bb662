import { RunFindings } from '@rollbook/core';
import type pg from 'pg';

/**
 * What the guard measured in the latest runs of a sync that were applied, newest first (guard §31). In a run of additions
 * only nothing could be held, whatever it measured.
 */
export async function readPastFindings(
  pool: pg.Pool,
  { syncId, last }: { readonly syncId: string; readonly last: number },
): Promise<RunFindings[]> {
  const { rows } = await pool.query<{ run: unknown }>(
    `SELECT jsonb_build_object(
       'runId', r.id::text,
       'finishedAt', to_char(r.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       'wasHeld', r.status = 'held' AND EXISTS (SELECT 1 FROM findings t WHERE t.run_id = r.id AND t.verdict = 'hold'),
       'alwaysAllow', coalesce((r.settings ->> 'alwaysAllow')::integer, 0),
       'findings', coalesce((
         SELECT jsonb_agg(jsonb_build_object('recordType', f.record_type, 'school', f.school_id, 'active', f.active,
           'toArchive', f.to_archive, 'approved', f.approved, 'archivedBefore', f.archived_before, 'waiting', f.waiting, 'basisPoints', f.basis_points) ORDER BY f.ordinal)
         FROM findings f WHERE f.run_id = r.id AND f.to_archive > 0
           AND (r.settings ->> 'additionsOnly')::boolean IS NOT TRUE), '[]')) AS run
     FROM runs r
     WHERE r.sync_id = $1 AND r.kind = 'sync' AND NOT r.preview AND r.status IN ('succeeded', 'held')
     ORDER BY r.id DESC LIMIT $2`,
    [syncId, last],
  );
  return rows.map(({ run }) => RunFindings.parse(run));
}
