import { RECORD_TYPES, UsageError, type RecordType } from '@rollbook/core';
import type pg from 'pg';
import type { PoolClient } from 'pg';
import { inTransaction, type Sql } from './database.ts';
import { recordDecision, refuseUnlessApprover, type Decider } from './decisions.ts';
import { DEPENDENT_TYPES } from './dependents.ts';
import { PERSON_TYPES } from './effective-values.ts';
import type { UndoInput } from './undo.ts';

type Parents = Readonly<Record<string, readonly RecordType[]>>;

/**
 * Keeps what an undo restored, and what it gave a former id back, until it was back in the data (guard §40). What hangs
 * on a record that is kept stays with that, and returns or ends with it; what hangs on others is kept for itself. Does
 * nothing if the undo was requested without.
 */
export async function keepRestored(sql: PoolClient, { runId, undoesRunId, syncId }: UndoInput): Promise<void> {
  const { rows } = await sql.query('SELECT 1 FROM runs WHERE id = $1 AND keeps_restored', [runId]);
  if (rows.length === 0) return;
  const onConflict = 'ON CONFLICT (sync_id, record_type, sis_id) DO UPDATE SET undo_run_id = excluded.undo_run_id';
  for (const recordType of RECORD_TYPES)
    await sql.query(
      `INSERT INTO kept_records (sync_id, record_type, sis_id, undo_run_id)
       SELECT $2, '${recordType}', r.sis_id, $1
       FROM roster_changes c JOIN ${recordType} r ON r.district_id = c.district_id AND r.sis_id = c.sis_id AND r.sync_id = $2
       WHERE c.run_id = $1 AND c.record_type = '${recordType}' AND c.action = 'restore' ${standsAloneSql(recordType)}
       ${onConflict}`,
      [runId, syncId],
    );
  await sql.query(
    `INSERT INTO kept_records (sync_id, record_type, sis_id, undo_run_id)
     SELECT $2, c.record_type, c.sis_id, $1
     FROM roster_changes c
     JOIN relinks l ON l.run_id = $3 AND l.record_type = c.record_type AND l.old_id = c.sis_id
     WHERE c.run_id = $1 AND c.action = 'relink' AND c.record_type = ANY ($4)
     ${onConflict}`,
    [runId, syncId, undoesRunId, PERSON_TYPES],
  );
}

/** True for a restored record `r` none of whose ends this undo, run `$1`, gave back as well. */
function standsAloneSql(recordType: RecordType): string {
  const parents: Parents = (DEPENDENT_TYPES as Partial<Record<RecordType, Parents>>)[recordType] ?? {};
  return Object.entries(parents)
    .map(
      ([column, types]) => `AND NOT EXISTS (
         SELECT 1 FROM roster_changes p WHERE p.run_id = $1 AND p.action IN ('restore', 'relink') AND p.sis_id = r.${column}
           AND p.record_type IN (${types.map((type) => `'${type}'`).join(', ')}))`,
    )
    .join(' ');
}

/**
 * Takes back that records are kept by some holds, or by some undos. What the other kind of decision keeps stays kept.
 *
 * @returns how many records these decisions kept.
 */
export async function stopKeeping(
  sql: Sql,
  column: 'hold_id' | 'undo_run_id',
  ids: readonly number[],
): Promise<number> {
  const other = column === 'hold_id' ? 'undo_run_id' : 'hold_id';
  const { rowCount: deleted } = await sql.query(
    `DELETE FROM kept_records WHERE ${column} = ANY ($1) AND ${other} IS NULL`,
    [ids],
  );
  const { rowCount: left } = await sql.query(
    `UPDATE kept_records SET ${column} = NULL WHERE ${column} = ANY ($1) AND ${other} IS NOT NULL`,
    [ids],
  );
  return (deleted ?? 0) + (left ?? 0);
}

/**
 * Takes back that what the undo of a run restored is kept: the next run measures it like all else (guard §40).
 *
 * @returns the sync, and how many records were still kept.
 * @throws UsageError if there is no such run, it was not undone, nothing of it is kept any more, or the person may not
 *   decide.
 */
export async function releaseUndone(
  pool: pg.Pool,
  { runId, actor, comment }: Decider & { readonly runId: number },
): Promise<{ readonly syncId: string; readonly recordCount: number }> {
  return inTransaction(pool, async (sql) => {
    // A run that has compared compares again. The district first, as a run locks it.
    await sql.query(
      `UPDATE districts d SET roster_version = d.roster_version + 1 FROM runs r WHERE r.id = $1 AND d.id = r.district_id`,
      [runId],
    );
    const { rows } = await sql.query<{ syncId: string; districtId: string; undos: number[] }>(
      `SELECT r.sync_id AS "syncId", r.district_id AS "districtId",
         ARRAY(SELECT u.id FROM runs u WHERE u.undoes_run_id = r.id) AS undos
       FROM runs r WHERE r.id = $1`,
      [runId],
    );
    const run = rows[0];
    if (!run) throw new UsageError(`There is no run ${runId}. "rollbook runs" lists those there are.`);
    await refuseUnlessApprover(sql, run.districtId, actor);
    if (run.undos.length === 0) throw new UsageError(`Run ${runId} was not undone: there is nothing to release.`);
    const recordCount = await stopKeeping(sql, 'undo_run_id', run.undos);
    if (recordCount === 0)
      throw new UsageError(
        `Nothing that the undo of run ${runId} restored is kept any more: there is nothing to release.`,
      );
    const { syncId } = run;
    await recordDecision(sql, { kind: 'reopen', syncId, runId, actor, comment, recordCount });
    return { syncId, recordCount };
  });
}
