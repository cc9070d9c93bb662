import { ROSTER_MODEL, UsageError, quoted, type RecordType } from '@rollbook/core';
import type { Act } from './act-by-hand.ts';
import type { FieldValue, FieldValues } from './field-values.ts';
import { hintOf } from './record-row.ts';

/**
 * Checks that what some fields of a record refer to is in the district and active.
 *
 * @throws UsageError with the first that is not.
 */
export async function refuseLostReferences(act: Act, values: FieldValues): Promise<void> {
  for (const { name, refersTo } of ROSTER_MODEL[act.recordType].fields) {
    const ids = idsOf(values[name] ?? null);
    if (refersTo === undefined || ids.length === 0) continue;
    const { rows } = await act.sql.query<{ id: string; isThere: boolean; isActive: boolean }>(
      `SELECT id, ${existsSql(refersTo)} AS "isThere", ${existsSql(refersTo, `AND p.status = 'active'`)} AS "isActive"
       FROM unnest($2::text[]) AS id`,
      [act.districtId, ids],
    );
    const lost = rows.find(({ isActive }) => !isActive);
    if (lost) throw new UsageError(await lostText(act, { field: name, types: refersTo, ...lost }));
  }
}

const idsOf = (value: FieldValue): readonly string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];

const existsSql = (types: readonly RecordType[], condition = ''): string =>
  `(${types
    .map((type) => `EXISTS (SELECT 1 FROM ${type} p WHERE p.district_id = $1 AND p.sis_id = id ${condition})`)
    .join(' OR ')})`;

async function lostText(
  { sql, districtId, recordType }: Act,
  {
    field,
    types,
    id,
    isThere,
  }: { readonly field: string; readonly types: readonly RecordType[]; readonly id: string; readonly isThere: boolean },
): Promise<string> {
  const what = `${field} ${quoted(id)} cannot be referred to by ${recordType}`;
  if (isThere) return `${what}: it is archived. Restore it first, or name another.`;
  for (const type of types) {
    const hint = await hintOf(sql, { districtId, recordType: type, sisId: id });
    if (hint !== '') return `${what}: the district has no such record in ${types.join(', ')}.${hint}`;
  }
  return `${what}: the district has no such record in ${types.join(', ')}. Create it first, or name another.`;
}
