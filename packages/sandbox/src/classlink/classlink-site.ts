import { randomUUID } from 'node:crypto';
import { startHttpSite } from '../http/http-site.ts';
import type { HttpSite, SiteReply, SiteRequest } from '../http/http-site.ts';
import type { OneRosterQuirks } from '../oneroster-api/quirks.ts';
import { signedRequestOf } from '../oauth1/signed-request.ts';
import { Oauth1Verifier } from '../oauth1/verify.ts';
import { fillerRows, listApplications, showServer } from './applications.ts';
import type { ApplicationsShape } from './applications.ts';
import { CLASSLINK_QUIRKS, SharePages } from './pages.ts';
import { ClasslinkShare } from './share.ts';
import type { ClasslinkShareOptions } from './share.ts';
import { switchesOf } from './switches.ts';

export interface ClasslinkSiteOptions {
  /** 0 or left out: any free port. */
  readonly port?: number;
  readonly shares: readonly ClasslinkShareOptions[];
  /** What opens the list of districts; left out: a random one. */
  readonly partnerToken?: string;
  /** So many more districts stand in the list, without data. Default 3. */
  readonly otherDistricts?: number;
}

export interface ClasslinkSite {
  /** Of the proxy. */
  readonly proxyUrl: string;
  /** Of the OneRoster root for direct access; the consumer key tells whose it is. */
  readonly directUrl: string;
  readonly partnerToken: string;
  /** In the order of the options. */
  readonly shares: readonly ClasslinkShare[];
  /** Faults, the log and the latency. */
  readonly http: HttpSite;
  /** How the data departs from the standard, and how `GET /applications` answers; change freely. */
  readonly quirks: OneRosterQuirks & { applicationsShape: ApplicationsShape };
  /** See {@link HttpSite.stop}. */
  stop(): Promise<void>;
}

const ROSTER_ROOT = '/ims/oneroster/v1p1';

const failure = (status: number, message: string): SiteReply => ({ status, body: { message } });
const UNAUTHORIZED = failure(401, 'Unauthorized');
/** Whatever leads nowhere is refused without saying why; so is an application id whose escapes were changed. */
const FORBIDDEN = failure(403, 'Forbidden');

/**
 * Starts a pretend ClassLink on 127.0.0.1: the proxy with its list of districts, and the districts' Roster Servers,
 * which serve the same OneRoster 1.1 data to requests signed with OAuth 1.
 */
export async function startClasslinkSite(options: ClasslinkSiteOptions): Promise<ClasslinkSite> {
  const { partnerToken = randomUUID() } = options;
  const shares = options.shares.map((share) => new ClasslinkShare(share));
  const hosts = shares.map((share) => ({ share, pages: new SharePages(share) }));
  const fillers = fillerRows(options.otherDistricts ?? 3);
  const verifier = new Oauth1Verifier({
    consumers: new Map(shares.map(({ consumerKey, consumerSecret }) => [consumerKey, consumerSecret])),
  });
  const quirks: ClasslinkSite['quirks'] = { ...CLASSLINK_QUIRKS, applicationsShape: 'live' };
  const isOpenedBy = (request: SiteRequest, token: string): boolean =>
    request.headers.authorization === `Bearer ${token}`;

  const answerPartner = (request: SiteRequest): SiteReply => {
    if (!isOpenedBy(request, partnerToken)) return UNAUTHORIZED;
    if (request.path === '/applications')
      return listApplications(shares, fillers, request.query, quirks.applicationsShape);
    const share = shares.find(({ applicationId }) => request.path === `/applications/${applicationId}/server`);
    return share?.isListed === true ? showServer(share, site.directUrl) : FORBIDDEN;
  };

  const answerDirect = (request: SiteRequest): SiteReply => {
    const verdict = verifier.verify(signedRequestOf(request));
    if (!verdict.isValid) return UNAUTHORIZED;
    const host = hosts.find(({ share }) => share.consumerKey === verdict.consumerKey);
    if (host?.share.isActive !== true) return UNAUTHORIZED;
    return host.pages.answer(request.path.slice(ROSTER_ROOT.length), request, quirks);
  };

  const answerProxy = (request: SiteRequest): SiteReply => {
    const rootOf = ({ applicationId }: ClasslinkShare): string => `/${applicationId}${ROSTER_ROOT}`;
    const host = hosts.find(({ share }) => request.path.startsWith(`${rootOf(share)}/`));
    if (host === undefined) return FORBIDDEN;
    const { share, pages } = host;
    if (!share.isActive || !isOpenedBy(request, share.bearer)) return UNAUTHORIZED;
    return pages.answer(request.path.slice(rootOf(share).length), request, quirks);
  };

  const answer = (request: SiteRequest): SiteReply => {
    if (request.method !== 'GET') return failure(405, 'Method Not Allowed');
    if (/^\/applications(\/|$)/.test(request.path)) return answerPartner(request);
    return request.path.startsWith(`${ROSTER_ROOT}/`) ? answerDirect(request) : answerProxy(request);
  };

  const http = await startHttpSite({
    answer,
    errorBody: (status) => ({ message: `Error ${status}` }),
    switches: switchesOf(quirks, shares),
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  const site: ClasslinkSite = {
    proxyUrl: http.url,
    directUrl: `${http.url}${ROSTER_ROOT}`,
    partnerToken,
    shares,
    http,
    quirks,
    stop: () => http.stop(),
  };
  return site;
}
