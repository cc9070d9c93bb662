import { generateDistrict, type HttpFault } from '@rollbook/sandbox';
import { neverAborted, refusal } from '../delivery.fixture.ts';
import { CleverGround, DISTRICT } from './clever-ground.fixture.ts';
import { expectedRoster } from './expected-roster.fixture.ts';

let ground: CleverGround;
beforeEach(async () => {
  ground = await CleverGround.prepare();
});
afterEach(() => ground.site.stop());

const USERS = { path: '/v3.1/users' } as const;
const page = (links: unknown) => ({ data: [], links });
const nextIs = (uri: unknown): HttpFault => ({ kind: 'body', body: page([{ rel: 'next', uri }]), ...USERS });

describe('what goes wrong', () => {
  it.each<[string, HttpFault, string, string, RegExp]>([
    // The Data API (clever.md §2.3), from page 2 on.
    ['400', { kind: 'status', status: 400, ...USERS, from: 2 }, 'invalid_data', 'give-up', /\/v3\.1\/users.*400/],
    ['401', { kind: 'status', status: 401, ...USERS, from: 2 }, 'wrong_credentials', 'give-up', /refuses the token/],
    ['403', { kind: 'status', status: 403, ...USERS, from: 2 }, 'wrong_credentials', 'give-up', /refuses the token/],
    ['404', { kind: 'status', status: 404, ...USERS, from: 2 }, 'invalid_data', 'give-up', /nothing at .*404/],
    ['404 as a web page', { kind: 'status', status: 404, body: 'html', ...USERS }, 'invalid_data', 'give-up', /404/],
    ['413', { kind: 'status', status: 413, ...USERS, from: 2 }, 'source_unavailable', 'retry', /413/],
    ['500', { kind: 'status', status: 500, ...USERS, from: 2 }, 'source_unavailable', 'retry', /500/],
    ['501', { kind: 'status', status: 501, ...USERS }, 'source_unavailable', 'retry', /501/],
    ['502', { kind: 'status', status: 502, ...USERS, from: 2 }, 'source_unavailable', 'retry', /502/],
    ['503', { kind: 'status', status: 503, ...USERS, from: 2 }, 'source_unavailable', 'retry', /503/],
    ['504', { kind: 'status', status: 504, ...USERS, from: 2 }, 'source_unavailable', 'retry', /504/],
    ['a web page', { kind: 'login-page', ...USERS, from: 2 }, 'source_unavailable', 'retry', /web page/],
    ['half an answer', { kind: 'truncate', ...USERS, from: 2 }, 'source_unavailable', 'retry', /ends in the middle/],
    ['a broken connection', { kind: 'reset', ...USERS, from: 2 }, 'source_unavailable', 'retry', /broke|reached/],
    ['no connection', { kind: 'refuse', ...USERS, from: 2 }, 'source_unavailable', 'retry', /cannot be reached/],
    ['a redirect', { kind: 'redirect', ...USERS }, 'source_unavailable', 'retry', /redirects/],
    ['an error with 200', { kind: 'error-envelope', ...USERS, from: 2 }, 'invalid_data', 'give-up', /has no `data`/],
    ['an empty object', { kind: 'body', body: {}, ...USERS }, 'invalid_data', 'give-up', /has no `data`/],
    ['a list alone', { kind: 'body', body: [], ...USERS }, 'invalid_data', 'give-up', /has no `data`/],
    ['no links', { kind: 'body', body: { data: [] }, ...USERS }, 'invalid_data', 'give-up', /has no `links`/],
    // Links of a page.
    [
      'a link to another host',
      nextIs('https://elsewhere.example/v3.1/users?starting_after=1'),
      'invalid_data',
      'give-up',
      /another place/,
    ],
    [
      'a link without a scheme',
      nextIs('//elsewhere.example/v3.1/users?starting_after=1'),
      'invalid_data',
      'give-up',
      /another place/,
    ],
    [
      'a link to another collection',
      nextIs('/v3.1/sections?starting_after=1'),
      'invalid_data',
      'give-up',
      /another place/,
    ],
    ['a link to another version', nextIs('/v3.0/users?starting_after=1'), 'invalid_data', 'give-up', /another place/],
    ['a link to itself', nextIs('/v3.1/users?limit=100'), 'invalid_data', 'give-up', /in a circle/],
    ['a link to the same place', nextIs('/v3.1/users?starting_after=1'), 'invalid_data', 'give-up', /in a circle/],
    ['a link without an address', nextIs(null), 'invalid_data', 'give-up', /has no address/],
    // The district, and the token host.
    [
      'no district',
      { kind: 'empty-collection', path: '/v3.1/districts' },
      'invalid_data',
      'give-up',
      /without a district/,
    ],
    [
      'a failing token host',
      { kind: 'status', status: 500, path: '/oauth' },
      'source_unavailable',
      'retry',
      /oauth\/tokens.*500/,
    ],
    ['tokens in a web page', { kind: 'login-page', path: '/oauth' }, 'source_unavailable', 'retry', /web page/],
    [
      'no list of tokens',
      { kind: 'body', body: { tokens: [] }, path: '/oauth' },
      'invalid_data',
      'give-up',
      /without a list of tokens/,
    ],
  ])('%s', async (_, fault, reason, disposition, message) => {
    ground.site.http.faults.add(fault);
    const error = await ground.refused();
    expect([error.reason, error.disposition]).toEqual([reason, disposition]);
    expect(error.message).toMatch(message);
  });

  it.each<[string, HttpFault]>([
    ['an answer that never comes', { kind: 'hang', ...USERS }],
    ['an answer that trickles', { kind: 'slow', bytesPerSecond: 100, ...USERS }],
  ])('%s', async (_, fault) => {
    ground.site.http.faults.add(fault);
    const error = await ground.refused({ responseTimeoutSeconds: 0.2 });
    expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'retry']);
  });

  it.each<[string, HttpFault]>(
    ([500, 502, 503, 504] as const).map((status) => [
      `a ${status} that passes`,
      { kind: 'status', status, ...USERS, from: 2, times: 1 },
    ]),
  )('but not %s', async (_, fault) => {
    ground.site.http.faults.add(fault);
    const pulled = await ground.pull();
    expect(pulled.records('students')).toHaveLength(180);
    expect(ground.told.length).toBeGreaterThan(0);
  });
});

