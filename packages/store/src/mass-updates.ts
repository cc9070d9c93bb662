import {
  FEWEST,
  PEOPLE,
  isEmptied,
  isMassChange,
  isUpdateGuarded,
  massUpdateWarning,
  massUpdates,
  type PeopleType,
  type UpdateCount,
} from '@rollbook/core';
import type { CountedWarning } from '@rollbook/pipeline';
import type { PoolClient } from 'pg';
import { columnsOf, homeSchoolSql } from './columns.ts';
import { changesTable } from './changes.ts';
import type { Comparison } from './compare.ts';
import type { Comparisons, DiffInput } from './diff.ts';
import { ownsSql } from './effective-values.ts';
import { NO_DETAILS, readDetails, type Details } from './mass-update-details.ts';
import { isEmptySql, isIdentityChangedSql, updatesSql } from './mass-update-sql.ts';
import { inScopeSql, scopeParameter } from './scope.ts';

/** Of a kind of warning so many are listed one by one. */
const LISTED = 20;

/**
 * Counts what a run would change of people, group by group, in the database snapshot in which the data was compared
 * (guard §36). Without an update threshold the types with few updates are passed over: nothing of them is a mass update.
 */
export async function countUpdates(
  sql: PoolClient,
  input: DiffInput,
  comparisons: Comparisons,
): Promise<readonly UpdateCount[]> {
  const isGuarded = isUpdateGuarded(input.settings.updateThreshold);
  const counts: UpdateCount[] = [];
  for (const recordType of PEOPLE) {
    const comparison = comparisons[recordType];
    const updates = comparison?.counts.u ?? 0;
    if (!comparison || updates < (isGuarded ? 1 : FEWEST)) continue;
    counts.push(...(await countType(sql, input, recordType, comparison.active)));
  }
  return counts;
}

/** What people are told of them; of many groups the largest. */
export function massUpdateWarnings(counts: readonly UpdateCount[]): CountedWarning[] {
  const found = massUpdates(counts).map(massUpdateWarning);
  const warnings = found.slice(0, LISTED).map((warning) => warningOf(warning.message, warning.count));
  const rest = found.length - warnings.length;
  return rest > 0 ? [...warnings, warningOf(`${rest} more of the same kind`, rest)] : warnings;
}

const warningOf = (message: string, count: number): CountedWarning => ({
  code: 'mass_update',
  file: null,
  line: null,
  message,
  count,
});

async function countType(
  sql: PoolClient,
  input: DiffInput,
  recordType: PeopleType,
  active: Comparison['active'],
): Promise<UpdateCount[]> {
  const groups = await readGroups(sql, input, recordType);
  const activeOf = new Map(active.map(({ school, count }) => [school, count]));
  const sized = groups.map((group) => {
    const size = activeOf.get(group.school) ?? 0;
    // Guardians who come into the scope by this very run are updated, and not yet active in it.
    return { ...group, active: size === 0 ? 0 : Math.max(size, group.changed) };
  });
  const emptying = new Set(sized.flatMap(({ emptied }) => fieldsOver(emptied)));
  const had = await readHad(sql, input, recordType, [...emptying]);
  const isTelling = (group: (typeof sized)[number]): boolean =>
    isMassChange(group) ||
    isOver(group, input.settings.updateThreshold[recordType]) ||
    fieldsOver(group.emptied).some((field) =>
      isEmptied({ emptied: group.emptied.get(field) ?? 0, had: had.get(group.school)?.get(field) ?? 0 }),
    );
  const details = await readDetails(sql, input, recordType, {
    schools: sized.filter(isTelling).map(({ school }) => school),
    emptying: [...emptying],
  });
  return sized.map((group) =>
    countOf(recordType, group, had.get(group.school) ?? new Map(), details.get(group.school) ?? NO_DETAILS),
  );
}

const isOver = ({ active, changed }: { readonly active: number; readonly changed: number }, percent: number | null) =>
  percent !== null && changed * 10_000 > active * percent;

const fieldsOver = (emptied: ReadonlyMap<string, number>): string[] =>
  [...emptied].filter(([, count]) => count >= FEWEST).map(([field]) => field);

interface Group {
  readonly school: string | null;
  readonly updates: number;
  readonly changed: number;
  readonly emptied: ReadonlyMap<string, number>;
}

async function readGroups(sql: PoolClient, input: DiffInput, recordType: PeopleType): Promise<Group[]> {
  const columns = columnsOf(recordType);
  const emptied = columns.map(
    (column) => `(count(*) FILTER (WHERE NOT ${isEmptySql('r', column)} AND ${isEmptySql('n', column)}))::integer`,
  );
  const { rows } = await sql.query<Pick<Group, 'school' | 'updates' | 'changed'> & { emptied: number[] }>(
    `SELECT c.school_id AS school, count(*)::integer AS updates,
       (count(*) FILTER (WHERE ${isIdentityChangedSql(recordType)}))::integer AS changed, ARRAY[${emptied.join(', ')}] AS emptied
     FROM ${updatesSql(recordType, input)} GROUP BY 1 ORDER BY 1 NULLS FIRST`,
    [input.districtId],
  );
  return rows.map((row) => ({
    ...row,
    emptied: new Map(columns.map(({ field }, index) => [field, row.emptied[index] ?? 0])),
  }));
}

/** Of whom the data still speaks, and who have a value that it may change, by school and field. */
async function readHad(
  sql: PoolClient,
  { districtId, syncId, scope, settings, prefix }: DiffInput,
  recordType: PeopleType,
  fields: readonly string[],
): Promise<ReadonlyMap<string | null, ReadonlyMap<string, number>>> {
  const columns = columnsOf(recordType).filter(({ field }) => fields.includes(field));
  if (columns.length === 0) return new Map();
  const counts = columns.map(
    (column) =>
      `(count(*) FILTER (WHERE NOT ${isEmptySql('r', column)} AND NOT ${ownsSql(recordType, column.name, settings)}))::integer`,
  );
  const { rows } = await sql.query<{ school: string | null; had: number[] }>(
    `SELECT ${homeSchoolSql(recordType, 'r')} AS school, ARRAY[${counts.join(', ')}] AS had
     FROM ${recordType} r LEFT JOIN ${changesTable(prefix)} c
       ON c.record_type = '${recordType}' AND c.sis_id = r.sis_id AND c.action IN ('a', 'k', 'g')
     WHERE r.district_id = $1 AND r.sync_id = $2 AND r.status = 'active' AND c.sis_id IS NULL AND ${inScopeSql(recordType, 'r', '$3')}
     GROUP BY 1`,
    [districtId, syncId, scopeParameter(recordType, scope)],
  );
  return new Map(
    rows.map(({ school, had }) => [school, new Map(columns.map(({ field }, index) => [field, had[index] ?? 0]))]),
  );
}

function countOf(
  recordType: PeopleType,
  { school, active, updates, changed, emptied }: Group & { readonly active: number },
  had: ReadonlyMap<string, number>,
  { changed: changedOf, examplesOf, ...details }: Details,
): UpdateCount {
  const fields = columnsOf(recordType)
    .map(({ field }) => ({
      field,
      changed: changedOf.get(field) ?? 0,
      emptied: emptied.get(field) ?? 0,
      had: Math.max(had.get(field) ?? 0, emptied.get(field) ?? 0),
      examples: examplesOf.get(field) ?? [],
    }))
    .filter((field) => field.changed > 0 || field.emptied > 0);
  return { recordType, school, active, updates, changed, fields, ...details };
}
