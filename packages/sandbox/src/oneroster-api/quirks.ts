import type { OneRosterCollection, OneRosterObject } from './objects.ts';

/** What a member is changed on: a collection, and how many of its rows from the first on. */
interface Some {
  readonly collection: OneRosterCollection;
  /** Left out: every row. */
  readonly rows?: number;
}

/**
 * How a server departs from the standard, or its data from sense. Plain data: changed freely by a test, or by hand at
 * `/-/switches`; looked at for every request.
 */
export interface OneRosterQuirks {
  /** `X-Total-Count`: another number by so many, a number that goes up with each answer, or none. */
  totalCount: 'right' | 'absent' | 'changing' | { readonly offBy: number };
  link: boolean;
  /** No page is larger than this, whatever `limit` says, and nobody is told. */
  clampTo: number | null;
  /** Every page but the first begins so many rows too early: they come twice. */
  repeatedRows: number;
  /** Every page but the first begins so many rows too late: they never come. */
  skippedRows: number;
  /** `sort` is not obeyed, and the order is another one in each answer. */
  unsorted: boolean;
  /** Every list is empty, as with a token that belongs to no organisation. */
  empty: boolean;
  /** These answer 403, and these 404. */
  forbidden: readonly OneRosterCollection[];
  missing: readonly OneRosterCollection[];
  /** Only these schools and what hangs on them are shown; null: all. */
  onlySchools: readonly string[] | null;
  /** Members that no specification knows. */
  extraMembers: boolean;
  /** Members that are left out, although the specification requires them. */
  omit: readonly (Some & { readonly member: string })[];
  /** Rows marked in their `status`. */
  marked: readonly (Some & { readonly status: string })[];
  /** `sourcedId` and what refers to it are numbers where they look like numbers. */
  numbers: boolean;
  /** How `"true"` and `"false"` are written. */
  booleans: 'string' | 'real' | 'upper';
  /** References of these members lead nowhere. */
  lost: readonly (Some & { readonly member: string })[];
  /** So many users have neither role nor org. */
  usersWithoutRoles: number;
  /** The id of the first school is also that of the first user. */
  sharedId: boolean;
  /** `dateLastModified` without milliseconds, or with an offset instead of `Z`. */
  dates: 'milliseconds' | 'seconds' | 'offset';
}

export const NO_QUIRKS: Readonly<OneRosterQuirks> = {
  totalCount: 'right',
  link: true,
  clampTo: null,
  repeatedRows: 0,
  skippedRows: 0,
  unsorted: false,
  empty: false,
  forbidden: [],
  missing: [],
  onlySchools: null,
  extraMembers: false,
  omit: [],
  marked: [],
  numbers: false,
  booleans: 'string',
  lost: [],
  usersWithoutRoles: 0,
  sharedId: false,
  dates: 'milliseconds',
};

type Row = Record<string, unknown> & { sourcedId: string };

/** The rows of a collection as such a server writes them. */
export function withQuirks(
  rows: readonly OneRosterObject[],
  collection: OneRosterCollection,
  quirks: OneRosterQuirks,
): readonly OneRosterObject[] {
  const here = <S extends Some>(list: readonly S[], index: number): S[] =>
    list.filter((each) => each.collection === collection && index < (each.rows ?? Number.POSITIVE_INFINITY));
  return rows.map((original, index): OneRosterObject => {
    const row: Row = { ...original };
    for (const { status } of here(quirks.marked, index)) row['status'] = status;
    for (const { member } of here(quirks.lost, index)) row[member] = lost(row[member]);
    for (const { member } of here(quirks.omit, index)) delete row[member];
    if (collection === 'users' && index < quirks.usersWithoutRoles) Object.assign(row, withoutRoles(row));
    if (collection === 'users' && index === 0 && quirks.sharedId) row.sourcedId = SHARED_ID;
    if (quirks.dates !== 'milliseconds') row['dateLastModified'] = dated(String(row['dateLastModified']), quirks.dates);
    if (quirks.extraMembers) Object.assign(row, EXTRA_MEMBERS);
    return written(row, quirks) as OneRosterObject;
  });
}

/** That of the first school of every generated district. */
const SHARED_ID = '0101';

const EXTRA_MEMBERS = { vendorId: 'x-17', _links: { self: { href: '/here' } }, metadata: { lunch: true } };

/** A reference, or each of a list, to something that does not exist. */
function lost(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lost);
  if (typeof value !== 'object' || value === null || !('sourcedId' in value)) return value;
  return { ...value, sourcedId: `lost-${String(value.sourcedId)}` };
}

const withoutRoles = (row: Row): Record<string, unknown> =>
  'roles' in row ? { roles: [], primaryOrg: undefined } : { role: '', orgs: [] };

const dated = (moment: string, how: 'seconds' | 'offset'): string =>
  how === 'seconds' ? moment.replace(/\.\d+Z$/, 'Z') : moment.replace(/\.\d+Z$/, '+00:00');

/** The value with its numbers and booleans as the server writes them. */
function written(value: unknown, quirks: OneRosterQuirks, member = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => written(item, quirks, member));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, written(inner, quirks, name)]));
  if (value === 'true' || value === 'false') {
    if (quirks.booleans === 'real') return value === 'true';
    return quirks.booleans === 'upper' ? value.toUpperCase() : value;
  }
  // Ids with leading zeros cannot be numbers.
  const isNumber =
    quirks.numbers && (member === 'sourcedId' || member === 'identifier') && /^[1-9]\d{0,14}$/.test(String(value));
  return isNumber ? Number(value) : value;
}
