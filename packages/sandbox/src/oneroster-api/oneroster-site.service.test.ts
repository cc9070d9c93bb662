import { generateDistrict } from '../district.ts';
import { nextDay } from '../changes.ts';
import { removeStudents } from '../student-changes.ts';
import type { District } from '../model.ts';
import { ONEROSTER_COLLECTIONS } from './objects.ts';
import { startOneRosterSite } from './oneroster-site.ts';
import type { OneRosterSite, OneRosterSiteOptions } from './oneroster-site.ts';
import { COLLECTIONS_1_2, ERROR_1_2 } from './specification.fixture.ts';

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

async function askToken(
  form: Record<string, string>,
  authorization?: string,
): Promise<[number, Record<string, unknown>]> {
  const response = await fetch(site.tokenUrl, {
    method: 'POST',
    headers: authorization === undefined ? {} : { authorization },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
  });
  return [response.status, (await response.json()) as Record<string, unknown>];
}
const basic = (): string =>
  `Basic ${Buffer.from(`${site.tokens.clientId}:${site.tokens.clientSecret}`).toString('base64')}`;
const SCOPE = 'https://purl.imsglobal.org/spec/or/v1p2/scope/';

describe('strict-1.2', () => {
  beforeEach(() => start());

  it.each(ONEROSTER_COLLECTIONS)('answers %s as the specification has it, whole', async (collection) => {
    const response = await get(`/${collection}?limit=10000`);
    const body = (await response.json()) as Record<string, Rows>;
    expect(COLLECTIONS_1_2[collection].safeParse(body).error?.issues).toBeUndefined();
    expect(response.headers.get('x-total-count')).toBe(String(body[collection]?.length));
    expect(body[collection]?.length).toBeGreaterThan(0);
  });

  it('shows every record, with references that hold', async () => {
    const sizes = await Promise.all(
      ONEROSTER_COLLECTIONS.map(async (each) => (await rowsOf(`/${each}?limit=10000`)).length),
    );
    const { students, terms, courses, classes, enrollments } = DISTRICT;
    expect(sizes).toEqual([
      3,
      terms.length,
      courses.length,
      classes.length,
      USERS,
      enrollments.length,
      students.length,
    ]);
    const users = new Set(ids(await rowsOf('/users?limit=10000')));
    const members = (await rowsOf('/enrollments?limit=10000')).map(
      ({ user }) => (user as { sourcedId: string }).sourcedId,
    );
    expect(members.filter((user) => !users.has(user))).toEqual([]);
  });

  it('pages by 100 unless asked otherwise, and links', async () => {
    const response = await get('/users?offset=100');
    expect(response.headers.get('link')).toBe(
      [
        `<${site.baseUrl}/users?offset=200&limit=100>; rel="next"`,
        `<${site.baseUrl}/users?offset=${Math.floor((USERS - 1) / 100) * 100}&limit=${((USERS - 1) % 100) + 1}>; rel="last"`,
        `<${site.baseUrl}/users?offset=0&limit=100>; rel="first"`,
        `<${site.baseUrl}/users?offset=0&limit=100>; rel="prev"`,
      ].join(', '),
    );
    expect(await rowsOf('/users')).toHaveLength(100);
    const after = await get(`/users?offset=${USERS}`);
    expect([await after.json(), after.headers.get('x-total-count')]).toEqual([{ users: [] }, String(USERS)]);
  });

  it('sorts, filters and selects', async () => {
    const sorted = ids(await rowsOf('/users?sort=sourcedId&orderBy=asc&limit=10000'));
    expect(sorted).toEqual([...sorted].sort());
    expect(ids(await rowsOf('/users?sort=sourcedId&orderBy=desc&limit=10000'))).toEqual(sorted.reverse());
    expect(await rowsOf('/users?sort=shoeSize&limit=10000')).toHaveLength(USERS);
    const [student] = DISTRICT.students;
    const filter = encodeURIComponent(`sourcedId='${student?.sisId.toLowerCase()}' AND status!='tobedeleted'`);
    const found = await rowsOf(`/users?filter=${filter}&fields=familyName,grades`);
    expect(found).toEqual([{ sourcedId: student?.sisId, familyName: student?.familyName, grades: [student?.grade] }]);
    const either = encodeURIComponent("roles.role='aide' OR roles.role='principal'");
    const roles = (await rowsOf(`/users?filter=${either}&limit=10000`)).map(
      (user) => user['roles'] as { role: string }[],
    );
    expect(new Set(roles.map(([first]) => first?.role))).toEqual(new Set(['aide', 'principal']));
  });

  it.each([
    ['/users?limit=0', 'invaliddata'],
    ['/users?limit=1e3', 'invaliddata'],
    ['/users?offset=-1', 'invaliddata'],
    ['/users?limit=1&limit=2', 'invaliddata'],
    ['/users?filter=role', 'invalid_filter_field'],
    ['/users?fields=shoeSize', 'invalid_selection_field'],
  ])('refuses %s', async (path, codeMinor) => {
    const response = await get(path);
    const body = ERROR_1_2.parse(await response.json());
    expect([response.status, body.imsx_CodeMinor.imsx_codeMinorField[0]?.imsx_codeMinorFieldValue]).toEqual([
      400,
      codeMinor,
    ]);
  });

  it('names a collection for what it holds', async () => {
    const [school, otherSchool] = DISTRICT.schools;
    const [each] = DISTRICT.classes;
    const at = async (path: string): Promise<[string, number]> => {
      const [[wrapper, rows] = ['', []]] = Object.entries(await bodyOf(`${path}?limit=10000`));
      return [wrapper, rows.length];
    };
    expect(await at('/schools')).toEqual(['orgs', 2]);
    expect(await at('/terms')).toEqual(['academicSessions', 2]);
    expect(await at('/students')).toEqual(['users', DISTRICT.students.length]);
    const ofSchool = DISTRICT.students.filter((student) => student.school === school?.sisId);
    expect(await at(`/schools/${school?.sisId}/students`)).toEqual(['users', ofSchool.length]);
    const classes = DISTRICT.classes.filter((one) => one.school === otherSchool?.sisId);
    expect(await at(`/schools/${otherSchool?.sisId}/classes`)).toEqual(['classes', classes.length]);
    const members = DISTRICT.enrollments.filter((one) => one.class === each?.sisId && one.role === 'student');
    expect(await at(`/classes/${encodeURIComponent(each?.sisId ?? '')}/students`)).toEqual(['users', members.length]);
    expect(await bodyOf('/demographics/S100001')).toMatchObject({ demographics: { sourcedId: 'S100001' } });
    expect(await bodyOf('/students/S100001')).toMatchObject({ user: { sourcedId: 'S100001' } });
  });

  it.each(['/users/nobody', '/teachers/S100001', '/lineItems', '/schools/0101/lunches', '/orgs/0101/a/b'])(
    'has nothing at %s',
    async (path) => {
      const response = await get(path);
      expect([response.status, ERROR_1_2.safeParse(await response.json()).success]).toEqual([404, true]);
    },
  );

  it('shows another district from the next request on, or after so many answers', async () => {
    const next = nextDay(DISTRICT, [removeStudents(5, '0101')]);
    site.after(2, () => (site.district = next));
    const counts = async () => (await get('/students?limit=1')).headers.get('x-total-count');
    expect([await counts(), await counts(), await counts()]).toEqual(['190', '190', '185']);
  });
});

