import { createHmac, randomUUID } from 'node:crypto';
import { generateDistrict } from '../district.ts';
import { startClasslinkSite } from './classlink-site.ts';
import type { ClasslinkSite } from './classlink-site.ts';
import type { ClasslinkShare } from './share.ts';

const riverside = generateDistrict({ seed: 11, schoolSizes: [40, 30] });
const lakeside = generateDistrict({ seed: 12, schoolSizes: [20], id: 'lakeside' });

let site: ClasslinkSite;
let share: ClasslinkShare;
beforeEach(async () => {
  const shares = [{ district: riverside, applicationId: '%2FgVa0ed75Gs%43' }, { district: lakeside }];
  site = await startClasslinkSite({ shares, otherDistricts: 30 });
  share = site.shares[0]!;
});
afterEach(() => site.stop());

type Row = Readonly<Record<string, unknown>>;
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly status: number } & Readonly<Record<'applications' | 'users' | 'enrollments', Row[]>>;
}
async function get(url: string, authorization?: string): Promise<Answer> {
  const response = await fetch(url, authorization === undefined ? {} : { headers: { authorization } });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}
const list = (query = '', token = site.partnerToken): Promise<Answer> =>
  get(`${site.proxyUrl}/applications${query}`, `Bearer ${token}`);
const data = (path: string, bearer = share.bearer, applicationId = share.applicationId): Promise<Answer> =>
  get(`${site.proxyUrl}/${applicationId}/ims/oneroster/v1p1${path}`, `Bearer ${bearer}`);
const statusOf = async (answer: Promise<Answer>): Promise<number> => (await answer).status;

/** Signs a URL whose query needs no escapes, by the recipe and not by any code of ours. */
function signed(url: string, { consumerKey, consumerSecret }: ClasslinkShare): string {
  const [place = '', query = ''] = url.split('?');
  const nonce = randomUUID();
  const seconds = Math.floor(Date.now() / 1000);
  const parameters = [
    ...query.split('&').filter((each) => each !== ''),
    `oauth_consumer_key=${consumerKey}`,
    `oauth_nonce=${nonce}`,
    'oauth_signature_method=HMAC-SHA256',
    `oauth_timestamp=${seconds}`,
  ].sort();
  const base = ['GET', place, parameters.join('&')].map(encodeURIComponent).join('&');
  const signature = createHmac('sha256', `${consumerSecret}&`).update(base).digest('base64');
  return (
    `OAuth oauth_consumer_key="${consumerKey}", oauth_nonce="${nonce}", oauth_signature_method="HMAC-SHA256", ` +
    `oauth_timestamp="${seconds}", oauth_signature="${encodeURIComponent(signature)}"`
  );
}

