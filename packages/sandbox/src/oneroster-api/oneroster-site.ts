import { randomBytes } from 'node:crypto';
import { startHttpSite } from '../http/http-site.ts';
import type { HttpSite, SiteReply, SiteRequest } from '../http/http-site.ts';
import type { District } from '../model.ts';
import type { Endpoint } from './endpoints.ts';
import { PROFILES, scopesOf } from './profiles.ts';
import type { OneRosterProfile } from './profiles.ts';
import { BadQuery } from './query.ts';
import type { OneRosterQuirks } from './quirks.ts';
import { RateLimit } from './rate-limit.ts';
import { NotFound, RosterPages } from './roster-pages.ts';
import { TokenDesk } from './token-desk.ts';

export interface OneRosterSiteOptions {
  readonly district: District;
  /** Default `strict-1.2`. */
  readonly profile?: OneRosterProfile;
  /** 0 or left out: any free port. */
  readonly port?: number;
  /** Opens everything besides the tokens of the token endpoint; left out: a random one. */
  readonly staticToken?: string;
  /** A third way in, such as a verified signature. */
  readonly isLetIn?: (request: SiteRequest) => boolean;
}

export interface OneRosterSite {
  /** Up to and including the OneRoster root. */
  readonly baseUrl: string;
  readonly tokenUrl: string;
  readonly staticToken: string;
  /** In full; what reads birth dates, and nothing else does. */
  readonly demographicsScope: string;
  /** The token endpoint: whom it knows, and what it refuses. */
  readonly tokens: TokenDesk;
  /** Faults, the log and the latency. */
  readonly http: HttpSite;
  readonly quirks: OneRosterQuirks;
  /** Shown from the next request on; may be replaced in the middle of a pull. */
  district: District;
  /** Requests that are answered within a minute; the others are told to wait. Null: any number. */
  requestsPerMinute: number | null;
  /** Something that happens once so many more data requests have been answered. */
  after(answers: number, happen: () => void): void;
  /** See {@link HttpSite.stop}. */
  stop(): Promise<void>;
}

const TOKEN_PATH = '/oauth/token';

/** Starts a pretend OneRoster server on 127.0.0.1 that shows a generated district. */
export async function startOneRosterSite(options: OneRosterSiteOptions): Promise<OneRosterSite> {
  const { profile = 'strict-1.2', staticToken = randomBytes(24).toString('base64url') } = options;
  const traits = PROFILES[profile];
  const scopes = scopesOf(traits.version);
  const quirks: OneRosterQuirks = { ...traits.quirks };
  const tokens = new TokenDesk({
    clientId: 'rollbook',
    clientSecret: randomBytes(12).toString('base64url'),
    scopes: Object.values(scopes),
  });
  const limit = new RateLimit();
  const failure = (status: number, codeMinor?: string): SiteReply => ({
    status,
    body: traits.errorBody(status, codeMinor),
  });
  let planned: { left: number; readonly happen: () => void }[] = [];

  /** Undefined if the request may see the endpoint. */
  const refusalOf = (request: SiteRequest, { collection, isNested }: Endpoint): SiteReply | undefined => {
    const { authorization } = request.headers;
    const granted = tokens.scopesOf(authorization);
    const isTrusted = authorization === `Bearer ${staticToken}` || options.isLetIn?.(request) === true;
    if (granted === null && !isTrusted) return failure(401);
    const needed =
      collection === 'demographics' ? [scopes.demographics] : isNested ? [scopes.nested] : [scopes.core, scopes.nested];
    const isInScope = isTrusted || needed.some((scope) => granted?.has(scope) === true);
    return isInScope && !quirks.forbidden.includes(collection) ? undefined : failure(403);
  };

  const answerData = (request: SiteRequest): SiteReply => {
    const path = request.path.slice(traits.root.length);
    const endpoint = pages.endpoint(site.district, path);
    if (quirks.missing.includes(endpoint.collection) || (endpoint.isNested && !traits.hasNested)) return failure(404);
    const refusal = refusalOf(request, endpoint);
    if (refusal !== undefined) return refusal;
    const reply = pages.answer(site.district, endpoint, path, request, quirks);
    const due = planned.filter((each) => (each.left -= 1) <= 0);
    planned = planned.filter((each) => each.left > 0);
    for (const { happen } of due) happen();
    return reply;
  };

  const answer = (request: SiteRequest): SiteReply => {
    if (request.path === TOKEN_PATH) return tokens.answer(request);
    const limited = limit.refusal(site.requestsPerMinute);
    if (limited !== undefined) return limited;
    if (request.method !== 'GET') return failure(405);
    if (!request.path.startsWith(`${traits.root}/`)) return failure(404);
    try {
      return limit.stamp(answerData(request), site.requestsPerMinute);
    } catch (error) {
      if (error instanceof NotFound) return failure(404);
      if (error instanceof BadQuery) return failure(400, error.codeMinor);
      throw error;
    }
  };

  const http = await startHttpSite({
    answer,
    errorBody: traits.errorBody,
    switches: quirks,
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  const pages = new RosterPages({
    version: traits.version,
    blanks: traits.blanks,
    href: (collection, sourcedId) => traits.href(http.url, `/${collection}/${encodeURIComponent(sourcedId)}`),
  });
  const site: OneRosterSite = {
    baseUrl: `${http.url}${traits.root}`,
    tokenUrl: `${http.url}${TOKEN_PATH}`,
    staticToken,
    demographicsScope: scopes.demographics,
    tokens,
    http,
    quirks,
    district: options.district,
    requestsPerMinute: null,
    after: (answers, happen) => planned.push({ left: answers, happen }),
    stop: () => http.stop(),
  };
  return site;
}
