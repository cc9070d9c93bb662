import { RECORD_TYPES, type RecordCounts, type RecordType } from '@rollbook/core';
import type { Sql } from './database.ts';

const MUCH = 100;

/**
 * Looks anew at tables that a run made grow much: until autovacuum comes they would be joined by the statistics of empty
 * ones. To be called after the commit.
 */
export async function refreshStatistics(sql: Sql, counts: Record<RecordType, RecordCounts>): Promise<void> {
  for (const recordType of RECORD_TYPES) {
    const { created, unchanged, updated } = counts[recordType];
    if (created > MUCH && created > unchanged + updated) await sql.query(`ANALYZE ${recordType}`);
  }
}
