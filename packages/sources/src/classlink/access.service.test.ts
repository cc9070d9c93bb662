import { ClasslinkSource, type SyncError } from '@rollbook/core';
import { generateDistrict, startClasslinkSite, type ClasslinkSite } from '@rollbook/sandbox';
import { neverAborted, refusal } from '../delivery.fixture.ts';
import { createHttpClient, type HttpClient } from '../http/http-client.ts';
import { openDirect } from './direct-access.ts';
import { openProxy } from './proxy-access.ts';
import type { OneRosterAccess } from '../oneroster-api/collections.ts';

const district = generateDistrict({ seed: 5, schoolSizes: [20, 20, 20, 20] });

let site: ClasslinkSite;
let client: HttpClient;
beforeEach(async () => {
  site = await startClasslinkSite({ shares: [{ district }], otherDistricts: 1200 });
  client = createHttpClient({
    provider: 'ClassLink',
    allowPrivate: true,
    connectTimeoutMs: 5000,
    responseTimeoutMs: 5000,
  });
});
afterEach(async () => {
  client.close();
  await site.stop();
});

const share = () => site.shares[0]!;
const proxyConfig = (more: object = {}): ClasslinkSource =>
  ClasslinkSource.parse({
    type: 'classlink',
    access: 'proxy',
    partnerToken: site.partnerToken,
    applicationId: share().applicationId,
    proxyUrl: site.proxyUrl,
    ...more,
  });
const directConfig = (more: object = {}): ClasslinkSource =>
  ClasslinkSource.parse({
    type: 'classlink',
    access: 'direct',
    baseUrl: site.directUrl,
    consumerKey: share().consumerKey,
    consumerSecret: share().consumerSecret,
    ...more,
  });
const viaProxy = (more?: object): Promise<OneRosterAccess> => openProxy(proxyConfig(more), client, neverAborted);

async function orgs(access: OneRosterAccess, query = 'limit=10'): Promise<unknown> {
  const { body } = await access.getJson(`${access.baseUrl}/orgs?${query}`, { signal: neverAborted });
  return (body as { orgs: { sourcedId: string }[] }).orgs.map(({ sourcedId }) => sourcedId);
}
const all = ['0101', '0102', '0103', '0104'];
const readsOfList = (): number => site.http.log.count('/applications');

/** Nothing that opens anything, and nobody's name. */
function expectNoLeak({ message, advice, cause }: SyncError): void {
  const { bearer, consumerSecret } = share();
  const told = [message, advice, String(cause), JSON.stringify(cause)].join('\n');
  for (const secret of [site.partnerToken, bearer, consumerSecret]) expect(told).not.toContain(secret);
}

