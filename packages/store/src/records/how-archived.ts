import type { Sql } from '../database.ts';
import type { RecordKey, RecordRow } from './record-row.ts';

/** Who archived a record and when, as far as it is known, as the end of a sentence. */
export async function howArchived(
  sql: Sql,
  { districtId, recordType, sisId }: RecordKey,
  { archivedBy, archivedRunId, syncId }: RecordRow,
): Promise<string> {
  const along = archivedBy === 'parent' ? ' with what it hangs on' : '';
  if (archivedRunId !== null) return `by run ${archivedRunId}${syncId === null ? '' : ` of "${syncId}"`}${along}`;
  const { rows } = await sql.query<{ actor: string; at: Date }>(
    `SELECT actor, edited_at AS at FROM record_edits
     WHERE district_id = $1 AND record_type = $2 AND sis_id = $3 AND action = 'archive' ORDER BY id DESC LIMIT 1`,
    [districtId, recordType, sisId],
  );
  const act = rows[0];
  if (!act) return archivedBy === 'sync' ? 'by a sync' : `by hand${along}`;
  return `by "${act.actor}" at ${act.at.toISOString().slice(0, 16).replace('T', ' ')} UTC${along}`;
}
