import { RECORD_TYPES, countedRecords, type RecordType } from '@rollbook/core';
import { isSynced, type CountedWarning } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { changesTable } from './changes.ts';
import { DEPENDENT_TYPES } from './dependents.ts';
import type { DiffInput } from './diff.ts';
import { PERSON_TYPES } from './effective-values.ts';
import { recognisedSql } from './recognised.ts';
import { snapshotTable } from './snapshot-writer.ts';

/** Records that are missing and stay all the same, by type. */
export interface KeptCounts {
  readonly kept: Partial<Record<RecordType, number>>;
  readonly inGrace: Partial<Record<RecordType, number>>;
}

/**
 * Takes out of the archives what a person decided to keep (guard §26, §40), and people who have not been missing for long
 * enough (transfer grace), with the enrollments and guardianships that hang on either. Approved records go all the same.
 */
export async function withholdKept(sql: PoolClient, input: DiffInput, warnings: CountedWarning[]): Promise<KeptCounts> {
  const changes = changesTable(input.prefix);
  await sql.query(
    `UPDATE ${changes} c SET action = 'k' FROM kept_records k
     WHERE k.sync_id = $1 AND c.record_type = k.record_type AND c.sis_id = k.sis_id AND c.action = 'a' AND NOT c.is_approved`,
    [input.syncId],
  );
  if (input.settings.transferGrace > 1) await withholdInGrace(sql, input);
  const { rows } = await sql.query<{ type: RecordType; action: 'k' | 'g'; count: number }>(
    `SELECT record_type AS type, action, count(*)::integer AS count FROM ${changes} WHERE action IN ('k', 'g') GROUP BY 1, 2`,
  );
  if (rows.length > 0) await keepDependents(sql, input, changes);
  warnings.push(...rows.map((row) => warningOf(row, input.settings.transferGrace)));
  return countKept(sql, changes);
}

async function withholdInGrace(sql: PoolClient, input: DiffInput): Promise<void> {
  for (const recordType of graceTypes(input))
    await sql.query(
      `UPDATE ${changesTable(input.prefix)} c SET action = 'g'
       FROM (SELECT c.ctid AS row, coalesce(a.runs, 0) + 1 AS runs
             FROM ${changesTable(input.prefix)} c
             LEFT JOIN absences a ON a.sync_id = $1 AND a.record_type = c.record_type AND a.sis_id = c.sis_id
             WHERE c.record_type = '${recordType}' AND c.action = 'a' AND NOT c.is_approved AND ${isAbsentSql(input.prefix, recordType)}) m
       WHERE c.ctid = m.row AND m.runs < $2`,
      [input.syncId, input.settings.transferGrace],
    );
}

/** People of whom the data says nothing at all; those that it marks as deleted, or shows elsewhere, get no grace. */
const isAbsentSql = (prefix: string, recordType: RecordType): string =>
  `NOT EXISTS (SELECT 1 FROM ${snapshotTable(prefix, recordType)} s WHERE s.sis_id = c.sis_id)`;

const graceTypes = ({ contents, settings }: Pick<DiffInput, 'contents' | 'settings'>): readonly RecordType[] =>
  PERSON_TYPES.filter((type) => contents.types[type]?.delivery === 'full' && isSynced(type, settings));

/** Enrollments and guardianships stay with the person or class that stays. */
async function keepDependents(sql: PoolClient, { districtId }: DiffInput, changes: string): Promise<void> {
  for (const [recordType, columns] of Object.entries(DEPENDENT_TYPES))
    for (const [column, parents] of Object.entries(columns))
      await sql.query(
        `UPDATE ${changes} c SET action = p.action
         FROM ${recordType} r JOIN ${changes} p ON p.sis_id = r.${column} AND p.action IN ('k', 'g') AND p.record_type = ANY ($2)
         WHERE c.record_type = '${recordType}' AND c.action = 'a' AND NOT c.is_approved
           AND r.district_id = $1 AND r.sis_id = c.sis_id`,
        [districtId, parents],
      );
}

