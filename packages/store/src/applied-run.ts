import { emptyCounts, type RecordCounts, type RecordType } from '@rollbook/core';
import type { Lease, RunInfo, RunOutcome } from '@rollbook/pipeline';
import type { Sql } from './database.ts';
import { endRun } from './run-commit.ts';

/** The run whose delivery the roster is in line with. */
export interface AppliedRun {
  readonly id: number;
  readonly revision: string | null;
  readonly roster_version: string;
  readonly counts: Record<RecordType, RecordCounts>;
}

/**
 * The latest success `p` of the sync of run $1, if the roster `d` is still as it left it, the settings are the same, and
 * nobody is in grace: for them another run counts although it brings nothing new. So it does for records that `p` kept by
 * a decision which was taken back since (guard §26).
 */
const APPLIED_RUN = `SELECT p.id, p.revision, p.roster_version, p.counts
  FROM runs r
  JOIN districts d ON d.id = r.district_id
  JOIN LATERAL (SELECT * FROM runs p WHERE p.sync_id = r.sync_id AND p.status = 'succeeded' AND NOT p.preview
                ORDER BY p.id DESC LIMIT 1) p ON p.roster_version = d.roster_version AND p.settings = r.settings
  WHERE r.id = $1 AND NOT EXISTS (SELECT 1 FROM absences a WHERE a.sync_id = r.sync_id)
    AND NOT EXISTS (SELECT 1 FROM decisions x
                    WHERE x.sync_id = r.sync_id AND x.decision = 'reopen' AND x.decided_at >= p.requested_at)`;

/** As it is now; another sync of the district may be applied the next moment. */
export async function appliedRunOf(sql: Sql, runId: number): Promise<AppliedRun | undefined> {
  const { rows } = await sql.query<AppliedRun>(APPLIED_RUN, [runId]);
  return rows[0];
}

/** The same, and the roster stays as it is until the transaction ends: waits for a sync that is being applied. */
export async function lockAppliedRun(sql: Sql, runId: number): Promise<AppliedRun | undefined> {
  const { rows } = await sql.query<AppliedRun>(`${APPLIED_RUN} FOR SHARE OF d`, [runId]);
  return rows[0];
}

/**
 * Keeps with the run what was applied, and the roster as it is after: runs of other syncs that are under way ask by it
 * what was changed. Without a revision the next delivery is looked at, whatever it is.
 */
export async function markApplied(sql: Sql, run: RunInfo, revision: string | null): Promise<void> {
  await sql.query(
    `UPDATE runs SET revision = $3, roster_version = d.roster_version FROM districts d WHERE runs.id = $1 AND d.id = $2`,
    [run.id, run.districtId, revision],
  );
}

/** Everything that run left active is unchanged now; what it warned of holds again, but for updates: they are made. */
export async function endUnchanged(sql: Sql, lease: Lease, applied: AppliedRun): Promise<RunOutcome> {
  const counts = emptyCounts();
  for (const [recordType, before] of Object.entries(applied.counts) as [RecordType, RecordCounts][]) {
    counts[recordType].unchanged = before.created + before.updated + before.restored + before.unchanged;
    counts[recordType].skipped = before.skipped;
  }
  // A former round of the run may have read another delivery, and warned of it.
  await sql.query('DELETE FROM warnings WHERE run_id = $1', [lease.runId]);
  await sql.query(
    `INSERT INTO warnings (run_id, ordinal, code, file, line, message, count)
     SELECT $1, ordinal, code, file, line, message, count FROM warnings WHERE run_id = $2 AND code <> 'mass_update'`,
    [lease.runId, applied.id],
  );
  await sql.query('UPDATE runs SET revision = $2, roster_version = $3 WHERE id = $1', [
    lease.runId,
    applied.revision,
    applied.roster_version,
  ]);
  return endRun(sql, lease, 'succeeded', null, counts);
}
