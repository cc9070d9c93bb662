import type { RecordType } from '@rollbook/core';
import type { SnapshotContents } from '@rollbook/pipeline';
import type { ClientBase } from 'pg';
import { changesTable } from './changes.ts';
import type { Sql } from './database.ts';

/** Up to so many rows are looked up in an index one by one; with more of them, tables are joined whole. */
export const FEW_ROWS = 500;

/** Counts no further than it must. */
const capped = (rows: string): string => `(SELECT count(*) FROM (SELECT 1 FROM ${rows} LIMIT ${FEW_ROWS + 1}) x)`;

/** Few: a roster thought to be a row must not look cheaper to go through than a few looks into its index. */
const planSql = (isMany: string): string =>
  `SELECT set_config('enable_nestloop', CASE WHEN x.many THEN 'off' ELSE 'on' END, true),
     set_config('enable_material', CASE WHEN x.many THEN 'on' ELSE 'off' END, true),
     set_config('random_page_cost', CASE WHEN x.many THEN '4' ELSE '1.1' END, true)
   FROM (SELECT ${isMany} AS many OFFSET 0) x`;

/**
 * Tells the planner, until the transaction ends or this is called anew, how many rows the statements to come join with
 * the roster. Its own guess rests on statistics that a table filled a moment ago does not have: it would then go through
 * one side of a join again for each row of the other.
 */
export async function planFor(sql: ClientBase, rows: number): Promise<void> {
  await sql.query(planSql(`$1::bigint > ${FEW_ROWS}`), [rows]);
}

export interface PlannedRun {
  readonly syncId: string;
  readonly contents: SnapshotContents;
  /** Null: there is no change set yet. */
  readonly prefix: string | null;
}

/** The same for the stages of a run: the rows of its snapshot and change set, and what waits for it since earlier runs. */
export async function planForRun(sql: Sql, { syncId, contents, prefix }: PlannedRun): Promise<void> {
  const sets = [
    '$2::bigint',
    `(SELECT coalesce(max(record_count), 0) FROM holds WHERE sync_id = $1 AND status = 'open')`,
    capped(`approvals a JOIN approval_records p ON p.approval_id = a.id WHERE a.sync_id = $1 AND a.status = 'active'`),
    ...['kept_records', 'absences', 'delta_marks'].map((table) => capped(`${table} WHERE sync_id = $1`)),
    ...(prefix === null ? [] : [capped(changesTable(prefix))]),
  ];
  await sql.query(planSql(`${sets.join(' + ')} > ${FEW_ROWS}`), [syncId, rowsOf(contents)]);
}

/** The same for what follows on a run that is over: its recorded changes. */
export async function planForChangesOf(sql: Sql, runId: number): Promise<void> {
  await sql.query(planSql(`${capped('roster_changes WHERE run_id = $1')} > ${FEW_ROWS}`), [runId]);
}

/** Whether all that a run is about is few. */
export const isFew = (contents: SnapshotContents): boolean => rowsOf(contents) <= FEW_ROWS;

/**
 * The roster record of each id that another table of the statement names, found in the index of the ids one by one and in
 * no other way: for sets that are small beside the roster. `$1` is the district. Goes after FROM and a comma or a join.
 */
export const lookupSql = (recordType: RecordType, id: string, alias: string): string =>
  `LATERAL (SELECT * FROM ${recordType} x WHERE x.district_id = $1 AND x.sis_id = ${id} OFFSET 0) ${alias}`;

/** In the tables of a snapshot. */
function rowsOf({ types, recognition }: SnapshotContents): number {
  return Object.values(types).reduce(
    (sum, { present, recognised, gone, skipped, outside }) => sum + present - recognised + gone + skipped + outside,
    recognition.missed,
  );
}
