import type { SiteReply, SiteRequest } from '../http/http-site.ts';
import type { CleverAccount } from './account.ts';
import type { ApiVersion, CleverObject } from './objects.ts';
import { pageOf, problem } from './paging.ts';
import { relatedTo } from './related.ts';
import { COLLECTIONS, ROLES, type Collection } from './switches.ts';

const NOT_FOUND_PAGE = '<!DOCTYPE html><html><head><title>Not Found</title></head><body><h1>404</h1></body></html>';
const notFoundPage: SiteReply = { status: 404, body: NOT_FOUND_PAGE };
const isCollection = (name: string): name is Collection => (COLLECTIONS as readonly string[]).includes(name);

/** Answers a request to the Data API, v3.0 or v3.1, for the district that the token belongs to (clever.md §2). */
export function answerData(request: SiteRequest, account: CleverAccount): SiteReply {
  if (request.method !== 'GET') return problem(501, 'unsupported request');
  const [version = '', collection = '', id, relation, ...more] = request.path.split('/').slice(1);
  if ((version !== 'v3.0' && version !== 'v3.1') || !isCollection(collection) || more.length > 0) return notFoundPage;
  if (!account.mayRead(collection)) return problem(404, "Resource not in token's scopes");
  const reader = new Reader(account, version);
  if (id === undefined) return list(reader, collection, reader.all(collection), request);

  const object = reader.all(collection).find((each) => each.id === id);
  if (object === undefined) return problem(404, 'Resource not found');
  const uri = `/${version}/${collection}/${id}`;
  if (relation === undefined) return { status: 200, body: { data: object, links: [{ rel: 'self', uri }] } };
  const related = relatedTo(reader, collection, relation, object, request.query);
  if (related === undefined) return notFoundPage;
  if (!Array.isArray(related.objects))
    return { status: 200, body: { data: related.objects, links: [{ rel: 'self', uri: `${uri}/${relation}` }] } };
  return list(reader, related.collection, related.objects, request);
}

function list(
  { account, version }: Reader,
  collection: Collection,
  objects: readonly CleverObject[],
  { path, query }: SiteRequest,
): SiteReply {
  const role = query.get('role');
  if (role !== null && !(ROLES as readonly string[]).includes(role)) return problem(400, 'unknown role');
  const { empty, linksWithoutLimit } = account.switches;
  const chosen = role === null ? objects : objects.filter(({ roles }) => roles !== undefined && role in roles);
  const shown = empty.includes(collection) ? [] : chosen;
  return pageOf(shown, { path, itemPath: `/${version}/${collection}`, query, linksWithoutLimit });
}

/** The collections of one district in one version of the interface. */
export class Reader {
  readonly account: CleverAccount;
  readonly version: ApiVersion;

  constructor(account: CleverAccount, version: ApiVersion) {
    this.account = account;
    this.version = version;
  }

  all(collection: Collection): readonly CleverObject[] {
    if (collection === 'districts') return [this.account.districtObject(this.version)];
    return this.account.objects(this.version)[collection];
  }
}