describe('access', () => {
  beforeEach(() => start());

  it('gives tokens for credentials in the header or in the body, with the scopes asked for', async () => {
    const scope = `${SCOPE}roster-core.readonly`;
    const { clientId, clientSecret } = site.tokens;
    for (const [form, header] of [
      [{ scope }, basic()],
      [{ scope, client_id: clientId, client_secret: clientSecret }, undefined],
    ] as const) {
      const [status, body] = await askToken(form, header);
      expect([status, body['scope'], body['token_type'], body['expires_in']]).toEqual([200, scope, 'bearer', 3600]);
      const token = String(body['access_token']);
      expect((await get('/users', token)).status).toBe(200);
      expect((await get('/demographics', token)).status).toBe(403);
      expect((await get('/schools/0101/students', token)).status).toBe(403);
    }
  });

  it('reads demographics with their own scope alone', async () => {
    const [, body] = await askToken({ scope: `${SCOPE}roster-demographics.readonly` }, basic());
    expect((await get('/demographics', String(body['access_token']))).status).toBe(200);
    expect((await get('/users', String(body['access_token']))).status).toBe(403);
  });

  it('refuses wrong credentials, grants and scopes', async () => {
    const scope = `${SCOPE}roster.readonly`;
    const wrong = `Basic ${Buffer.from('rollbook:no').toString('base64')}`;
    expect(await askToken({ scope }, wrong)).toEqual([401, { error: 'invalid_client' }]);
    expect(await askToken({ scope, grant_type: 'password' }, basic())).toEqual([
      400,
      { error: 'unsupported_grant_type' },
    ]);
    expect(await askToken({ scope: `${scope} gradebook.createput` }, basic())).toEqual([
      400,
      { error: 'invalid_scope' },
    ]);
    expect(await askToken({}, basic())).toEqual([400, { error: 'invalid_scope' }]);
    site.tokens.rules.excess = 'narrow';
    expect((await askToken({ scope: `${scope} more` }, basic()))[1]).toMatchObject({ scope });
    site.tokens.rules.credentialsIn = 'body';
    expect((await askToken({ scope }, basic()))[0]).toBe(401);
  });

  it('lets tokens end, by time and at once', async () => {
    const scope = `${SCOPE}roster-core.readonly`;
    const ask = async () => String((await askToken({ scope }, basic()))[1]['access_token']);
    const revoked = await ask();
    site.tokens.revokeAll();
    expect((await get('/users', revoked)).status).toBe(401);
    site.tokens.rules.lifetimeSeconds = 0;
    expect((await get('/users', await ask())).status).toBe(401);
    expect(site.tokens.issued).toBe(2);
    const response = await fetch(`${site.baseUrl}/users`);
    expect([response.status, ERROR_1_2.safeParse(await response.json()).success]).toEqual([401, true]);
  });

  it('lets in whom the test lets in', async () => {
    await site.stop();
    await start({ isLetIn: ({ headers }) => headers.authorization === 'OAuth signed' });
    const ask = async (authorization: string) =>
      (await fetch(`${site.baseUrl}/users`, { headers: { authorization } })).status;
    expect([await ask('OAuth signed'), await ask('OAuth forged')]).toEqual([200, 401]);
  });
});

describe('strict-1.1', () => {
  it('writes users with one role, and empty strings', async () => {
    await start({ profile: 'strict-1.1' });
    expect(site.baseUrl).toMatch(/\/ims\/oneroster\/v1p1$/);
    const users = new Map((await rowsOf('/users?limit=10000')).map((user) => [user.sourcedId, user]));
    const student = DISTRICT.students.find(({ middleName }) => middleName === null);
    expect(users.get(student?.sisId ?? '')).toMatchObject({
      role: 'student',
      orgs: [
        {
          href: `https://certs.rosterserver.example/ims/oneroster/v1p1/orgs/${student?.school}`,
          sourcedId: student?.school,
          type: 'org',
        },
      ],
      enabledUser: 'true',
      middleName: '',
      password: '',
    });
    for (const user of users.values()) {
      expect(user).not.toHaveProperty('roles');
      expect(user).not.toHaveProperty('primaryOrg');
    }
    const response = await get('/users/nobody');
    expect(await response.json()).toMatchObject({ statusInfoSet: [{ imsx_codeMinor: ['unknownobject'] }] });
  });
});