describe('the list of districts', () => {
  it('shows the shape of today, and no count anywhere', async () => {
    const { status, headers, body } = await list('?limit=100');
    expect(status).toBe(200);
    expect(body.status).toBe(1);
    expect(body.applications).toHaveLength(32);
    expect(body.applications.at(-2)).toEqual({
      id: 12345,
      application_id: 67890,
      tenant_id: 2345,
      bearer: share.bearer,
      tenant_name: 'riverside',
      enabled: 'true',
      tenant_status: 'Active',
      oneroster_application_id: '%2FgVa0ed75Gs%43',
      name: 'Rollbook',
      version: '',
    });
    expect([...headers.keys()].filter((name) => name.includes('count'))).toEqual([]);
  });

  it('comes in pages, and short if no limit is sent', async () => {
    const ids = async (query: string): Promise<unknown[]> => (await list(query)).body.applications.map(({ id }) => id);
    const all = await ids('?limit=100');
    expect(await ids('')).toEqual(all.slice(0, 20));
    expect(await ids('?limit=7&offset=28')).toEqual(all.slice(28));
    expect(await ids('?limit=7&offset=32')).toEqual([]);
  });

  it('is only for the partner', async () => {
    expect(await statusOf(list('', share.bearer))).toBe(401);
    expect(await statusOf(get(`${site.proxyUrl}/applications`))).toBe(401);
  });

  it('follows what an administrator or ClassLink does', async () => {
    const row = async (): Promise<Row | undefined> =>
      (await list('?limit=100')).body.applications.find((each) => each['tenant_name'] === 'riverside');
    share.isEnabled = false;
    share.tenantStatus = 'Inactive';
    expect(await row()).toMatchObject({ enabled: 'false', tenant_status: 'Inactive' });
    share.isListed = false;
    expect(await row()).toBeUndefined();
  });

  it('can be of former days', async () => {
    site.quirks.applicationsShape = 'without-bearers';
    expect((await list()).body.applications[0]).toMatchObject({ bearer: null, enabled: 'true' });
    site.quirks.applicationsShape = 'single-object';
    expect((await list()).body.applications).toMatchObject({ tenant_name: 'riverside' });
  });

  it('tells the key for direct access', async () => {
    const url = `${site.proxyUrl}/applications/${share.applicationId}/server`;
    expect((await get(url, `Bearer ${site.partnerToken}`)).body).toEqual({
      status: 1,
      server: { client_id: share.consumerKey, client_secret: share.consumerSecret, endpoint_url: site.directUrl },
      message: '',
    });
    expect(await statusOf(get(url, `Bearer ${share.bearer}`))).toBe(401);
  });
});

