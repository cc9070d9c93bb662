import type { RecordType } from '@rollbook/core';
import type { TypeContents } from '@rollbook/pipeline';
import { isRecognisableSql } from './effective-values.ts';
import { missedTable, touchedTable } from './recognised.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** Rows that say a record is not there: marked as deleted, or shown outside the linked schools. */
const SAYS_GONE = `('g', 'o')`;

/**
 * Tells whether a snapshot shows the roster records `r` of a sync: in a row that does not say they are gone, whether it
 * could be used or not, or recognised. Of records that others touched since, only a row tells (guard §40). `join` goes after
 * the table of `r`; `condition` may then be used anywhere. Joins by hash, as an EXISTS in a CASE would look through the
 * missed hashes for every row.
 */
export function shown(
  prefix: string,
  recordType: RecordType,
  type: Pick<TypeContents, 'recognised'> | undefined,
): { readonly join: string; readonly condition: string } {
  if (!type) return { join: '', condition: 'false' };
  const row = `LEFT JOIN ${snapshotTable(prefix, recordType)} shown_row ON shown_row.sis_id = r.sis_id`;
  const isInRow = `coalesce(shown_row.presence NOT IN ${SAYS_GONE}, false)`;
  if (type.recognised === 0) return { join: row, condition: isInRow };
  const missed = `LEFT JOIN ${missedTable(prefix)} shown_missed
    ON shown_missed.record_type = '${recordType}' AND shown_missed.source_hash = r.source_hash`;
  const touched = `LEFT JOIN ${touchedTable(prefix)} shown_touched
    ON shown_touched.record_type = '${recordType}' AND shown_touched.sis_id = r.sis_id`;
  const isRecognised = `(r.status = 'active' AND ${isRecognisableSql(recordType, 'r')}
    AND shown_missed.source_hash IS NULL AND shown_touched.sis_id IS NULL)`;
  return { join: `${row} ${missed} ${touched}`, condition: `(${isInRow} OR ${isRecognised})` };
}