describe('through the proxy', () => {
  it("finds the district's bearer in a long list, and uses the application id as it stands", async () => {
    expect(await orgs(await viaProxy())).toEqual(expect.arrayContaining(all));
    expect(readsOfList()).toBe(3);
    expect(site.http.log.count(`/${share().applicationId}/ims/oneroster/v1p1/orgs`, 200)).toBe(1);
  });

  it('does not mind a slash at the end of the URL of the proxy', async () => {
    expect(await orgs(await viaProxy({ proxyUrl: `${site.proxyUrl}/` }))).toEqual(expect.arrayContaining(all));
  });

  it('reads the list once more when the bearer was replaced, for all requests that were refused together', async () => {
    const access = await viaProxy();
    const before = readsOfList();
    share().rotateBearer();
    const pages = await Promise.all([0, 1, 2, 3].map((offset) => orgs(access, `limit=1&offset=${offset}`)));
    expect(pages.flat()).toHaveLength(4);
    expect(readsOfList()).toBe(2 * before);
    share().rotateBearer();
    expect(await orgs(access)).toEqual(expect.arrayContaining(all));
    expect(readsOfList()).toBe(3 * before);
  });

  it('does not go round in circles when a bearer is refused that the list still names', async () => {
    const access = await viaProxy();
    const before = readsOfList();
    site.http.faults.add({ kind: 'status', status: 401, path: `/${share().applicationId}` });
    const error = await refusal(orgs(access));
    expect(error).toMatchObject({ reason: 'wrong_credentials', disposition: 'give-up' });
    expect(error.message).toMatch(/has switched sharing with the application "%2F.*%43" off in ClassLink/);
    expect(readsOfList()).toBe(2 * before);
    expect(site.http.log.count(`/${share().applicationId}`)).toBe(1);
    expectNoLeak(error);
    share().rotateBearer();
    expect((await refusal(orgs(access))).message).toMatch(/switched sharing/);
    expect(readsOfList()).toBe(3 * before);
    expect(site.http.log.count(`/${share().applicationId}`)).toBe(3);
  });

  it.each([
    ['switched off', () => (share().isEnabled = false), /switched sharing .* off/],
    ['inactive', () => (share().tenantStatus = 'Inactive'), /is not active at ClassLink: its status is "Inactive"/],
    ['gone from the list', () => (share().isListed = false), /is not in the list of districts/],
    ['listed without bearers', () => (site.quirks.applicationsShape = 'without-bearers'), /no bearer token/],
  ])('says that the district is %s, at first or in the middle', async (_, change, message) => {
    const access = await viaProxy();
    expect(await orgs(access, 'limit=1')).toHaveLength(1);
    change();
    share().rotateBearer();
    for (const step of [() => orgs(access), () => viaProxy()]) {
      const error = await refusal(step());
      expect(error).toMatchObject({ reason: 'wrong_credentials', disposition: 'give-up' });
      expect(error.message).toMatch(message);
      expect(error.advice.length).toBeGreaterThan(20);
      expectNoLeak(error);
    }
  });

  it('refuses a list of former days', async () => {
    site.quirks.applicationsShape = 'single-object';
    const error = await refusal(viaProxy());
    expect(error.reason).toBe('invalid_data');
    expect(error.message).toMatch(/older form/);
    expectNoLeak(error);
  });

  it('tells a wrong partner token from a district that does not share', async () => {
    const error = await refusal(viaProxy({ partnerToken: 'another-partner' }));
    expect(error).toMatchObject({ reason: 'wrong_credentials', disposition: 'give-up' });
    expect(error.message).toBe('ClassLink refuses the partner token of Rollbook (401).');
    expect(error.message + error.advice).not.toContain('another-partner');
  });

  it('shows what to enter when the id was entered with its escapes made again', async () => {
    const applicationId = encodeURIComponent(share().applicationId);
    const error = await refusal(viaProxy({ applicationId }));
    expect(error.reason).toBe('wrong_credentials');
    expect(error.advice).toContain(`"${share().applicationId}"`);
    expect((await fetch(`${site.proxyUrl}/${applicationId}/ims/oneroster/v1p1/orgs`)).status).toBe(403);
  });
});

describe('directly', () => {
  it.each(['HMAC-SHA256', 'HMAC-SHA1'])('signs with %s', async (signatureMethod) => {
    const access = openDirect(directConfig({ signatureMethod, baseUrl: `${site.directUrl}/` }), client);
    const query = "limit=10&sort=sourcedId&filter=name='O%20Neil%27s (East)!' OR type='school'&empty=";
    expect(await orgs(access, query)).toEqual(expect.arrayContaining(all));
  });

  it('signs every try anew', async () => {
    const access = openDirect(directConfig(), client);
    site.http.faults.add({ kind: 'status', status: 500, times: 2 });
    expect(await orgs(access)).toEqual(expect.arrayContaining(all));
    expect(site.http.log.requests.map(({ status }) => status)).toEqual([500, 500, 200]);
  });

  it.each([
    ['key', { consumerKey: 'another' }],
    ['secret', { consumerSecret: 'guessed-secret' }],
  ])('says that the %s is refused', async (_, wrong) => {
    const error = await refusal(orgs(openDirect(directConfig(wrong), client)));
    expect(error).toMatchObject({ reason: 'wrong_credentials', disposition: 'give-up' });
    expect(error.message).toMatch(/^The Roster Server "127\.0\.0\.1:\d+" refuses the consumer key or its signature/);
    expect(error.message + error.advice).not.toContain('guessed');
    expectNoLeak(error);
  });

  it('says so when the district has switched the access off', async () => {
    share().isEnabled = false;
    const error = await refusal(orgs(openDirect(directConfig(), client)));
    expect(error.reason).toBe('wrong_credentials');
    expect(error.advice).toMatch(/still has access/);
  });
});