describe("a district's data", () => {
  it("comes in the older shape with ClassLink's headers", async () => {
    const { status, headers, body } = await data('/users?limit=10&offset=5');
    expect(status).toBe(200);
    const total = riverside.students.length + riverside.staff.length + riverside.guardians.length;
    expect(headers.get('x-count')).toBe('10');
    expect(headers.get('x-total-count')).toBe(String(total));
    expect(headers.get('x-perm-rev')).toBe(share.revision);
    expect(headers.get('x-next-page-token')).toBe('');
    expect(headers.get('link')).toBeNull();
    const student = riverside.students[5]!;
    expect(body.users[0]).toMatchObject({
      sourcedId: student.sisId,
      status: 'active',
      enabledUser: 'true',
      role: 'student',
      sms: student.sms ?? '',
      password: '',
      orgs: [
        {
          href: `https://certs-v2.rosterserver.example/ims/oneroster/v1p1/orgs/${student.school}`,
          sourcedId: student.school,
          type: 'org',
        },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('null');
    expect(body.users[0]).not.toHaveProperty('roles');
  });

  it('lowers a limit that is too high without a word', async () => {
    site.quirks.clampTo = 25;
    const { headers, body } = await data('/enrollments?limit=10000');
    expect(body.enrollments).toHaveLength(25);
    expect(headers.get('x-count')).toBe('25');
  });

  it('is opened only by the bearer of the district, until it is replaced', async () => {
    const { bearer } = share;
    expect(await statusOf(data('/orgs'))).toBe(200);
    for (const other of [site.partnerToken, site.shares[1]!.bearer])
      expect(await statusOf(data('/orgs', other))).toBe(401);
    share.rotateBearer();
    expect(await statusOf(data('/orgs', bearer))).toBe(401);
    expect(await statusOf(data('/orgs'))).toBe(200);
  });

  it.each([() => (share.isEnabled = false), () => (share.tenantStatus = 'Inactive'), () => (share.isListed = false)])(
    'is closed when the sharing has ended: %s',
    async (end) => {
      end();
      expect(await statusOf(data('/orgs'))).toBe(401);
      const url = `${site.directUrl}/orgs`;
      expect(await statusOf(get(url, signed(url, share)))).toBe(401);
    },
  );

  it.each(['%252FgVa0ed75Gs%2543', '%2FgVa0ed75GsC', 'gVa0ed75GsC', '67890'])(
    'is not found under the id %s',
    async (applicationId) => {
      expect(await statusOf(data('/orgs', share.bearer, applicationId))).toBe(403);
    },
  );

  it('changes in the middle of a pull', async () => {
    const { revision } = share;
    share.after(2, (changed) => changed.changeRevision());
    const seen = [];
    for (let page = 0; page < 3; page += 1) seen.push((await data('/orgs')).headers.get('x-perm-rev'));
    expect(seen).toEqual([revision, revision, share.revision]);
    expect(share.revision).not.toBe(revision);
  });

  it('shrinks with the permissions, and all is well as far as HTTP goes', async () => {
    const [first] = riverside.schools;
    share.permit({ schools: [first!.sisId] });
    const { status, headers } = await data('/classes?limit=1');
    expect(status).toBe(200);
    const left = riverside.classes.filter(({ school }) => school === first!.sisId).length;
    expect(headers.get('x-total-count')).toBe(String(left));
  });

  it('can be broken on the way', async () => {
    site.http.faults.add({ kind: 'status', status: 429, retryAfterSeconds: 7, path: `/${share.applicationId}/` });
    const { status, headers } = await data('/orgs');
    expect([status, headers.get('retry-after')]).toEqual([429, '7']);
    expect(await statusOf(list())).toBe(200);
  });

  it('is read-only, and says what it does not have or understand', async () => {
    const url = `${site.proxyUrl}/${share.applicationId}/ims/oneroster/v1p1/orgs`;
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
    expect(await statusOf(data('/lunches'))).toBe(404);
    expect(await statusOf(data('/orgs?limit=many'))).toBe(400);
  });
});

describe('by hand', () => {
  const put = (switches: object): Promise<Response> =>
    fetch(`${site.proxyUrl}/-/switches`, { method: 'PUT', body: JSON.stringify(switches) });

  it('shows the sharing of each district and the quirks', async () => {
    const shown = await (await fetch(`${site.proxyUrl}/-/switches`)).json();
    expect(shown).toMatchObject({
      applicationsShape: 'live',
      clampTo: 10_000,
      riverside: { isEnabled: true, isListed: true, tenantStatus: 'Active', schools: null, bearer: share.bearer },
      lakeside: { isEnabled: true },
    });
  });

  it('changes them', async () => {
    const { bearer, revision } = share;
    const [first] = riverside.schools;
    const changes = { schools: [first!.sisId], tenantStatus: 'Inactive', bearer: 'next' };
    expect((await put({ clampTo: 5, riverside: changes })).status).toBe(200);
    expect(site.quirks.clampTo).toBe(5);
    expect(share.district.schools).toEqual([first]);
    expect(share.tenantStatus).toBe('Inactive');
    expect(share.bearer).not.toBe(bearer);
    expect(share.revision).not.toBe(revision);
    expect(site.shares[1]!.isActive).toBe(true);
  });

  it('says what it knows if it is asked for something else', async () => {
    const answer = await put({ riverside: { isOpen: true } });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/isEnabled, isListed, .*; got \\"isOpen\\"/);
  });
});

describe('direct access', () => {
  it('shows each key its own district, and the same as the proxy', async () => {
    const url = `${site.directUrl}/users?limit=3&sort=sourcedId`;
    const direct = await get(url, signed(url, share));
    expect(direct.body).toEqual((await data('/users?limit=3&sort=sourcedId')).body);
    const other = site.shares[1]!;
    const total = lakeside.students.length + lakeside.staff.length + lakeside.guardians.length;
    expect((await get(url, signed(url, other))).headers.get('x-total-count')).toBe(String(total));
  });

  it('refuses what is not signed, signed for another page, or sent twice', async () => {
    const url = `${site.directUrl}/users?limit=3`;
    const once = signed(url, share);
    expect(await statusOf(get(url, once))).toBe(200);
    expect(await statusOf(get(url, once))).toBe(401);
    expect(await statusOf(get(`${url}0`, signed(url, share)))).toBe(401);
    expect(await statusOf(get(url, `Bearer ${share.bearer}`))).toBe(401);
    expect(await statusOf(get(url))).toBe(401);
  });
});
