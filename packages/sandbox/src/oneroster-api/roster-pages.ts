import type { SiteReply, SiteRequest } from '../http/http-site.ts';
import { KeptPages } from '../http/kept-pages.ts';
import type { District } from '../model.ts';
import { createRandom } from '../random.ts';
import { removeSchool } from '../school-changes.ts';
import { endpointAt, wrapperOf } from './endpoints.ts';
import type { Endpoint } from './endpoints.ts';
import { oneRosterObjects } from './objects.ts';
import type { ObjectShape, OneRosterObject } from './objects.ts';
import { narrow, parseQuery, select } from './query.ts';
import type { CollectionQuery } from './query.ts';
import { withQuirks } from './quirks.ts';
import type { OneRosterQuirks } from './quirks.ts';

/** Nothing is there, or no object of that id. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** So many selections are kept; each is as large as its collection. */
const KEPT_SELECTIONS = 24;

/** Answers the OneRoster requests of one server. What was selected and sorted once is kept for the following pages. */
export class RosterPages {
  readonly #shape: ObjectShape;
  #district: District | undefined;
  readonly #selections = new Map<string, readonly OneRosterObject[]>();
  readonly #bodies = new KeptPages<object>();
  #answers = 0;

  constructor(shape: ObjectShape) {
    this.#shape = shape;
  }

  /** The endpoint at a path below the root. Throws {@link NotFound}. */
  endpoint(district: District, path: string): Endpoint {
    const endpoint = endpointAt(path, district);
    if (endpoint === undefined) throw new NotFound(path);
    return endpoint;
  }

  /** Throws {@link NotFound} for an object that is not there, and BadQuery for a query that cannot be answered. */
  answer(
    district: District,
    endpoint: Endpoint,
    path: string,
    request: Pick<SiteRequest, 'query' | 'url'>,
    quirks: OneRosterQuirks,
  ): SiteReply {
    this.#answers += 1;
    const query = parseQuery(request.query);
    const rows = quirks.empty ? [] : this.#select(district, endpoint, path, query, quirks);
    const known = new Set(query.fields === null ? [] : rows.flatMap((row) => Object.keys(row)));
    const wrapper = wrapperOf(endpoint);
    if (endpoint.isSingle) {
      const [row] = rows;
      if (row === undefined) throw new NotFound(path);
      return { status: 200, body: { [wrapper]: narrow(row, query.fields, known) }, rows: 1 };
    }
    const shown = quirks.unsorted ? createRandom(this.#answers, 'unsorted').shuffled(rows) : rows;
    const limit = Math.min(query.limit, quirks.clampTo ?? query.limit);
    const start = query.offset === 0 ? 0 : query.offset - quirks.repeatedRows + quirks.skippedRows;
    const chosen = shown.slice(start, start + limit);
    const name = JSON.stringify([start, limit, query.fields]);
    return {
      status: 200,
      headers: { ...this.#countHeader(rows.length, quirks), ...linkHeader(request.url, query, rows.length, quirks) },
      body: this.#bodies.page(shown, name, chosen.length, () => ({
        [wrapper]: chosen.map((row) => narrow(row, query.fields, known)),
      })),
      rows: chosen.length,
    };
  }

  #select(
    district: District,
    endpoint: Endpoint,
    path: string,
    query: CollectionQuery,
    quirks: OneRosterQuirks,
  ): readonly OneRosterObject[] {
    if (this.#district !== district) this.#selections.clear();
    this.#district = district;
    const key = JSON.stringify([path, query.filter, query.sort, query.isDescending, quirks]);
    const kept = this.#selections.get(key);
    if (kept !== undefined) return kept;
    const objects = oneRosterObjects(visiblePart(district, quirks.onlySchools), endpoint.collection, this.#shape);
    const rows = withQuirks(objects.filter(endpoint.includes), endpoint.collection, quirks);
    const selected = select(rows, query);
    if (this.#selections.size >= KEPT_SELECTIONS) this.#selections.clear();
    this.#selections.set(key, selected);
    return selected;
  }

  #countHeader(total: number, { totalCount }: OneRosterQuirks): Record<string, string> {
    if (totalCount === 'absent') return {};
    if (totalCount === 'changing') return { 'x-total-count': String(total + this.#answers) };
    return { 'x-total-count': String(total + (totalCount === 'right' ? 0 : totalCount.offBy)) };
  }
}

/** What is left when the other schools are shared no more: their people and classes are gone with them. */
function visiblePart(district: District, onlySchools: readonly string[] | null): District {
  if (onlySchools === null) return district;
  const random = createRandom(district.seed, 'shared schools');
  const hidden = district.schools.filter(({ sisId }) => !onlySchools.includes(sisId));
  return hidden.reduce((part, { sisId }) => removeSchool(sisId)(part, random), district);
}

/** RFC 8288. `last` may carry another limit than the one asked for, as it does in the standard's own example. */
function linkHeader(
  url: string,
  { limit, offset }: CollectionQuery,
  total: number,
  quirks: OneRosterQuirks,
): Record<string, string> {
  if (!quirks.link) return {};
  const link = (rel: string, to: number, size: number): string => {
    const target = new URL(url);
    target.searchParams.set('limit', String(size));
    target.searchParams.set('offset', String(to));
    return `<${target.href}>; rel="${rel}"`;
  };
  const last = total === 0 ? 0 : Math.floor((total - 1) / limit) * limit;
  const links = [
    ...(offset + limit < total ? [link('next', offset + limit, limit)] : []),
    link('last', last, Math.max(1, total - last)),
    link('first', 0, limit),
    ...(offset > 0 ? [link('prev', Math.max(0, offset - limit), limit)] : []),
  ];
  return { link: links.join(', ') };
}
