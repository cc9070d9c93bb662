import { RECORD_TYPES } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';
import { NO_QUIRKS, type HttpFault } from '@rollbook/sandbox';
import { collect, refusal } from '../delivery.fixture.ts';
import { ClasslinkGround, DISTRICT } from './classlink-ground.fixture.ts';

let ground: ClasslinkGround;
beforeEach(async () => {
  ground = await ClasslinkGround.prepare();
});
afterEach(() => ground.clear());

/** Whatever is told on the way: it holds nothing that opens anything, and nobody. */
function expectNoLeak(...told: unknown[]): void {
  const { site, share, log } = ground;
  const text = [...told.map((each) => JSON.stringify(each)), ...log].join('\n');
  const people = [...DISTRICT.students, ...DISTRICT.staff, ...DISTRICT.guardians];
  const facts = people.flatMap(({ givenName, familyName, email, phone, sms, username }) => [
    `${givenName} ${familyName}`,
    ...[email, phone, sms, username].filter((each) => each !== null),
  ]);
  for (const secret of [site.partnerToken, share.bearer, share.consumerSecret, ...facts])
    if (text.includes(secret)) throw new Error(`told: ${secret}`);
}

/** The events that count: those after the last restart. */
const lasting = (events: readonly PullEvent[]): PullEvent[] =>
  events.slice(events.findLastIndex(({ kind }) => kind === 'restart') + 1);
async function* replay(events: readonly PullEvent[]): AsyncGenerator<PullEvent> {
  yield* events;
}
const restarts = (events: readonly PullEvent[]): number => events.filter(({ kind }) => kind === 'restart').length;

async function expectWholeRoster(events: readonly PullEvent[]): Promise<void> {
  const found = await collect(replay(lasting(events)));
  const { site } = ground;
  site.http.faults.clear();
  const undisturbed = await ground.pull();
  for (const type of RECORD_TYPES) expect([type, found.records(type)]).toEqual([type, undisturbed.records(type)]);
  expect(found.records('students').length).toBeGreaterThan(0);
}

describe('what is wrong at ClassLink', () => {
  const data = (fault: HttpFault, collection: string) => (): void =>
    ground.site.http.faults.add({ ...fault, path: `/${ground.share.applicationId}/ims/oneroster/v1p1/${collection}` });
  const list = (fault: HttpFault) => (): void => ground.site.http.faults.add({ ...fault, path: '/applications' });
  const quirk = (quirks: object) => (): void => {
    Object.assign(ground.site.quirks, quirks);
  };
  const rows: [string, () => void, string, string, RegExp][] = [
    [
      'the partner token is refused',
      list({ kind: 'status', status: 401 }),
      'wrong_credentials',
      'give-up',
      /partner token of Rollbook \(401\)/,
    ],
    [
      'the list is forbidden',
      list({ kind: 'status', status: 403 }),
      'wrong_credentials',
      'give-up',
      /partner token of Rollbook \(403\)/,
    ],
    [
      'the list must wait',
      list({ kind: 'status', status: 429, retryAfterSeconds: 600 }),
      'source_unavailable',
      'back-off',
      /slow down/,
    ],
    ['the list fails', list({ kind: 'status', status: 500 }), 'source_unavailable', 'retry', /\(500\)/],
    ['the list is a web page', list({ kind: 'login-page' }), 'source_unavailable', 'retry', /web page/],
    ['the list is something else', list({ kind: 'body', body: {} }), 'invalid_data', 'give-up', /no applications/],
    [
      'the district has switched the sharing off',
      () => (ground.share.isEnabled = false),
      'wrong_credentials',
      'give-up',
      /switched sharing/,
    ],
    [
      'the tenant is inactive',
      () => (ground.share.tenantStatus = 'Inactive'),
      'wrong_credentials',
      'give-up',
      /not active/,
    ],
    [
      'the district is gone from the list',
      () => (ground.share.isListed = false),
      'wrong_credentials',
      'give-up',
      /not in the list/,
    ],
    [
      'the sharing ends in the middle',
      () => ground.share.after(12, (share) => (share.isEnabled = false)),
      'wrong_credentials',
      'give-up',
      /switched sharing/,
    ],
    [
      'the bearer is refused for no reason told',
      data({ kind: 'status', status: 401 }, 'users'),
      'wrong_credentials',
      'give-up',
      /switched sharing/,
    ],
    [
      'users are forbidden',
      data({ kind: 'status', status: 403 }, 'users'),
      'wrong_credentials',
      'give-up',
      /users" \(403\)/,
    ],
    [
      'a page must wait for minutes',
      data({ kind: 'status', status: 429, retryAfterSeconds: 120, from: 3 }, 'users'),
      'source_unavailable',
      'back-off',
      /slow down/,
    ],
    [
      'a page must wait, nobody says how long',
      data({ kind: 'status', status: 429, body: 'html' }, 'enrollments'),
      'source_unavailable',
      'back-off',
      /slow down/,
    ],
    ['a page fails', data({ kind: 'status', status: 500 }, 'users'), 'source_unavailable', 'retry', /\(500\)/],
    ['the server is away', data({ kind: 'refuse' }, ''), 'source_unavailable', 'retry', /cannot be reached/],
    [
      'a page is cut short',
      data({ kind: 'truncate', from: 2 }, 'users'),
      'source_unavailable',
      'retry',
      /ends in the middle/,
    ],
    ['a page is a web page', data({ kind: 'login-page' }, 'classes'), 'source_unavailable', 'retry', /web page/],
    ['a page is elsewhere', data({ kind: 'redirect' }, 'orgs'), 'source_unavailable', 'retry', /redirects/],
    ['a page holds no list', data({ kind: 'body', body: {} }, 'users'), 'invalid_data', 'give-up', /without the list/],
    [
      'a page holds an error',
      data({ kind: 'error-envelope' }, 'enrollments'),
      'invalid_data',
      'give-up',
      /without the list/,
    ],
    [
      'a page has fewer rows than it says',
      data({ kind: 'empty-collection', from: 3 }, 'users'),
      'invalid_data',
      'give-up',
      /ClassLink announced \d+ users on a page, but 0 came/,
    ],
    [
      'the count is wrong',
      quirk({ totalCount: { offBy: 1 } }),
      'invalid_data',
      'give-up',
      /were announced, but \d+ came/,
    ],
    [
      'the count goes up with each answer',
      quirk({ totalCount: 'changing' }),
      'source_unavailable',
      'retry',
      /changed from \d+ to \d+/,
    ],
    ['rows are passed over', quirk({ skippedRows: 1 }), 'invalid_data', 'give-up', /were announced/],
  ];

  it.each(rows)('%s', async (_, breakIt, reason, disposition, message) => {
    breakIt();
    const error = await refusal(ground.pull());
    expect([error.reason, error.disposition]).toEqual([reason, disposition]);
    expect(error.message).toMatch(message);
    expect(error.advice.length).toBeGreaterThan(20);
    expectNoLeak(error.message, error.advice, error.cause, String(error.cause));
  });

  it('has its own wait told', async () => {
    data({ kind: 'status', status: 429, retryAfterSeconds: 120 }, 'users')();
    expect((await refusal(ground.pull())).retryAfterMs).toBe(120_000);
  });

  it.each([
    ['the key is unknown', { consumerKey: 'another' }],
    ['the secret is wrong', { consumerSecret: 'guessed' }],
  ])('directly: %s', async (_, settings) => {
    const error = await refusal(ground.pull('direct', settings));
    expect([error.reason, error.disposition]).toEqual(['wrong_credentials', 'give-up']);
    expectNoLeak(error.message, error.advice, error.cause, String(error.cause));
  });

  it.each([
    ['a page fails once', data({ kind: 'status', status: 500, times: 1 }, 'users')],
    ['a connection is reset once', data({ kind: 'reset', times: 1 }, 'users')],
    ['pages of more than 30 rows are too heavy', data({ kind: 'too-many-rows', rows: 30 }, '')],
    ['a page must wait a moment', data({ kind: 'status', status: 429, retryAfterSeconds: 1, times: 1 }, 'classes')],
    ['the server gives 40 rows at most and does not say so', quirk({ clampTo: 40 })],
    ['the server does not count', quirk({ totalCount: 'absent', clampTo: 40 })],
  ])('does no harm if %s', async (_, breakIt) => {
    breakIt();
    const events = await ground.events();
    expect(restarts(events)).toBe(0);
    Object.assign(ground.site.quirks, NO_QUIRKS, { link: false });
    await expectWholeRoster(events);
    expectNoLeak(...events.filter(({ kind }) => kind !== 'rows'));
  });
});

