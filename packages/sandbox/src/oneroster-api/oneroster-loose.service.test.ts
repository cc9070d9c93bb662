import { generateDistrict } from '../district.ts';
import type { District } from '../model.ts';
import { startOneRosterSite } from './oneroster-site.ts';
import type { OneRosterSite, OneRosterSiteOptions } from './oneroster-site.ts';

const DISTRICT: District = generateDistrict({ seed: 7, schoolSizes: [130, 60] });
const PEOPLE = [DISTRICT.students, DISTRICT.staff, DISTRICT.guardians].map((list) => list.length);
const USERS = PEOPLE.reduce((sum, count) => sum + count, 0);

type Rows = { sourcedId: string; [member: string]: unknown }[];

let site: OneRosterSite;
afterEach(() => site.stop());
const start = async (options: Partial<OneRosterSiteOptions> = {}): Promise<void> => {
  site = await startOneRosterSite({ district: DISTRICT, ...options });
};

const get = (path: string, token = site.staticToken): Promise<Response> =>
  fetch(`${site.baseUrl}${path}`, { headers: { authorization: `Bearer ${token}` } });
const bodyOf = async (path: string): Promise<Record<string, Rows>> =>
  (await get(path)).json() as Promise<Record<string, Rows>>;
const rowsOf = async (path: string): Promise<Rows> => Object.values(await bodyOf(path))[0] ?? [];
const ids = (rows: Rows): string[] => rows.map(({ sourcedId }) => sourcedId);

describe('loose', () => {
  beforeEach(() => start({ profile: 'loose' }));

  it('clamps without a word, counts nothing, links nothing', async () => {
    const response = await get('/users?limit=2000');
    expect(await response.json()).toMatchObject({ users: { length: 500 } });
    expect([response.headers.get('x-total-count'), response.headers.get('link')]).toEqual([null, null]);
    expect(await rowsOf('/users?limit=2000&offset=500')).toHaveLength(USERS - 500);
  });

  it('writes relative references and texts for codes, and has no nested endpoints', async () => {
    const [user] = await rowsOf('/users?limit=1');
    expect(user?.['roles']).toMatchObject([{ org: { href: '/orgs/0101', sourcedId: '0101', type: 'org' } }]);
    expect((await get('/schools/0101/classes')).status).toBe(404);
    expect(await (await get('/users', 'wrong')).json()).toMatchObject({ imsx_codeMinor: 'unauthorisedrequest' });
  });

  it('sends away those who ask too often, in HTML', async () => {
    site.requestsPerMinute = 2;
    const first = await get('/orgs');
    expect(first.headers.get('ratelimit-remaining')).toBe('1');
    await get('/orgs');
    const third = await get('/orgs');
    expect([third.status, third.headers.get('content-type'), await third.text()]).toEqual([
      429,
      'text/html; charset=utf-8',
      'Too many requests, please try again later.',
    ]);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(50);
  });
});

describe('quirks', () => {
  beforeEach(() => start());

  it('of counts and pages', async () => {
    const count = async (path: string) => (await get(path)).headers.get('x-total-count');
    site.quirks.totalCount = { offBy: -3 };
    expect(await count('/orgs')).toBe('0');
    site.quirks.totalCount = 'changing';
    expect(await count('/orgs')).not.toBe(await count('/orgs'));
    site.quirks.totalCount = 'absent';
    expect(await count('/orgs')).toBeNull();
    const all = ids(await rowsOf('/users?limit=10&sort=sourcedId'));
    const second = async () => ids(await rowsOf('/users?limit=5&offset=5&sort=sourcedId'));
    site.quirks.repeatedRows = 1;
    expect(await second()).toEqual(all.slice(4, 9));
    site.quirks.repeatedRows = 0;
    site.quirks.skippedRows = 1;
    expect((await second()).slice(0, 4)).toEqual(all.slice(6, 10));
    site.quirks.skippedRows = 0;
    site.quirks.unsorted = true;
    expect(await second()).not.toEqual(await second());
    site.quirks.clampTo = 3;
    expect(await second()).toHaveLength(3);
    site.quirks.empty = true;
    expect(await bodyOf('/users')).toEqual({ users: [] });
  });

  it('of permissions', async () => {
    Object.assign(site.quirks, { forbidden: ['demographics'], missing: ['courses'], onlySchools: ['0102'] });
    expect([(await get('/demographics')).status, (await get('/courses')).status]).toEqual([403, 404]);
    expect(ids(await rowsOf('/orgs'))).toEqual(['0100', '0102']);
    expect(await rowsOf('/students?limit=10000')).toHaveLength(60);
  });

  it('of members', async () => {
    const whole = await rowsOf('/users?limit=3');
    Object.assign(site.quirks, {
      extraMembers: true,
      omit: [{ collection: 'users', rows: 1, member: 'familyName' }],
      marked: [{ collection: 'users', rows: 2, status: 'inactive' }],
      lost: [{ collection: 'users', rows: 1, member: 'agents' }],
      usersWithoutRoles: 1,
      sharedId: true,
      booleans: 'upper',
      dates: 'seconds',
    });
    const [first, second, third] = await rowsOf('/users?limit=3');
    expect(first).toMatchObject({
      sourcedId: '0101',
      status: 'inactive',
      roles: [],
      vendorId: 'x-17',
      enabledUser: 'TRUE',
    });
    expect(first).not.toHaveProperty('familyName');
    expect(JSON.stringify(first?.['agents'])).toContain('"sourcedId":"lost-G');
    expect([second?.['status'], third?.['status']]).toEqual(['inactive', 'active']);
    expect(second?.sourcedId).toBe(whole[1]?.sourcedId);
    expect(third?.['dateLastModified']).toMatch(/:00Z$/);
    Object.assign(site.quirks, { booleans: 'real', dates: 'offset' });
    const [, again] = await rowsOf('/users?limit=3');
    expect(again).toMatchObject({ enabledUser: true, dateLastModified: expect.stringMatching(/\+00:00$/) });
  });

  it('of numbers', async () => {
    site.quirks.numbers = true;
    const [org] = await rowsOf('/orgs');
    expect([org?.sourcedId, org?.['identifier']]).toEqual(['0100', 1704400]);
  });

  it('are switched by hand, too', async () => {
    const put = await fetch(`${site.http.url}/-/switches`, { method: 'PUT', body: '{"clampTo":7}' });
    expect(put.status).toBe(200);
    expect(await rowsOf('/users')).toHaveLength(7);
    const wrong = await fetch(`${site.http.url}/-/switches`, { method: 'PUT', body: '{"clamp":7}' });
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('got \\"clamp\\"')]);
  });
});
