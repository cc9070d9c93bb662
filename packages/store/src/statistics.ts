import { RECORD_TYPES, type RecordCounts, type RecordType } from '@rollbook/core';
import { FEW_ROWS } from './plans.ts';
import type { Sql } from './database.ts';

/** Statistics are old when a table has grown by a fifth, and by more than a few pages. */
const HAS_GROWN = 'pg_relation_size(c.oid) / 8192 > c.relpages * 1.2 + 8';

/**
 * Looks anew at tables that have grown much since their statistics were made, and at those to which a run brought a
 * district, of which the statistics know nothing: autovacuum comes only minutes later, if at all. To be called after the
 * commit, and awaited: the next run may follow at once.
 */
export async function refreshStatistics(sql: Sql, counts: Record<RecordType, RecordCounts>): Promise<void> {
  const fed = RECORD_TYPES.filter((type) => counts[type].created > 0);
  if (fed.length === 0) return;
  const { rows } = await sql.query<{ type: RecordType }>(
    `SELECT t.type FROM unnest($1::text[]) AS t (type) JOIN pg_class c ON c.oid = t.type::regclass WHERE ${HAS_GROWN}`,
    [fed],
  );
  const grown = new Set(rows.map(({ type }) => type));
  const stale = fed.filter((type) => grown.has(type) || isNewDistrict(counts[type]));
  if (stale.length > 0) await sql.query(`ANALYZE ${stale.join(', ')}`);
}

const isNewDistrict = ({ created, unchanged, updated }: RecordCounts): boolean =>
  created > FEW_ROWS && created > unchanged + updated;
