import type { OneRosterObject } from './objects.ts';

/** What a request asks of a collection (oneroster §1.3). */
export interface CollectionQuery {
  readonly limit: number;
  readonly offset: number;
  /** Member to sort by; null: the order of the server. */
  readonly sort: string | null;
  readonly isDescending: boolean;
  readonly filter: Filter | null;
  /** Members wanted; null: all. */
  readonly fields: readonly string[] | null;
}

interface Clause {
  readonly member: string;
  readonly predicate: '=' | '!=' | '>' | '>=' | '<' | '<=' | '~';
  readonly value: string;
}

export interface Filter {
  readonly clauses: readonly Clause[];
  readonly isAnd: boolean;
}

/** A query that cannot be answered; `codeMinor` as the specification names it. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery';
  readonly codeMinor: 'invaliddata' | 'invalid_filter_field' | 'invalid_selection_field';

  constructor(codeMinor: BadQuery['codeMinor'], message: string) {
    super(message);
    this.codeMinor = codeMinor;
  }
}

export const DEFAULT_LIMIT = 100;

/** Reads a query; throws {@link BadQuery} for what the server refuses. Any `orderBy` but `desc` is ascending. */
export function parseQuery(query: URLSearchParams): CollectionQuery {
  const filter = query.get('filter');
  const fields = query.getAll('fields').flatMap((list) => list.split(','));
  return {
    limit: wholeNumber(query, 'limit', 1, DEFAULT_LIMIT),
    offset: wholeNumber(query, 'offset', 0, 0),
    sort: query.get('sort') || null,
    isDescending: query.get('orderBy') === 'desc',
    filter: filter === null ? null : parseFilter(filter),
    fields: fields.length === 0 ? null : fields,
  };
}

function wholeNumber(query: URLSearchParams, name: string, least: number, fallback: number): number {
  const given = query.getAll(name);
  if (given.length === 0) return fallback;
  const [text = ''] = given;
  if (given.length > 1 || !/^\d{1,9}$/.test(text) || Number(text) < least)
    throw new BadQuery('invaliddata', `${name}: expected a whole number of ${least} or more`);
  return Number(text);
}

const CLAUSE = /^([\w.]+)(!=|>=|<=|=|>|<|~)'(.*)'$/s;

/** `member='value'`, or two of these joined by ` AND ` or ` OR `. Quotes inside of a value stand as they are. */
function parseFilter(text: string): Filter {
  const joined = /^(.*?') (AND|OR) ([\w.]+(?:!=|>=|<=|=|>|<|~)'.*)$/s.exec(text);
  const parts = joined === null ? [text] : [joined[1] ?? '', joined[3] ?? ''];
  const clauses = parts.map((part): Clause => {
    const [, member = '', predicate = '', value = ''] = CLAUSE.exec(part) ?? [];
    if (member === '') throw new BadQuery('invalid_filter_field', "filter: expected member='value', at most two");
    return { member, predicate: predicate as Clause['predicate'], value };
  });
  return { clauses, isAnd: joined?.[2] !== 'OR' };
}

/** The rows that a query selects, sorted; not yet the page of them. Throws {@link BadQuery}. */
export function select(rows: readonly OneRosterObject[], query: CollectionQuery): readonly OneRosterObject[] {
  const { filter, sort } = query;
  const kept = filter === null ? rows : rows.filter((row) => matches(row, filter));
  const known = rows[0];
  // A member to sort by that is not known is passed over (oneroster §1.3).
  if (sort === null || known === undefined || valuesAt(known, sort).length === 0) return kept;
  const keyed = kept.map((row) => ({ row, key: valuesAt(row, sort)[0] ?? '' }));
  keyed.sort((one, other) => compare(one.key, other.key));
  if (query.isDescending) keyed.reverse();
  return keyed.map(({ row }) => row);
}

/** The members that were asked for; `sourcedId` is among them always. Throws {@link BadQuery} for an unknown one. */
export function narrow(row: OneRosterObject, fields: readonly string[] | null, known: ReadonlySet<string>): unknown {
  if (fields === null) return row;
  const unknown = fields.find((field) => !known.has(field));
  if (unknown !== undefined) throw new BadQuery('invalid_selection_field', `fields: "${unknown}" is not known`);
  return Object.fromEntries(
    Object.entries(row).filter(([member]) => member === 'sourcedId' || fields.includes(member)),
  );
}

function matches(row: OneRosterObject, { clauses, isAnd }: Filter): boolean {
  const holds = (clause: Clause): boolean => {
    const values = valuesAt(row, clause.member);
    const value = clause.value.toLowerCase();
    return clause.predicate === '!='
      ? values.every((each) => each.toLowerCase() !== value)
      : values.some((each) => PREDICATES[clause.predicate](each.toLowerCase(), value));
  };
  return isAnd ? clauses.every(holds) : clauses.some(holds);
}

const PREDICATES: Readonly<Record<Clause['predicate'], (one: string, other: string) => boolean>> = {
  '=': (one, other) => one === other,
  '!=': (one, other) => one !== other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '~': (one, other) => one.includes(other),
};

/** The texts at a path such as `roles.role`, in all items of the lists on the way. */
function valuesAt(value: unknown, path: string): string[] {
  const [member = '', ...rest] = path === '' ? [] : path.split('.');
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  if (member === '') return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
  if (typeof value !== 'object' || value === null) return [];
  return valuesAt((value as Record<string, unknown>)[member], rest.join('.'));
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
