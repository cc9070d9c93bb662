import { RECORD_TYPES, UsageError, emptyCounts, type RecordCounts, type RecordType } from '@rollbook/core';
import type { CountedWarning } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import type { Sql } from './database.ts';
import { recordDecision, refuseUnlessApprover, type Decider } from './decisions.ts';
import { DEPENDENT_TYPES, type DependentType } from './dependents.ts';
import { keepRestored } from './kept-by-undo.ts';
import { lookupSql } from './plans.ts';
import { restoreWhole } from './return-along.ts';
import { examples } from './snapshot-check.ts';
import { undoRelinks } from './undo-relinks.ts';

/** So long a run can be undone (guard §29). */
const UNDO_DAYS = 30;

export interface UndoRequest extends Decider {
  readonly runId: number;
  /** Whether no run archives what is restored until it was back in the data (guard §40); left out: yes. */
  readonly keep?: boolean;
}

interface UndoableRun {
  readonly id: number;
  readonly syncId: string;
  readonly districtId: string;
  readonly status: string;
  readonly preview: boolean;
  readonly isTooOld: boolean;
  readonly finishedAt: Date | null;
  readonly hasArchives: boolean;
  readonly undoneBy: number | null;
}

/**
 * Checks that a run can be undone, and keeps the decision.
 *
 * @returns the sync whose run it was.
 * @throws UsageError if there is no such run, it archived nothing, it ended more than 30 days ago, it was undone
 *   already, or the person may not decide.
 */
export async function decideUndo(sql: Sql, { runId, actor, comment, keep = true }: UndoRequest): Promise<UndoableRun> {
  const { rows } = await sql.query<UndoableRun>(
    `SELECT r.id, r.sync_id AS "syncId", r.district_id AS "districtId", r.status, r.preview, r.finished_at AS "finishedAt",
       r.finished_at < now() - interval '${UNDO_DAYS} days' AS "isTooOld",
       EXISTS (SELECT 1 FROM roster_changes c WHERE c.run_id = r.id AND c.action IN ('archive', 'relink')) AS "hasArchives",
       (SELECT max(u.id) FROM runs u WHERE u.undoes_run_id = r.id AND u.status <> 'failed') AS "undoneBy"
     FROM runs r WHERE r.id = $1 FOR UPDATE`,
    [runId],
  );
  const run = rows[0];
  if (!run) throw new UsageError(`There is no run ${runId}. "rollbook runs" lists those there are.`);
  await refuseUnlessApprover(sql, run.districtId, actor);
  if (run.finishedAt === null) throw new UsageError(`Run ${runId} has not ended yet: there is nothing to undo.`);
  if (run.undoneBy !== null) throw new UsageError(`Run ${runId} was undone already, by run ${run.undoneBy}.`);
  if (!run.hasArchives)
    throw new UsageError(
      `Run ${runId} archived nothing${run.preview ? ' (it was a preview)' : ''}: there is nothing to undo.`,
    );
  if (run.isTooOld)
    throw new UsageError(
      `Run ${runId} ended at ${run.finishedAt.toISOString().slice(0, 10)}, more than ${UNDO_DAYS} days ago: it cannot be undone any more.`,
    );
  await recordDecision(sql, { kind: 'undo', syncId: run.syncId, runId, actor, comment, details: { keep } });
  return run;
}

export interface UndoInput {
  readonly runId: number;
  readonly undoesRunId: number;
  readonly districtId: string;
  readonly syncId: string;
}

/** Records and links that do not stand by themselves come after those they join. */
const IN_ORDER = [
  ...RECORD_TYPES.filter((type) => !(type in DEPENDENT_TYPES)),
  ...(Object.keys(DEPENDENT_TYPES) as RecordType[]),
];

/**
 * Restores what a run archived, and takes back its relinks, in the caller's transaction (guard §29). Spared is what is no
 * longer as the run left it: that was archived or changed by hand since, that was restored, or whose class or person is
 * not active. What was restored is kept (guard §40), unless the undo was requested without.
 *
 * @returns what was restored, and what could not be and why.
 */
export async function undo(
  sql: PoolClient,
  input: UndoInput,
): Promise<{ readonly counts: Record<RecordType, RecordCounts>; readonly warnings: CountedWarning[] }> {
  const counts = emptyCounts();
  const warnings: CountedWarning[] = [];
  await sql.query('UPDATE districts SET roster_version = roster_version + 1 WHERE id = $1', [input.districtId]);
  for (const [type, updated] of Object.entries(await undoRelinks(sql, input, warnings)) as [RecordType, number][])
    counts[type].updated += updated;
  for (const recordType of IN_ORDER) {
    const { rows } = await sql.query<{ sis_id: string; line: number; why: string | null }>(restoreSql(recordType), [
      input.districtId,
      input.undoesRunId,
      input.runId,
      input.syncId,
    ]);
    counts[recordType].restored = rows.filter(({ why }) => why === null).length;
    const reasons = [...new Set(rows.flatMap(({ why }) => (why === null ? [] : [why])))].sort();
    for (const reason of reasons)
      warnings.push(
        ...examples(
          rows.filter(({ why }) => why === reason),
          'not_restored',
          recordType,
          ({ sis_id }) => `${recordType} "${sis_id}" was not restored: ${reason}`,
        ),
      );
  }
  for (const [type, restored] of Object.entries(await restoreAlong(sql, input)) as [RecordType, number][])
    counts[type].restored += restored;
  await keepRestored(sql, input);
  return { counts, warnings };
}

