import { RECORD_TYPES, UsageError, type RecordType, type RunSettings } from '@rollbook/core';
import type pg from 'pg';
import type { WithheldGroup } from './apply.ts';
import { changesTable } from './changes.ts';
import { columnsOf, homeSchoolSql } from './columns.ts';
import { atOneMoment, rowsOf } from './cursor.ts';
import { DEPENDENT_TYPES } from './dependents.ts';
import { effectiveSql } from './effective-values.ts';
import { changedFieldsSql, fieldsSql } from './roster-changes.ts';
import { snapshotTable } from './snapshot-writer.ts';
import { readWithheldPeople, type WithheldPeople } from './withheld-updates.ts';

/** One thing that a run did to a record, or would do. */
export interface ListedChange {
  readonly action: 'create' | 'update' | 'archive' | 'restore' | 'relink' | 'adopt';
  readonly recordType: RecordType;
  readonly sisId: string;
  /** The home school. */
  readonly school: string | null;
  /** An archive or an update that the guard withheld: it was not made, or would not be. */
  readonly withheld: boolean;
  /** The fields that change, by their names in the roster model; of a create all that have a value. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

type ChangeRow = Omit<ListedChange, 'recordType'>;

/** A comparison whose tables still stand. */
export interface ComparedTables {
  readonly prefix: string;
  readonly districtId: string;
  readonly settings: RunSettings;
  readonly withheld: readonly WithheldGroup[];
  /** Groups of people whose updates are withheld (guard §36). */
  readonly withheldUpdates?: readonly WithheldPeople[];
}

/** What a comparison would do, record by record in the order of types and ids; nothing is written. */
export async function* listPlannedChanges(
  pool: pg.Pool,
  tables: ComparedTables,
): AsyncGenerator<ListedChange, void, undefined> {
  yield* atOneMoment(pool, async function* (client) {
    const { rows } = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'snapshot' AND starts_with(tablename, $1)`,
      [`${tables.prefix}_`],
    );
    const known = new Set(rows.map(({ name }) => name));
    for (const recordType of RECORD_TYPES) {
      const hasData = known.has(`${tables.prefix}_${recordType}`);
      const values = [
        tables.districtId,
        tables.withheld.map((group) => group.recordType),
        tables.withheld.map((group) => group.school),
        ...(hasData ? withheldValues(tables.withheldUpdates ?? [], recordType) : []),
      ];
      for await (const row of rowsOf<ChangeRow>(client, plannedSql(tables, recordType, hasData), values))
        yield named(recordType, row);
    }
  });
}

/** The schools of a type whose people are not updated, and whether those without one are not. */
const withheldValues = (people: readonly WithheldPeople[], recordType: RecordType): [string[], boolean] => {
  const schools = people.filter((group) => group.recordType === recordType).map(({ school }) => school);
  return [schools.filter((school) => school !== null), schools.includes(null)];
};

const isDependentType = (recordType: RecordType): recordType is keyof typeof DEPENDENT_TYPES =>
  Object.hasOwn(DEPENDENT_TYPES, recordType);

function plannedSql({ prefix, settings }: ComparedTables, recordType: RecordType, hasData: boolean): string {
  const changes = changesTable(prefix);
  const isWithheld = (alias: string): string => `(${alias}.action = 'w' OR NOT ${alias}.is_approved AND EXISTS (
    SELECT 1 FROM unnest($2::text[], $3::text[]) AS w (record_type, school_id)
    WHERE w.record_type = ${alias}.record_type AND w.school_id IS NOT DISTINCT FROM ${alias}.school_id))`;
  const parents = Object.entries(isDependentType(recordType) ? DEPENDENT_TYPES[recordType] : {}).map(
    ([column, types]) => `EXISTS (SELECT 1 FROM ${changes} p
      WHERE p.action = 'a' AND p.sis_id = r.${column} AND p.record_type IN (${types.map((type) => `'${type}'`).join(', ')})
        AND NOT ${isWithheld('p')})`,
  );
  // What hangs on a record goes with it, and is not in the list where that stays.
  const archives = `SELECT 'archive' AS action, c.sis_id AS "sisId", c.school_id AS school,
      NOT c.is_dependent AND ${isWithheld('c')} AS withheld, '{"status": "active"}'::jsonb AS before, '{"status": "archived"}'::jsonb AS after
    FROM ${changes} c JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = c.sis_id
    WHERE c.record_type = '${recordType}' AND c.action IN ('a', 'w') AND (${['NOT c.is_dependent', ...parents].join(' OR ')})`;
  const returns = `SELECT 'restore', c.sis_id, c.school_id, false, '{"status": "archived"}'::jsonb, '{"status": "active"}'::jsonb
    FROM ${changes} c WHERE c.record_type = '${recordType}' AND c.action = 'b'`;
  if (!hasData) return `${archives} UNION ALL ${returns} ORDER BY 1, 2`;
  const table = snapshotTable(prefix, recordType);
  const effective = columnsOf(recordType).map(({ name }) => `'${name}', ${effectiveSql(recordType, name, settings)}`);
  return `SELECT 'create' AS action, s.sis_id AS "sisId", ${homeSchoolSql(recordType, 's')} AS school, false AS withheld,
      '{}'::jsonb AS before, ${fieldsSql(recordType, 's')} AS after
    FROM ${table} s
    WHERE s.presence = 'p' AND NOT EXISTS (SELECT 1 FROM ${recordType} r WHERE r.district_id = $1 AND r.sis_id = s.sis_id)
      AND NOT EXISTS (SELECT 1 FROM ${changes} c WHERE c.record_type = '${recordType}' AND c.sis_id = s.sis_id AND c.action = 'o')
    UNION ALL
    SELECT CASE c.action WHEN 'u' THEN 'update' WHEN 'v' THEN 'update' WHEN 'r' THEN 'restore' WHEN 'o' THEN 'adopt' END, c.sis_id,
      ${homeSchoolSql(recordType, 's')},
      c.action = 'v' OR c.action = 'u' AND (c.school_id = ANY ($4::text[]) OR $5::boolean AND c.school_id IS NULL),
      ${changedFieldsSql('n', 'o')}, ${changedFieldsSql('o', 'n')}
    FROM ${changes} c JOIN ${table} s ON s.sis_id = c.sis_id
    JOIN ${recordType} r ON r.district_id = $1 AND r.sis_id = CASE c.action WHEN 'o' THEN c.other_id ELSE c.sis_id END
    CROSS JOIN LATERAL (SELECT ${fieldsSql(recordType, 'r')} || jsonb_build_object('sis_id', r.sis_id, 'status', r.status) AS fields) o
    CROSS JOIN LATERAL (SELECT jsonb_build_object(${effective.join(', ')}, 'sis_id', s.sis_id, 'status', 'active') AS fields) n
    WHERE c.record_type = '${recordType}' AND c.action IN ('u', 'v', 'r', 'o')
    UNION ALL
    SELECT 'relink', c.sis_id, c.school_id, false, jsonb_build_object('sis_id', c.sis_id), jsonb_build_object('sis_id', c.other_id)
    FROM ${changes} c WHERE c.record_type = '${recordType}' AND c.action = 'l'
    UNION ALL ${archives} UNION ALL ${returns} ORDER BY 1, 2`;
}

/**
 * What a run did, or what a preview would have done, record by record.
 *
 * @throws UsageError if there is no such run, or it is a preview whose tables have been dropped.
 */
export async function* listRunChanges(pool: pg.Pool, runId: number): AsyncGenerator<ListedChange, void, undefined> {
  const run = await readRunForList(pool, runId);
  if (run.preview) {
    yield* listPlannedChanges(pool, await previewTables(pool, runId, run));
    return;
  }
  yield* atOneMoment(pool, async function* (client) {
    for (const recordType of RECORD_TYPES)
      for await (const row of rowsOf<ChangeRow>(client, appliedSql(recordType), [run.districtId, runId]))
        yield named(recordType, row);
  });
}

interface RunForList {
  readonly districtId: string;
  readonly preview: boolean;
  readonly settings: RunSettings;
}

async function readRunForList(pool: pg.Pool, runId: number): Promise<RunForList> {
  const { rows } = await pool.query<RunForList>(
    'SELECT district_id AS "districtId", preview, settings FROM runs WHERE id = $1',
    [runId],
  );
  if (!rows[0]) throw new UsageError(`There is no run ${runId}. "rollbook runs" lists those there are.`);
  return rows[0];
}

async function previewTables(pool: pg.Pool, runId: number, run: RunForList): Promise<ComparedTables> {
  const { rows } = await pool.query<{ prefix: string; isCurrent: boolean }>(
    `SELECT s.table_prefix AS prefix, d.roster_version::text = (
       SELECT t.result ->> 'rosterVersion' FROM run_stages t WHERE t.run_id = r.id AND t.stage = 'diff' AND t.result IS NOT NULL
       ORDER BY t.round DESC LIMIT 1) AS "isCurrent"
     FROM snapshots s JOIN runs r ON r.id = s.run_id JOIN districts d ON d.id = r.district_id WHERE r.id = $1`,
    [runId],
  );
  if (!rows[0])
    throw new UsageError(`The changes of preview ${runId} are kept for a day only, and are gone. Make a new preview.`);
  if (!rows[0].isCurrent)
    throw new UsageError(`The roster has changed since preview ${runId} was made. Make a new preview.`);
  const { rows: held } = await pool.query<{ recordType: RecordType; school: string | null }>(
    `SELECT f.record_type AS "recordType", f.school_id AS school FROM findings f
     JOIN runs r ON r.id = f.run_id
     WHERE f.run_id = $1 AND f.to_archive > 0
       AND ((r.settings ->> 'additionsOnly')::boolean OR r.status = 'held' AND (r.settings ->> 'withhold' = 'sync' OR EXISTS (
         SELECT 1 FROM findings t WHERE t.run_id = f.run_id AND t.verdict = 'hold' AND t.school_id IS NOT DISTINCT FROM f.school_id
           AND (f.school_id IS NOT NULL OR t.record_type = f.record_type))))`,
    [runId],
  );
  return {
    prefix: rows[0].prefix,
    districtId: run.districtId,
    settings: run.settings,
    withheld: held,
    withheldUpdates: await readWithheldPeople(pool, runId),
  };
}

const appliedSql = (recordType: RecordType): string => `
  SELECT 'create' AS action, r.sis_id AS "sisId", ${homeSchoolSql(recordType, 'r')} AS school, false AS withheld,
    '{}'::jsonb AS before, ${fieldsSql(recordType, 'r')} AS after
  FROM ${recordType} r WHERE r.district_id = $1 AND r.created_run_id = $2
  UNION ALL
  SELECT c.action, c.sis_id, ${homeSchoolSql(recordType, 'r')}, false, c.before, c.after
  FROM roster_changes c LEFT JOIN ${recordType} r ON r.district_id = c.district_id AND r.sis_id = c.sis_id
  WHERE c.run_id = $2 AND c.record_type = '${recordType}'
  UNION ALL
  SELECT 'archive', h.sis_id, h.school_id, true, '{"status": "active"}', '{"status": "archived"}'
  FROM hold_records h
  WHERE h.record_type = '${recordType}' AND h.hold_id = (
    SELECT min(o.id) FROM holds o JOIN runs u ON u.sync_id = o.sync_id
    WHERE u.id = $2 AND u.kind = 'sync' AND u.id BETWEEN o.run_id AND o.last_run_id)
  ORDER BY 1, 2`;

const FIELDS = new Map(
  RECORD_TYPES.map((type) => [type, new Map(columnsOf(type).map(({ name, field }) => [name, field]))]),
);

/** Of what is no field of the roster model. */
const OWN_NAMES: Readonly<Record<string, string>> = { sis_id: 'sisId', sync_id: 'sync' };

/** Fields under their names in the roster model; of a create only those that have a value. */
function named(recordType: RecordType, { before, after, action, ...rest }: ChangeRow): ListedChange {
  const fields = FIELDS.get(recordType);
  const rename = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(values)
        .filter(([, value]) => action !== 'create' || (value !== null && !(Array.isArray(value) && value.length === 0)))
        .map(([name, value]) => [OWN_NAMES[name] ?? fields?.get(name) ?? name, value]),
    );
  return { action, recordType, ...rest, before: rename(before), after: rename(after) };
}
