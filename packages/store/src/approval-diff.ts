import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import type { CompareOptions, Difference, SnapshotContents, TypeDifference } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { markApproved } from './approved.ts';
import { changesTable, createChanges } from './changes.ts';
import { homeSchoolSql } from './columns.ts';
import { countActive, type Comparison } from './compare.ts';
import { addDependents } from './dependents.ts';
import { countChanges, readRosterVersion } from './diff.ts';
import { measureGroups } from './measured-groups.ts';
import { planForRun } from './plans.ts';
import { missedTable } from './recognised.ts';

/** The snapshot of a run that looks at no data: empty, so that nothing in it can be missing. */
export const noContents = (rosterVersion: string): SnapshotContents => ({
  types: {},
  schools: [],
  otherOrgs: [],
  revision: null,
  recognition: { rosterVersion, missed: 0 },
});

/**
 * The change set of a run that carries out approvals: exactly the records approved that the roster still holds as the
 * sync's, with what hangs on them (guard §27). That they are still absent is what the latest run found: a hold whose
 * records changed is replaced, and cannot be approved.
 */
export async function diffApprovals(
  sql: PoolClient,
  { prefix, now, ...options }: CompareOptions & { readonly prefix: string; readonly now: Date },
): Promise<{ readonly difference: Difference; readonly contents: SnapshotContents }> {
  const { districtId, syncId } = options;
  const rosterVersion = await readRosterVersion(sql, districtId);
  const contents = noContents(rosterVersion);
  await sql.query(
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${missedTable(prefix)} (record_type text NOT NULL, source_hash uuid NOT NULL)`,
  );
  const changes = await createChanges(sql, prefix);
  await planForRun(sql, { syncId, contents, prefix: null });
  for (const recordType of RECORD_TYPES) await addApproved(sql, { changes, recordType, districtId, syncId });
  await sql.query(`ANALYZE ${changes}`);
  const approvalIds = await markApproved(sql, syncId, changes);
  // Of other approvals, or to be relinked with a record that has gone.
  await sql.query(`DELETE FROM ${changes} WHERE NOT is_approved`);
  await sql.query(`ANALYZE ${changes}`);
  const input = { prefix, contents, now, ...options };
  const dependents = await addDependents(sql, input, changes);
  const active: Partial<Record<RecordType, Pick<Comparison, 'active'>>> = {};
  const { rows } = await sql.query<{ type: RecordType; relinked: number }>(
    `SELECT record_type AS type, (count(*) FILTER (WHERE action = 'l'))::integer AS relinked
     FROM ${changesTable(prefix)} WHERE NOT is_dependent GROUP BY 1`,
  );
  for (const { type } of rows) active[type] = { active: await countActive(sql, options, type) };
  return {
    contents,
    difference: {
      rosterVersion,
      types: typesOf(dependents, new Map(rows.map(({ type, relinked }) => [type, relinked]))),
      groups: await measureGroups(sql, input, active),
      changeCount: await countChanges(sql, changes),
      approvalIds,
      touched: 0,
      overtaken: 0,
      warnings: [],
    },
  };
}

async function addApproved(
  sql: PoolClient,
  {
    changes,
    recordType,
    districtId,
    syncId,
  }: {
    readonly changes: string;
    readonly recordType: RecordType;
    readonly districtId: string;
    readonly syncId: string;
  },
): Promise<void> {
  await sql.query(
    `INSERT INTO ${changes} (record_type, sis_id, action, school_id)
     SELECT DISTINCT '${recordType}', r.sis_id, 'a'::"char", ${homeSchoolSql(recordType, 'r')}
     FROM approvals a JOIN approval_records p ON p.approval_id = a.id
     JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = p.sis_id AND r.sync_id = $2 AND r.status = 'active'
     WHERE a.sync_id = $2 AND a.status = 'active' AND p.record_type = '${recordType}' AND p.outcome IS NULL`,
    [districtId, syncId],
  );
}

const NOTHING: TypeDifference = {
  created: 0,
  updated: 0,
  restored: 0,
  rehashed: 0,
  adopted: 0,
  unchanged: 0,
  foreign: 0,
  keptArchived: 0,
  dependents: 0,
  kept: 0,
  inGrace: 0,
  relinked: 0,
  returning: 0,
};

function typesOf(
  dependents: Partial<Record<RecordType, number>>,
  relinked: ReadonlyMap<RecordType, number>,
): Difference['types'] {
  const types: Partial<Record<RecordType, TypeDifference>> = {};
  for (const recordType of RECORD_TYPES)
    types[recordType] = {
      ...NOTHING,
      dependents: dependents[recordType] ?? 0,
      relinked: relinked.get(recordType) ?? 0,
    };
  return types;
}