/** What had lost its other end before the undone run, and has both again now (guard §40). */
async function restoreAlong(sql: PoolClient, input: UndoInput): Promise<Partial<Record<RecordType, number>>> {
  const counts: Partial<Record<RecordType, number>> = {};
  for (const recordType of Object.keys(DEPENDENT_TYPES) as DependentType[]) {
    const along = Object.entries(DEPENDENT_TYPES[recordType]).map(
      ([column, types]: [string, readonly RecordType[]]) =>
        `SELECT r.sis_id FROM roster_changes c
         JOIN ${recordType} r ON r.district_id = $1 AND r.${column} = c.sis_id AND r.archived_by = 'parent'
         WHERE c.run_id = $2 AND c.action IN ('restore', 'relink') AND c.record_type IN (${types.map((type) => `'${type}'`).join(', ')})`,
    );
    counts[recordType] = await restoreWhole(sql, input, recordType, along.join(' UNION '));
  }
  return counts;
}

/** By column, the record types that a record hangs on. */
const parentsOf = (recordType: RecordType): [string, readonly RecordType[]][] =>
  Object.entries(
    (DEPENDENT_TYPES as Readonly<Record<string, Readonly<Record<string, readonly RecordType[]>>>>)[recordType] ?? {},
  );

/** Why a record is left as it is; null: it is restored. `r` is the record now, all null if it is gone. */
function whyNotSql(recordType: RecordType): string {
  const parents = parentsOf(recordType).map(
    ([column]) => `WHEN p_${column}.id IS NULL THEN 'its ${column.replace('_id', '')} is not active'`,
  );
  return `CASE
    WHEN r.sis_id IS NULL THEN 'it is not in the roster any more'
    WHEN r.status = 'active' THEN 'it is active again already'
    WHEN e.sis_id IS NOT NULL THEN 'it was changed by hand since'
    WHEN r.archived_run_id IS DISTINCT FROM $2 THEN 'it was archived again since'
    WHEN r.sync_id IS DISTINCT FROM $4 AND r.archived_by <> 'parent' THEN 'it belongs to the sync no longer'
    ${parents.join(' ')}
    END`;
}

/** The ids, by which archived records hang on others, of those that are active: each looked up once. */
const activeParents = ([column, types]: readonly [string, readonly RecordType[]]): string =>
  `active_${column} AS MATERIALIZED (${types
    .map(
      (
        type,
      ) => `SELECT c.id FROM (SELECT DISTINCT ${column} AS id FROM archived) c CROSS JOIN ${lookupSql(type, 'c.id', 'p')}
       WHERE p.status = 'active'`,
    )
    .join(' UNION ')})`;

function restoreSql(recordType: RecordType): string {
  const parents = parentsOf(recordType);
  const columns = [
    'sis_id',
    'status',
    'archived_by',
    'archived_run_id',
    'sync_id',
    ...parents.map(([column]) => column),
  ];
  return `
  WITH archived AS MATERIALIZED (
    SELECT c.sis_id AS id, ${columns.map((name) => `r.${name}`).join(', ')}
    FROM roster_changes c LEFT JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = c.sis_id
    WHERE c.run_id = $2 AND c.record_type = '${recordType}' AND c.action = 'archive'
  ), edited AS MATERIALIZED (
    SELECT DISTINCT e.sis_id FROM record_edits e JOIN runs u ON u.id = $2 AND e.edited_at > u.finished_at
    WHERE e.district_id = $1 AND e.record_type = '${recordType}'
  ), ${parents.map((parent) => `${activeParents(parent)}, `).join('')}judged AS MATERIALIZED (
    SELECT r.id AS sis_id, ${whyNotSql(recordType)} AS why
    FROM archived r LEFT JOIN edited e ON e.sis_id = r.id
    ${parents.map(([column]) => `LEFT JOIN active_${column} p_${column} ON p_${column}.id = r.${column}`).join(' ')}
  ), restored AS (
    UPDATE ${recordType} r SET status = 'active', archived_by = NULL, archived_run_id = NULL, changed_run_id = $3
    FROM judged j WHERE j.why IS NULL AND r.district_id = $1 AND r.sis_id = j.sis_id
    RETURNING r.sis_id
  ), audited AS (
    INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after)
    SELECT $3, '${recordType}', sis_id, $1, 'restore', '{"status": "archived"}', '{"status": "active"}' FROM restored
  )
  SELECT sis_id, 0 AS line, why FROM judged ORDER BY sis_id`;
}
