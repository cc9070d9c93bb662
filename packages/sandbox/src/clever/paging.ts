import type { SiteReply } from '../http/http-site.ts';
import { KeptPages } from '../http/kept-pages.ts';
import type { CleverObject } from './objects.ts';

const DEFAULT_LIMIT = 100;
const LARGEST_LIMIT = 10_000;

interface PageOptions {
  /** Of the collection, with the version: `/v3.1/users`. */
  readonly path: string;
  /** Of the items, with the version: `/v3.1/users` for the users of a section too. */
  readonly itemPath: string;
  readonly query: URLSearchParams;
  readonly linksWithoutLimit: boolean;
}

export const problem = (status: number, message: string): SiteReply => ({ status, body: { message } });

/**
 * One page of objects that ascend by id, with relative links (clever.md §2.1). 400 for a limit that is no number from 1
 * on or for two cursors, 413 for more than 10,000.
 */
export function pageOf(objects: readonly CleverObject[], options: PageOptions): SiteReply {
  const { path, itemPath, query } = options;
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  const after = query.get('starting_after');
  const before = query.get('ending_before');
  if (!Number.isInteger(limit) || limit < 1) return problem(400, 'limit must be a whole number of 1 or more');
  if (limit > LARGEST_LIMIT) return problem(413, `limit must not be over ${LARGEST_LIMIT}`);
  if (after !== null && before !== null) return problem(400, 'starting_after and ending_before exclude each other');

  const rest = objects.filter(({ id }) => (after === null || id > after) && (before === null || id < before));
  const page = before === null ? rest.slice(0, limit) : rest.slice(-limit);
  const link = (rel: string, key: string, id: string | undefined) =>
    id === undefined ? [] : [{ rel, uri: linkTo(options, key, id) }];
  const hasNext = before !== null || rest.length > page.length;
  const hasPrevious = after !== null || (before !== null && rest.length > page.length);
  const self = query.size === 0 ? path : `${path}?${query.toString()}`;
  const body = BODIES.page(objects, `${self} ${options.linksWithoutLimit}`, page.length, () => ({
    data: page.map((object) => ({ data: object, uri: `${itemPath}/${object.id}` })),
    links: [
      { rel: 'self', uri: self },
      ...(hasNext ? link('next', 'starting_after', page.at(-1)?.id) : []),
      ...(hasPrevious ? link('prev', 'ending_before', page[0]?.id) : []),
    ],
  }));
  return { status: 200, rows: page.length, body };
}

const BODIES = new KeptPages<object>();

function linkTo({ path, query, linksWithoutLimit }: PageOptions, key: string, id: string): string {
  const kept = new URLSearchParams(query);
  for (const cursor of ['starting_after', 'ending_before']) kept.delete(cursor);
  if (linksWithoutLimit) kept.delete('limit');
  kept.set(key, id);
  return `${path}?${kept.toString()}`;
}
