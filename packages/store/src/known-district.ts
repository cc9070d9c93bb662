import { UsageError, nearest } from '@rollbook/core';
import type { Sql } from './database.ts';

/** @throws UsageError with the nearest district if there is none of that id. */
export async function refuseUnknownDistrict(sql: Sql, districtId: string): Promise<void> {
  const { rows } = await sql.query<{ id: string }>('SELECT id FROM districts ORDER BY id');
  const ids = rows.map(({ id }) => id);
  if (ids.includes(districtId)) return;
  const [meant] = nearest(districtId, ids);
  const hint = meant === undefined ? '' : ` Is "${meant}" meant?`;
  throw new UsageError(`There is no district "${districtId}".${hint}`);
}
