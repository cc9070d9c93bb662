import type { ClientBase } from 'pg';

/** Up to so many rows are looked up in an index one by one; with more of them, tables are joined whole. */
export const FEW_ROWS = 1_000;

/**
 * Tells the planner, until the transaction ends or this is called anew, how many rows the statements to come join with
 * the roster. Its own guess rests on statistics that a table filled a moment ago does not have: it would then go through
 * one side of a join again for each row of the other.
 */
export async function planFor(sql: ClientBase, rows: number): Promise<void> {
  await sql.query(`SET LOCAL enable_nestloop = ${rows > FEW_ROWS ? 'off' : 'on'}`);
}
