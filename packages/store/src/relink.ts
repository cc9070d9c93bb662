import type { RecordType } from '@rollbook/core';
import { RosterMoved } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import type { ApplyInput } from './apply.ts';
import { changesTable } from './changes.ts';
import { columnsOf } from './columns.ts';
import { PERSON_TYPES, differsAssignment, effectiveSql } from './effective-values.ts';

type Counts = Partial<Record<RecordType, { updated: number; archived: number }>>;

/** The records of people that move with them; those of one person that mean the same have the same `twin`. */
const CHILDREN = [
  { table: 'enrollments', column: 'person_id', parents: PERSON_TYPES, twin: ['class_id', 'role'] },
  { table: 'guardianships', column: 'student_id', parents: ['students'], twin: ['guardian_id'] },
  { table: 'guardianships', column: 'guardian_id', parents: ['guardians'], twin: ['student_id'] },
] as const satisfies readonly {
  readonly table: RecordType;
  readonly column: string;
  readonly parents: readonly RecordType[];
  readonly twin: readonly string[];
}[];

/**
 * Lets records that have another id in the data take it, with their history, in place of the records that were created
 * under it (guard §25). Their enrollments and guardianships take the ids of those of the new record in the same way;
 * those that the new record lacks end. What was changed is kept in `relinks` as it was, so that it can be undone.
 *
 * @throws RosterMoved if a record of a pair is no longer what it was when it was compared.
 */
export async function relink(sql: PoolClient, input: ApplyInput): Promise<Counts> {
  const counts: Counts = {};
  const count = (recordType: RecordType, what: 'updated' | 'archived', by: number): void => {
    const known = (counts[recordType] ??= { updated: 0, archived: 0 });
    known[what] += by;
  };
  for (const recordType of PERSON_TYPES) {
    const expected = input.difference.types[recordType]?.relinked ?? 0;
    if (expected === 0) continue;
    await sql.query('CREATE TEMP TABLE relink_pairs (old_id text COLLATE "C", new_id text COLLATE "C") ON COMMIT DROP');
    await sql.query(
      `INSERT INTO relink_pairs SELECT sis_id, other_id FROM ${changesTable(input.prefix)} WHERE record_type = $1 AND action = 'l'`,
      [recordType],
    );
    const relinked = await takeOver(sql, input, recordType, 'relink_pairs');
    if (relinked !== expected) throw new RosterMoved(`${relinked} ${recordType} to relink, not ${expected}`);
    count(recordType, 'updated', relinked);
    for (const child of CHILDREN.filter(({ parents }) => (parents as readonly RecordType[]).includes(recordType))) {
      count(child.table, 'updated', await takeOverChildren(sql, input, child));
      count(child.table, 'archived', await endChildren(sql, input, child));
    }
    await sql.query('DROP TABLE relink_pairs');
  }
  return counts;
}

/** For each pair of ids the old record takes the new id and everything the new record says, whose row goes. */
async function takeOver(
  sql: PoolClient,
  { districtId, syncId, runId, settings }: ApplyInput,
  recordType: RecordType,
  pairs: string,
): Promise<number> {
  await sql.query(
    `INSERT INTO relinks (run_id, record_type, old_id, new_id, district_id, former, taken_over)
     SELECT $3, '${recordType}', o.sis_id, n.sis_id, $1, to_jsonb(o), to_jsonb(n)
     FROM ${pairs} p
     JOIN ${recordType} o ON o.district_id = $1 AND o.sis_id = p.old_id AND o.sync_id = $2 AND o.status = 'active'
     JOIN ${recordType} n ON n.district_id = $1 AND n.sis_id = p.new_id AND n.sync_id = $2 AND n.status = 'active'`,
    [districtId, syncId, runId],
  );
  await sql.query(`DELETE FROM ${recordType} r USING ${pairs} p WHERE r.district_id = $1 AND r.sis_id = p.new_id`, [
    districtId,
  ]);
  const names = columnsOf(recordType).map(({ name }) => name);
  const effective = (name: string): string => effectiveSql(recordType, name, settings);
  const { rowCount } = await sql.query(
    `WITH pair AS (
       SELECT l.old_id, l.new_id, l.former, l.taken_over FROM relinks l JOIN ${pairs} p ON p.old_id = l.old_id
       WHERE l.run_id = $2 AND l.record_type = '${recordType}'
     ), changed AS (
       UPDATE ${recordType} r SET sis_id = pair.new_id, ${names.map((name) => `${name} = ${effective(name)}`).join(', ')},
         ${differsAssignment(recordType, settings)} source_hash = s.source_hash, changed_run_id = $2
       FROM pair CROSS JOIN LATERAL jsonb_populate_record(NULL::${recordType}, pair.taken_over) s
       WHERE r.district_id = $1 AND r.sis_id = pair.old_id
       RETURNING pair.former, to_jsonb(r) AS current
     )
     INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after)
     SELECT $2, '${recordType}', current ->> 'sis_id', $1, 'relink',
       rollbook_changed_fields(current, former) - ARRAY['changed_run_id', 'source_hash'],
       rollbook_changed_fields(former, current) - ARRAY['changed_run_id', 'source_hash']
     FROM changed
     ON CONFLICT (run_id, record_type, sis_id) DO UPDATE SET action = 'relink', before = excluded.before, after = excluded.after`,
    [districtId, runId],
  );
  return rowCount ?? 0;
}