async function countKept(sql: PoolClient, changes: string): Promise<KeptCounts> {
  const { rows } = await sql.query<{ type: RecordType; action: 'k' | 'g'; count: number }>(
    `SELECT record_type AS type, action, count(*)::integer AS count FROM ${changes} WHERE action IN ('k', 'g') GROUP BY 1, 2`,
  );
  const of = (action: 'k' | 'g'): Partial<Record<RecordType, number>> =>
    Object.fromEntries(rows.filter((row) => row.action === action).map(({ type, count }) => [type, count]));
  return { kept: of('k'), inGrace: of('g') };
}

function warningOf(
  { type, action, count }: { readonly type: RecordType; readonly action: 'k' | 'g'; readonly count: number },
  grace: number,
): CountedWarning {
  const what = `${countedRecords(count, type)} ${count === 1 ? 'is missing from the data and stays active' : 'are missing from the data and stay active'}`;
  return action === 'k'
    ? {
        code: 'kept_by_decision',
        file: null,
        line: null,
        message: `${what}, as was decided`,
        count,
      }
    : {
        code: 'transfer_grace',
        file: null,
        line: null,
        message: `${what} until ${grace} runs in a row were without ${count === 1 ? 'it' : 'them'}`,
        count,
      };
}

/**
 * After a run: decisions to keep end with the return of the record; of people who are missing the runs are counted, of
 * all others they begin anew.
 */
export async function settleKept(
  sql: PoolClient,
  input: Pick<DiffInput, 'prefix' | 'contents' | 'settings' | 'districtId' | 'syncId'>,
): Promise<void> {
  const changes = changesTable(input.prefix);
  for (const type of RECORD_TYPES)
    if (input.contents.types[type] && isSynced(type, input.settings)) await endKept(sql, input, type);
  if (input.settings.transferGrace === 1) {
    await sql.query('DELETE FROM absences WHERE sync_id = $1', [input.syncId]);
    return;
  }
  const types = graceTypes(input);
  // A run that looked at no people, as one for an approval, neither counts nor begins anew.
  if (types.length === 0) return;
  const missing = types.map(
    (type) =>
      `SELECT c.record_type, c.sis_id FROM ${changes} c
       WHERE c.record_type = '${type}' AND c.action IN ('g', 'k', 'w') AND ${isAbsentSql(input.prefix, type)}`,
  );
  await sql.query(
    `WITH missing AS (${missing.join(' UNION ALL ')}),
     back AS (DELETE FROM absences a WHERE a.sync_id = $1 AND a.record_type = ANY ($2) AND NOT EXISTS (
       SELECT 1 FROM missing m WHERE m.record_type = a.record_type AND m.sis_id = a.sis_id))
     INSERT INTO absences (sync_id, record_type, sis_id, runs) SELECT $1, record_type, sis_id, 1 FROM missing
     ON CONFLICT (sync_id, record_type, sis_id) DO UPDATE SET runs = absences.runs + 1`,
    [input.syncId, types],
  );
}

/** A record that is merely out of the sync's scope for now is neither back nor gone. */
async function endKept(
  sql: PoolClient,
  { prefix, contents, districtId, syncId }: Pick<DiffInput, 'prefix' | 'contents' | 'districtId' | 'syncId'>,
  type: RecordType,
): Promise<void> {
  await sql.query(
    `DELETE FROM kept_records k WHERE k.sync_id = $1 AND k.record_type = '${type}' AND NOT EXISTS (
       SELECT 1 FROM ${type} r
       WHERE r.district_id = $2 AND r.sis_id = k.sis_id AND r.status = 'active' AND r.sync_id = $1
         AND NOT ${recognisedSql(prefix, type, contents.types[type], 'r', '$1')}
         AND NOT EXISTS (SELECT 1 FROM ${snapshotTable(prefix, type)} s
                         WHERE s.sis_id = k.sis_id AND s.presence IN ('p', 's', 'u')))`,
    [syncId, districtId],
  );
}