describe('credentials', () => {
  it('that are wrong, or of nobody', async () => {
    for (const [settings, message] of [
      [{ clientSecret: 'an-old-secret' }, /refuses the client ID and client secret \(401\)/],
      [
        { districtId: '5a0c91b95c7cc000010d417c' },
        /no token for district "5a0c91b95c7cc000010d417c": its sharing .* is off/,
      ],
      [{ token: 'a-token-of-nobody' }, /refuses the credentials/],
    ] as const) {
      const error = await ground.refused(settings);
      expect([error.reason, error.disposition]).toEqual(['wrong_credentials', 'give-up']);
      expect(error.message).toMatch(message);
    }
    expect(ground.site.http.log.count('/v3.1/', 200)).toBe(0);
  });

  it('that are revoked before a pull, or between two pages', async () => {
    ground.site.plan({ before: '/v3.1/users', occurrence: 2, happens: () => ground.account.disconnect() });
    const between = await ground.refused();
    const before = await ground.refused();
    for (const error of [between, before]) {
      expect(error.reason).toBe('wrong_credentials');
      expect(error.message).toMatch(/its sharing with this application is off/);
    }
    expect(ground.site.http.log.count('/v3.1/users', 401)).toBe(1);
  });

  it('with a token for another district than the configured one', async () => {
    const error = await ground.refused({ token: ground.account.token ?? '', districtId: '5a0c91b95c7cc000010d417c' });
    expect(error.reason).toBe('wrong_credentials');
    expect(error.message).toBe(`The token is of district "${ground.account.id}", not "5a0c91b95c7cc000010d417c".`);
  });

  it('that may read nothing of a roster', async () => {
    const all = ['schools', 'sections', 'students', 'teachers', 'school_admins', 'district_admins', 'student_contacts'];
    ground.account.set({ removedScopes: all });
    expect((await ground.refused()).message).toBe('The Clever token may not read anything of a roster.');
  });

  it('with a fixed token need no token host', async () => {
    const pulled = await ground.pull({ token: ground.account.token ?? '' });
    expect(pulled.records('enrollments')).toHaveLength(expectedRoster(DISTRICT).enrollments.length);
    expect(ground.site.http.log.count('/oauth')).toBe(0);
  });
});

