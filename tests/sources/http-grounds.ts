import {
  startClasslinkSite,
  startCleverSite,
  startOneRosterSite,
  type ClasslinkShare,
  type ClasslinkSite,
  type CleverSite,
  type HttpSite,
  type OneRosterProfile,
  type OneRosterSite,
} from '@rollbook/sandbox';
import { CLEVER_30, CLEVER_31, ONEROSTER_11, ONEROSTER_12 } from './carries.ts';
import {
  Workplace,
  closedPort,
  withBlankId,
  type Settings,
  type SourceGround,
  type SourceKind,
  type WrongAccess,
} from './source-ground.ts';

/** Small enough that users come in several pages. */
const PAGE_SIZE = 100;

export interface HttpGround extends SourceGround {
  readonly http: HttpSite;
  /** Below which the collections stand: `/v3.1`. */
  readonly root: string;
}
export interface CleverGround extends HttpGround {
  readonly site: CleverSite;
}
export interface ClasslinkGround extends HttpGround {
  readonly site: ClasslinkSite;
  readonly share: ClasslinkShare;
}
export interface OneRosterGround extends HttpGround {
  readonly site: OneRosterSite;
}

const refusedWith = (http: HttpSite, settings: Settings): WrongAccess => ({
  settings,
  asked: () => http.log.requests.map(({ method, path, query }) => `${method} ${path}?${query}`),
});

const nowhere = async (): Promise<string> => `http://127.0.0.1:${await closedPort()}`;

/** What every HTTP ground has: its log, its folders, and its end. */
async function workAt(http: HttpSite, config: Settings) {
  const place = await Workplace.create();
  return {
    http,
    spoolDir: place.spoolDir,
    log: place.log,
    source: (settings: Settings = {}) => place.open({ pageSize: PAGE_SIZE, ...config, ...settings }),
    clear: async () => {
      await http.stop();
      await place.clear();
    },
  };
}

const ALL_RELATIONSHIPS = ['Parent', 'Grandparent', 'Self', 'Aunt/Uncle', 'Sibling', 'Other'];

function cleverKind(apiVersion: 'v3.0' | 'v3.1'): SourceKind<CleverGround> {
  return {
    name: `Clever ${apiVersion}`,
    carries: apiVersion === 'v3.0' ? CLEVER_30 : CLEVER_31,
    prepare: async (district) => {
      const site = await startCleverSite({ districts: [district] });
      const { clientId, clientSecret, apiUrl, tokenUrl, account, http } = site;
      const access = { apiUrl, tokenUrl, clientId, clientSecret, districtId: account.id };
      const own = { type: 'clever', apiVersion, contactRelationships: ALL_RELATIONSHIPS };
      const nameless = { name: { first: 'No', last: 'Id' }, roles: { student: {} } };
      return {
        ...(await workAt(http, { ...own, ...access })),
        site,
        root: `/${apiVersion}`,
        secrets: () => [clientSecret, ...(account.token === null ? [] : [account.token])],
        publish: async (next) => account.sync(next),
        loseId: async () => {
          const body = { data: [{ data: nameless }], links: [] };
          http.faults.add({ kind: 'body', path: `/${apiVersion}/users`, body });
        },
        wrongCredentials: refusedWith(http, { clientSecret: 'a secret of former days' }),
        unreachable: async () => ({ apiUrl: await nowhere() }),
      };
    },
  };
}

export const CLEVER_V30 = cleverKind('v3.0');
export const CLEVER_V31 = cleverKind('v3.1');

type ClasslinkWay = 'proxy' | 'HMAC-SHA1' | 'HMAC-SHA256';

function classlinkKind(way: ClasslinkWay): SourceKind<ClasslinkGround> {
  const isProxy = way === 'proxy';
  return {
    name: isProxy ? 'ClassLink through the proxy' : `ClassLink directly, ${way}`,
    carries: ONEROSTER_11,
    prepare: async (district) => {
      const site = await startClasslinkSite({ shares: [{ district }] });
      const { http, partnerToken, proxyUrl, directUrl } = site;
      const [share] = site.shares as [ClasslinkShare];
      const { applicationId, consumerKey, consumerSecret } = share;
      const access = isProxy
        ? { access: 'proxy', partnerToken, applicationId, proxyUrl }
        : { access: 'direct', baseUrl: directUrl, consumerKey, consumerSecret, signatureMethod: way };
      return {
        ...(await workAt(http, { type: 'classlink', ...access })),
        site,
        share,
        root: `${isProxy ? `/${applicationId}` : ''}/ims/oneroster/v1p1`,
        secrets: () => [partnerToken, share.bearer, consumerSecret],
        publish: async (next) => share.publish(next),
        loseId: async () => share.publish(withBlankId(share.district)),
        wrongCredentials: refusedWith(http, isProxy ? { partnerToken: 'another' } : { consumerSecret: 'another' }),
        unreachable: async () => (isProxy ? { proxyUrl: await nowhere() } : { baseUrl: `${await nowhere()}/v1p1` }),
      };
    },
  };
}

export const CLASSLINK_PROXY = classlinkKind('proxy');
export const CLASSLINK_SHA1 = classlinkKind('HMAC-SHA1');
export const CLASSLINK_SHA256 = classlinkKind('HMAC-SHA256');

function oneRosterKind(profile: OneRosterProfile): SourceKind<OneRosterGround> {
  const version = profile === 'strict-1.1' ? '1.1' : '1.2';
  return {
    name: `a OneRoster server, ${profile}`,
    carries: version === '1.1' ? ONEROSTER_11 : ONEROSTER_12,
    prepare: async (district) => {
      const site = await startOneRosterSite({ district, profile });
      const { http, baseUrl, tokenUrl, tokens } = site;
      const { clientId, clientSecret } = tokens;
      const auth = { type: 'oauth2', tokenUrl, clientId, clientSecret };
      return {
        ...(await workAt(http, { type: 'oneroster', version, baseUrl, auth })),
        site,
        root: new URL(baseUrl).pathname,
        secrets: () => [clientSecret, site.staticToken],
        publish: async (next) => {
          site.district = next;
        },
        loseId: async () => {
          site.district = withBlankId(site.district);
        },
        wrongCredentials: refusedWith(http, { auth: { ...auth, clientSecret: 'another' } }),
        unreachable: async () => ({ baseUrl: `${await nowhere()}/v1p2` }),
      };
    },
  };
}

export const ONEROSTER_V11 = oneRosterKind('strict-1.1');
export const ONEROSTER_V12 = oneRosterKind('strict-1.2');
export const ONEROSTER_LOOSE = oneRosterKind('loose');