describe('what changes while the roster is read', () => {
  it('the bearer: the pull goes on with the new one', async () => {
    const before = ground.share.bearer;
    ground.share.after(15, (share) => share.rotateBearer());
    const events = await ground.events();
    expect(ground.share.bearer).not.toBe(before);
    expect(restarts(events)).toBe(0);
    expect(ground.site.http.log.count('/applications')).toBe(2);
    expect(ground.site.http.log.requests.some(({ status }) => status === 401)).toBe(true);
    await expectWholeRoster(events);
    if (JSON.stringify(events).includes(before)) throw new Error('the bearer was told');
  });

  it('the state of the data: everything said is taken back, and the new state is read whole', async () => {
    ground.share.after(14, (share) => share.permit({ schools: ['0101'] }));
    const events = await ground.events();
    expect(restarts(events)).toBe(1);
    const restart = events.find(({ kind }) => kind === 'restart');
    expect(restart).toMatchObject({ message: expect.stringMatching(/published other data.*\(1 of 3\)/) });
    const revisions = events.flatMap((event) => (event.kind === 'revision' ? [event.revision] : []));
    expect(new Set(revisions).size).toBe(2);
    const found = await collect(replay(lasting(events)));
    expect(found.records('schools').map(({ sisId }) => sisId)).not.toContain('0102');
    expect(found.records('students')).toHaveLength(130);
    await expectWholeRoster(events);
  });

  it('the state of the data, three times: the fourth reading may still do', async () => {
    const { share } = ground;
    let left = 3;
    const change = (): void => {
      share.changeRevision();
      left -= 1;
      if (left > 0) share.after(14, change);
    };
    share.after(14, change);
    const events = await ground.events();
    expect(restarts(events)).toBe(3);
    await expectWholeRoster(events);
  });

  it('the state of the data, over and over: the pull is tried again later', async () => {
    const { share } = ground;
    const change = (): void => {
      share.changeRevision();
      share.after(10, change);
    };
    change();
    const error = await refusal(ground.pull());
    expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'retry']);
    expect(error.message).toMatch(/published other data/);
  });

  it('an end of the pull that was asked for ends it', async () => {
    const ending = new AbortController();
    ground.share.after(10, () => ending.abort(new Error('enough')));
    const events = ground.sourceOf('proxy').pull(ending.signal);
    await expect(collect(events)).rejects.toThrow('enough');
  });
});