describe('objects that cannot be used', () => {
  const item = (object: object) => ({ data: object, uri: '/v3.1/users/x' });
  const only = (collection: string, ...items: object[]): HttpFault => ({
    kind: 'body',
    path: `/v3.1/${collection}`,
    body: { data: items, links: [{ rel: 'self', uri: `/v3.1/${collection}` }] },
  });

  it('are skipped by their ids, and counted', async () => {
    ground.site.http.faults.add(
      only('terms', item({ id: 't1' }), item({ id: 't2', start_date: '2026-08-21' }), { uri: 'nothing' }),
      only(
        'users',
        item({ id: 'u1', name: { first: 'Ada' }, roles: { student: {} } }),
        item({ id: 'u2', name: { first: 'Ada', last: 'Byron' }, roles: {} }),
        item({ id: 17, name: { first: 'Ada', last: 'Byron' }, roles: { student: { sis_id: 18, dob: '31/31/2010' } } }),
      ),
      only('sections', item({ id: 's1', name: 'Algebra' }), item({ id: 's2', school: 'x' })),
    );
    const pulled = await ground.pull({ studentIdSource: 'student_id' });
    expect(pulled.skipped.map(({ recordTypes, sisId, warning }) => [recordTypes[0], sisId, warning.code])).toEqual([
      ['terms', null, 'missing_id'],
      ['terms', 't1', 'missing_value'],
      ['students', 'u1', 'missing_value'],
      ['students', 'u2', 'user_without_role'],
      ['classes', 's1', 'missing_value'],
      ['classes', 's2', 'missing_value'],
    ]);
    expect(pulled.records('terms')).toMatchObject([{ sisId: 't2', title: '2026-08-21 to', endDate: null }]);
    expect(pulled.records('students')).toMatchObject([{ sisId: '17', studentNumber: '18', birthDate: null }]);
    expect(pulled.codes().sort()).toEqual(['bad_birth_date', 'number_for_text']);
    for (const { message } of [...pulled.warnings, ...pulled.skipped.map(({ warning }) => warning)])
      expect(message).not.toMatch(/Ada|Byron|Algebra|31/);
  });
});

describe('a survey', () => {
  it('shows schools, small counts, permissions and freshness', async () => {
    ground.account.set({ removedScopes: ['student_contacts'] });
    ground.account.pause();
    const survey = await ground.source().survey(neverAborted);
    const expected = expectedRoster(DISTRICT);
    expect(survey.schools).toEqual(expected.schools.map(({ sisId, name, number }) => ({ sisId, name, number })));
    expect(survey.counts).toEqual({
      schools: 3,
      terms: expected.terms.length,
      courses: expected.courses.length,
      classes: null,
      students: null,
      staff: null,
      enrollments: null,
    });
    expect(survey.permissions).toContainEqual({ name: 'read:students', granted: true });
    expect(survey.permissions).toContainEqual({ name: 'read:student_contacts', granted: false });
    expect(survey.freshAt).toBe(ground.account.lastSync);
    expect(survey.notes[0]).toMatch(/^the district is paused/);
    expect(ground.site.http.log.count('/v3.1/users')).toBe(0);
  });

  it('tries each collection if nobody tells the permissions of the token', async () => {
    const token = ground.account.token ?? '';
    const collections = ['schools', 'terms', 'courses', 'users', 'sections'];
    const all = await ground.source({ token }).survey(neverAborted);
    expect(all.permissions).toEqual(collections.map((name) => ({ name, granted: true })));
    expect(all.counts).toMatchObject({ courses: expect.any(Number), classes: null, guardians: null });
    ground.account.set({ removedScopes: ['sections'] });
    const some = await ground.source({ token }).survey(neverAborted);
    expect(some.permissions.filter(({ granted }) => granted).map(({ name }) => name)).toEqual(['schools', 'users']);
    expect(Object.keys(some.counts).sort()).toEqual(['guardians', 'guardianships', 'schools', 'staff', 'students']);
    expect(some.schools).toHaveLength(3);
  });

  it('fails for the reasons a pull fails for', async () => {
    ground.account.disconnect();
    expect((await refusal(ground.source().survey(neverAborted))).reason).toBe('wrong_credentials');
  });
});

it('reads the district it was told to, among several', async () => {
  const other = generateDistrict({ seed: 9, schoolSizes: [30], id: 'lakeside' });
  const two = await CleverGround.prepare({ districts: [DISTRICT, other] });
  try {
    const pulled = await two.pull({ districtId: two.site.accounts[1]?.id });
    expect(pulled.records('students')).toHaveLength(30);
  } finally {
    await two.site.stop();
  }
});