type Child = (typeof CHILDREN)[number];

/** What both the old and the new record have: it keeps its history under the id that the data gives it now. */
async function takeOverChildren(sql: PoolClient, input: ApplyInput, { table, column, twin }: Child): Promise<number> {
  const isTwin = twin.map((name) => `o.${name} = n.${name}`).join(' AND ');
  await sql.query(
    'CREATE TEMP TABLE relink_children (old_id text COLLATE "C", new_id text COLLATE "C") ON COMMIT DROP',
  );
  await sql.query(
    `INSERT INTO relink_children
     SELECT DISTINCT ON (n.sis_id) o.sis_id, n.sis_id
     FROM relink_pairs p
     JOIN ${table} o ON o.district_id = $1 AND o.${column} = p.old_id AND o.sync_id = $2 AND o.status = 'active'
     JOIN ${table} n ON n.district_id = $1 AND n.${column} = p.new_id AND n.sync_id = $2 AND n.status = 'active' AND ${isTwin}
     WHERE o.sis_id <> n.sis_id
     ORDER BY n.sis_id, o.sis_id`,
    [input.districtId, input.syncId],
  );
  // A second one of the same class and role ends with the rest.
  await sql.query(
    `DELETE FROM relink_children a USING relink_children b WHERE a.old_id = b.old_id AND a.new_id > b.new_id`,
  );
  const taken = await takeOver(sql, input, table, 'relink_children');
  await sql.query('DROP TABLE relink_children');
  return taken;
}

/** What the new record does not have ends, as it would have with the old record; its history goes along. */
async function endChildren(
  sql: PoolClient,
  { districtId, syncId, runId }: ApplyInput,
  { table, column }: Child,
): Promise<number> {
  await sql.query(
    `INSERT INTO relinks (run_id, record_type, old_id, new_id, district_id, former)
     SELECT $2, '${table}', r.sis_id, r.sis_id, $1, to_jsonb(r)
     FROM ${table} r JOIN relink_pairs p ON r.${column} = p.old_id WHERE r.district_id = $1
     ON CONFLICT DO NOTHING`,
    [districtId, runId],
  );
  const { rowCount } = await sql.query(
    `WITH ended AS (
       UPDATE ${table} r SET status = 'archived', archived_by = 'sync', archived_run_id = $3
       FROM relink_pairs p
       WHERE r.district_id = $1 AND r.${column} = p.old_id AND r.sync_id = $2 AND r.status = 'active'
       RETURNING r.sis_id
     )
     INSERT INTO roster_changes (run_id, record_type, sis_id, district_id, action, before, after, is_approved)
     SELECT $3, '${table}', sis_id, $1, 'archive', '{"status": "active"}', '{"status": "archived"}', true FROM ended`,
    [districtId, syncId, runId],
  );
  await sql.query(
    `UPDATE ${table} r SET ${column} = p.new_id FROM relink_pairs p WHERE r.district_id = $1 AND r.${column} = p.old_id`,
    [districtId],
  );
  return rowCount ?? 0;
}
