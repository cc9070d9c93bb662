import { RECORD_TYPES, ROSTER_MODEL, type RecordType } from '@rollbook/core';
import type { District } from '@rollbook/sandbox';
import { rosterOf, type Carries, type Roster } from './carries.ts';
import { inOrder } from './pulled.ts';

type Fields = Readonly<Record<string, unknown>> & { readonly sisId: string };
type Names = Readonly<Record<RecordType, ReadonlyMap<string, string>>>;

/** What tells records of a type apart where every format has its own ids for them. */
const TELLING: Partial<Readonly<Record<RecordType, (record: Fields) => string>>> = {
  terms: ({ title }) => String(title),
  courses: ({ code }) => String(code),
  enrollments: (record) => ['class', 'person', 'role'].map((name) => String(record[name])).join(' '),
  guardianships: (record) => ['student', 'guardian'].map((name) => String(record[name])).join(' '),
};

/**
 * The roster with the SIS's own ids in the place of a provider's, and records of formats without ids named by what they
 * say; in the order of those names.
 */
export function underSisIds(roster: Roster, district: District, carries: Carries): Roster {
  const isOwn = (type: RecordType): boolean => type === 'guardianships' || carries.ownIds.includes(type);
  const names = Object.fromEntries(
    RECORD_TYPES.map((type) => {
      const telling = isOwn(type) && type !== 'enrollments' && type !== 'guardianships' ? TELLING[type] : undefined;
      return [type, telling ? toldNames(roster[type], telling) : givenNames(type, district, carries)];
    }),
  ) as unknown as Names;
  return Object.fromEntries(
    RECORD_TYPES.map((type) => [
      type,
      inOrder(
        (roster[type] as unknown as readonly Fields[]).map((record) => {
          const referring = withNames(type, record, names);
          const name = isOwn(type) ? TELLING[type]?.(referring) : names[type].get(record.sisId);
          return { ...referring, sisId: name ?? record.sisId };
        }),
      ),
    ]),
  ) as unknown as Roster;
}

const toldNames = (records: readonly object[], telling: (record: Fields) => string): Map<string, string> =>
  new Map((records as readonly Fields[]).map((record) => [record.sisId, telling(record)]));

const givenNames = (type: RecordType, district: District, { idOf }: Carries): Map<string, string> =>
  new Map(rosterOf(district)[type].map(({ sisId }) => [idOf?.(type, sisId) ?? sisId, sisId]));

/** A reference that leads nowhere stays as it is, and shows. */
function withNames(type: RecordType, record: Fields, names: Names): Fields {
  const named: Record<string, unknown> = { ...record };
  for (const { name, refersTo = [] } of ROSTER_MODEL[type].fields) {
    const nameOf = (id: string): string => {
      const target = refersTo.find((each) => names[each].has(id));
      return target === undefined ? id : (names[target].get(id) as string);
    };
    const value = record[name];
    if (refersTo.length === 0 || value === null) continue;
    named[name] = Array.isArray(value) ? (value as string[]).map(nameOf) : nameOf(value as string);
  }
  return named as Fields;
}
