import { NO_PATTERNS, type PeopleType, type Shift, type UpdatePatterns } from '@rollbook/core';
import type { PoolClient } from 'pg';
import { columnsOf, type Column } from './columns.ts';
import type { DiffInput } from './diff.ts';
import { identityColumns, isChangedSql, isEmptySql, isIdentityChangedSql, updatesSql } from './mass-update-sql.ts';

const EXAMPLES = 5;

/** What is counted only of groups of which there is something to tell. */
export interface Details {
  /** By field of those that tell who somebody is. */
  readonly changed: ReadonlyMap<string, number>;
  readonly patterns: UpdatePatterns;
  readonly shifts: readonly Shift[];
  readonly examples: readonly string[];
  /** Of fields that empty, ids of some that lose their value. */
  readonly examplesOf: ReadonlyMap<string, readonly string[]>;
}

export const NO_DETAILS: Details = {
  changed: new Map(),
  patterns: NO_PATTERNS,
  shifts: [],
  examples: [],
  examplesOf: new Map(),
};

interface Row {
  readonly school: string | null;
  readonly changed: number[];
  readonly patterns: number[];
  readonly shifts: number[];
  readonly examples: string[] | null;
}

/** The fields, patterns and examples of some groups, in one pass over their updates. */
export async function readDetails(
  sql: PoolClient,
  input: DiffInput,
  recordType: PeopleType,
  wanted: { readonly schools: readonly (string | null)[]; readonly emptying: readonly string[] },
): Promise<ReadonlyMap<string | null, Details>> {
  if (wanted.schools.length === 0) return new Map();
  const identity = identityColumns(recordType);
  const pairs = shiftPairs(recordType);
  const patterns = patternsSql(recordType);
  const emptying = columnsOf(recordType).filter(({ field }) => wanted.emptying.includes(field));
  const examplesOf = emptying.map(
    (column, index) =>
      `, ${examplesSql(`NOT ${isEmptySql('r', column)} AND ${isEmptySql('n', column)}`)} AS of${index}`,
  );
  const { rows } = await sql.query<Row & Record<`of${number}`, string[] | null>>(
    `SELECT c.school_id AS school, ${countsSql(identity.map(isChangedSql))} AS changed,
       ${countsSql(Object.values(patterns))} AS patterns, ${countsSql(pairs.map(isShiftedSql))} AS shifts,
       ${examplesSql(isIdentityChangedSql(recordType))} AS examples ${examplesOf.join(' ')}
     FROM ${updatesSql(recordType, input)} AND (c.school_id = ANY ($2) OR $3 AND c.school_id IS NULL)
     GROUP BY 1`,
    [input.districtId, wanted.schools.filter((school) => school !== null), wanted.schools.includes(null)],
  );
  return new Map(
    rows.map((row) => [
      row.school,
      {
        changed: new Map(identity.map(({ field }, index) => [field, row.changed[index] ?? 0])),
        patterns: Object.fromEntries(
          Object.keys(patterns).map((kind, index) => [kind, row.patterns[index] ?? 0]),
        ) as unknown as UpdatePatterns,
        shifts: pairs
          .map(({ to, from }, index) => ({ field: to.field, from: from.field, count: row.shifts[index] ?? 0 }))
          .filter(({ count }) => count > 0)
          .sort((a, b) => b.count - a.count),
        examples: row.examples ?? [],
        examplesOf: new Map(emptying.map(({ field }, index) => [field, row[`of${index}`] ?? []])),
      },
    ]),
  );
}

const countsSql = (conditions: readonly string[]): string =>
  `ARRAY[${conditions.map((condition) => `(count(*) FILTER (WHERE ${condition}))::integer`).join(', ')}]`;

const examplesSql = (condition: string): string =>
  `(array_agg(c.sis_id ORDER BY c.sis_id) FILTER (WHERE ${condition}))[1:${EXAMPLES}]`;

interface Pair {
  readonly to: Column;
  readonly from: Column;
}

/** Texts that a shifted column may bring into another. */
function shiftPairs(recordType: PeopleType): Pair[] {
  const sources = columnsOf(recordType).filter(
    ({ kind, field }) => kind === 'text' && field !== 'school' && field !== 'language',
  );
  return identityColumns(recordType).flatMap((to) =>
    sources.filter((from) => from !== to).map((from) => ({ to, from })),
  );
}

const isShiftedSql = ({ to, from }: Pair): string =>
  `n.${to.name} = r.${from.name} AND NOT ${isEmptySql('n', to)} AND ${isChangedSql(to)}`;

const LOST = '[?\\uFFFD]';
const BEYOND_ASCII = '[^\\u0001-\\u007F]';
/** UTF-8 read as Windows-1252: the first byte of two, and what 0x80 to 0xBF are there. */
const TWICE = '[ÂÃÄÅ][\\u0080-\\u00BF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€';

function patternsSql(recordType: PeopleType): Readonly<Record<keyof UpdatePatterns, string>> {
  const names = ['given_name', 'family_name'];
  const any = (condition: (name: string) => string): string => `(${names.map(condition).join(' OR ')})`;
  const lost = (from: string, to: string): string =>
    any(
      (name) => `(${to}.${name} ~ '${LOST}' AND ${from}.${name} !~ '${LOST}'
        OR ${from}.${name} ~ '${BEYOND_ASCII}' AND ${to}.${name} !~ '${BEYOND_ASCII}'
          AND ${to}.${name} LIKE regexp_replace(${from}.${name}, '${BEYOND_ASCII}+', '%', 'g') ESCAPE '')`,
    );
  const twice = (from: string, to: string): string =>
    any((name) => `(${to}.${name} ~ '${TWICE}' AND ${from}.${name} !~ '${TWICE}')`);
  const number = identityColumns(recordType).find(({ field }) => field.endsWith('Number'))?.name;
  const part = (alias: string): string => `split_part(lower(${alias}.email), '@', 1)`;
  const identity = identityColumns(recordType);
  return {
    lettersLost: lost('r', 'n'),
    encodedTwice: twice('r', 'n'),
    corrected: `(${lost('n', 'r')} OR ${twice('n', 'r')})`,
    zerosLost: number === undefined ? 'false' : `(r.${number} ~ '^0' AND n.${number} = ltrim(r.${number}, '0'))`,
    noAddress: `(coalesce(n.email, '') <> '' AND position('@' IN n.email) = 0 AND position('@' IN r.email) > 0)`,
    otherDomain: `(position('@' IN n.email) > 0 AND position('@' IN r.email) > 0 AND ${part('n')} = ${part('r')}
      AND lower(n.email) <> lower(r.email))`,
    filled: `(${isIdentityChangedSql(recordType)} AND NOT (${identity
      .map((column) => `${isChangedSql(column)} AND NOT ${isEmptySql('r', column)}`)
      .join(' OR ')}))`,
  };
}
