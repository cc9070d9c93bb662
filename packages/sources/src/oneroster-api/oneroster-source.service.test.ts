import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  nextDay,
  Oauth1Verifier,
  removeStudents,
  signedRequestOf,
  startOneRosterSite,
  writeOneRosterFolder,
  type OneRosterProfile,
  type OneRosterSite,
  type OneRosterSiteOptions,
} from '@rollbook/sandbox';
import type { PullEvent } from '@rollbook/pipeline';
import { collect, neverAborted, pullPath, refusal, type Pulled } from '../delivery.fixture.ts';
import { DISTRICT, oauth2, pull, rosterOf, sourceOf } from './oneroster-ground.fixture.ts';

let site: OneRosterSite;
const start = async (profile: OneRosterProfile, more: Partial<OneRosterSiteOptions> = {}): Promise<void> => {
  site = await startOneRosterSite({ district: DISTRICT, profile, ...more });
};
afterEach(() => site.stop());

const queriesOf = (path: string): URLSearchParams[] =>
  site.http.log.requests.filter((each) => each.path.endsWith(path)).map(({ query }) => new URLSearchParams(query));
const isWhole = (pulled: Pulled): void => {
  expect(pulled.skipped).toEqual([]);
  expect(pulled.records('students')).toHaveLength(DISTRICT.students.length);
  expect(pulled.records('enrollments')).toHaveLength(DISTRICT.enrollments.length);
};

async function pullFiles(version: '1.1' | '1.2'): Promise<Pulled> {
  const folder = await mkdtemp(join(tmpdir(), 'rollbook-oneroster-'));
  try {
    await writeOneRosterFolder(DISTRICT, folder, { version });
    return await pullPath(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('the roster', () => {
  it.each([
    ['strict-1.2', '1.2'],
    ['strict-1.1', '1.1'],
    ['loose', '1.2'],
  ] as const)('of %s is that of the files', async (profile, version) => {
    await start(profile);
    const pulled = await pull(site);
    isWhole(pulled);
    expect(pulled.codes()).toEqual(['demographics_skipped']);
    const roster = rosterOf(pulled);
    const files = rosterOf(await pullFiles(version));
    expect(Object.keys(roster)).toEqual(Object.keys(files));
    for (const [type, records] of Object.entries(files)) expect([type, roster[type as never]]).toEqual([type, records]);
    expect(pulled.order).toEqual((await pullFiles(version)).order);
  });

  it('announces everything in the order of the model, before the first row', async () => {
    await start('strict-1.2');
    const kinds: string[] = [];
    for await (const event of sourceOf(site).pull(neverAborted))
      if (event.kind === 'delivers' || event.kind === 'rows') kinds.push(`${event.kind} ${event.recordType}`);
    expect(kinds.slice(0, 9)).toEqual([
      'delivers schools',
      'delivers terms',
      'delivers courses',
      'delivers classes',
      'delivers students',
      'delivers staff',
      'delivers guardians',
      'delivers enrollments',
      'rows schools',
    ]);
  });

  it('leaves guardians out, and takes the sourcedId as number, if it is told to', async () => {
    await start('strict-1.1');
    const pulled = await pull(site, { manageGuardians: false, studentIdSource: 'student_id' });
    expect(Object.keys(pulled.delivers)).not.toContain('guardians');
    expect(Object.keys(pulled.delivers)).not.toContain('guardianships');
    expect(pulled.skipped).toEqual([]);
    const students = pulled.records('students');
    expect(students.filter(({ sisId, studentNumber }) => sisId !== studentNumber)).toEqual([]);
    expect(students).toHaveLength(DISTRICT.students.length);
  });

  it('has no guardianships where the server never shows agents', async () => {
    await start('strict-1.2');
    site.quirks.omit = [{ collection: 'users', member: 'agents' }];
    const pulled = await pull(site);
    expect([pulled.delivers['guardians'], pulled.delivers['guardianships']]).toEqual(['full', undefined]);
  });
});

describe('access', () => {
  it.each([
    ['in the header', {}, 'header'],
    ['in the body', { credentialsIn: 'body' }, 'body'],
  ] as const)('with a token for credentials %s', async (_, auth, credentialsIn) => {
    await start('strict-1.2');
    site.tokens.rules.credentialsIn = credentialsIn;
    isWhole(await pull(site, { auth: oauth2(site, auth) }));
    expect(site.tokens.issued).toBe(1);
  });

  it('with a token that never changes', async () => {
    await start('strict-1.2');
    isWhole(await pull(site, { auth: { type: 'bearer', token: site.staticToken } }));
    expect(site.tokens.issued).toBe(0);
  });

  it.each(['HMAC-SHA256', 'HMAC-SHA1'] as const)('with requests signed by %s', async (signatureMethod) => {
    const consumers = new Map([['riverside', "it's a secret & more"]]);
    const verifier = new Oauth1Verifier({ consumers, signatureMethods: [signatureMethod] });
    await start('strict-1.1', { isLetIn: (request) => verifier.verify(signedRequestOf(request)).isValid });
    const auth = { type: 'oauth1', consumerKey: 'riverside', consumerSecret: "it's a secret & more", signatureMethod };
    // The second try of a request is signed anew: a nonce counts once.
    site.http.faults.add({ kind: 'status', status: 500, times: 1 });
    isWhole(await pull(site, { auth }));
    const error = await refusal(pull(site, { auth: { ...auth, consumerSecret: 'other' } }));
    expect(error.reason).toBe('wrong_credentials');
  });

  it('asks for another token when one ends or is revoked, once', async () => {
    await start('strict-1.2');
    site.after(12, () => site.tokens.revokeAll());
    isWhole(await pull(site));
    expect(site.tokens.issued).toBe(2);
    site.tokens.rules.lifetimeSeconds = 1;
    site.http.latencyMs = 60;
    isWhole(await pull(site));
    expect(site.tokens.issued).toBeGreaterThan(3);
    expect(site.http.log.count('/', 401)).toBeLessThanOrEqual(4);
  });

  it('goes no further when the next token is refused as well', async () => {
    await start('strict-1.2');
    site.http.faults.add({ kind: 'status', status: 401, path: '/ims', from: 10 });
    const error = await refusal(pull(site));
    expect(error).toMatchObject({ reason: 'wrong_credentials', disposition: 'give-up', status: 401 });
    expect(site.tokens.issued).toBe(2);
  });

  it.each([
    ['a wrong secret', { clientSecret: 'no' }, 'refuses the client id or secret (401)'],
    ['scopes that are not granted', { scopes: ['gradebook.readonly'] }, 'does not grant the scopes asked for (400)'],
  ])('says what is wrong with %s', async (_, auth, message) => {
    await start('strict-1.2');
    const error = await refusal(pull(site, { auth: oauth2(site, auth) }));
    expect(error).toMatchObject({ reason: 'wrong_credentials', disposition: 'give-up' });
    expect(error.message).toBe(`"${site.tokenUrl}" ${message}.`);
    expect(site.http.log.count('/ims')).toBe(0);
  });

  it.each([
    ['a page of some portal', { kind: 'login-page' }, 'source_unavailable'],
    ['JSON without a token', { kind: 'body', body: { token: 'x' } }, 'wrong_credentials'],
    ['404', { kind: 'status', status: 404 }, 'invalid_data'],
    ['503', { kind: 'status', status: 503 }, 'source_unavailable'],
  ] as const)('says what is wrong with a token URL that answers %s', async (_, fault, reason) => {
    await start('strict-1.2');
    site.http.faults.add({ ...fault, path: '/oauth' });
    const error = await refusal(pull(site));
    expect([error.reason, error.message]).toEqual([reason, expect.stringContaining(site.tokenUrl)]);
  });
});

describe('what may not be read', () => {
  const withoutBirthDates = (pulled: Pulled): void => {
    isWhole(pulled);
    expect(pulled.codes()).toEqual(['collection_not_shared']);
    expect(pulled.warnings[0]?.message).toMatch(
      /^demographics cannot be read \(.+\): students come without birth dates\.$/,
    );
    expect(pulled.records('students').filter(({ birthDate }) => birthDate !== null)).toEqual([]);
  };

  it.each([
    ['a server that refuses the scope', (): void => void (site.tokens.rules.withdrawn = [site.demographicsScope])],
    [
      'a server that grants less than was asked for',
      (): void => void Object.assign(site.tokens.rules, { withdrawn: [site.demographicsScope], excess: 'narrow' }),
    ],
    ['403', (): void => void (site.quirks.forbidden = ['demographics'])],
    ['404', (): void => void (site.quirks.missing = ['demographics'])],
  ])('birth dates, with %s', async (_, forbid) => {
    await start('strict-1.2');
    forbid();
    withoutBirthDates(await pull(site));
  });

  it('terms and courses are not announced', async () => {
    await start('strict-1.2');
    Object.assign(site.quirks, { forbidden: ['courses'], missing: ['academicSessions'] });
    const pulled = await pull(site);
    isWhole(pulled);
    expect(Object.keys(pulled.delivers)).not.toContain('courses');
    expect(Object.keys(pulled.delivers)).not.toContain('terms');
    expect(pulled.warnings.map(({ file, message }) => [file, message.split(': ')[1]])).toEqual([
      ['academicSessions', 'terms are left as they are.'],
      ['courses', 'courses are left as they are.'],
      ['demographics', expect.stringContaining('only the birth date')],
    ]);
  });

  it.each(['orgs', 'classes', 'users', 'enrollments'] as const)('%s ends the pull', async (collection) => {
    await start('strict-1.2');
    site.quirks.forbidden = [collection];
    expect((await refusal(pull(site))).reason).toBe('wrong_credentials');
    Object.assign(site.quirks, { forbidden: [], missing: [collection] });
    const error = await refusal(pull(site));
    expect([error.reason, error.message]).toEqual([
      'invalid_data',
      `The OneRoster server has nothing at "${site.baseUrl}/${collection}" (404).`,
    ]);
  });
});

describe('pages', () => {
  it('are asked for in the same order, each', async () => {
    await start('strict-1.2');
    await pull(site, { pageSize: 50 });
    const queries = queriesOf('/users').filter((query) => query.get('limit') !== '1');
    expect(queries.length).toBeGreaterThan(5);
    for (const query of queries) expect([query.get('sort'), query.get('orderBy')]).toEqual(['sourcedId', 'asc']);
  });

  it('are clamped without a word, and nobody is lost', async () => {
    await start('loose');
    const pulled = await pull(site, { pageSize: 2000 });
    isWhole(pulled);
    const offsets = queriesOf('/users').map((query) => Number(query.get('offset')));
    const users = DISTRICT.students.length + DISTRICT.staff.length + DISTRICT.guardians.length;
    expect(offsets).toEqual([0, 500, users]);
  });

  it('that are too heavy are halved', async () => {
    await start('strict-1.2');
    site.http.faults.add({ kind: 'too-many-rows', rows: 40, path: '/ims' });
    isWhole(await pull(site, { pageSize: 1000 }));
  });

  it('wait while the server asks for it', async () => {
    await start('loose');
    site.http.faults.add({
      kind: 'status',
      status: 429,
      retryAfterSeconds: 1,
      body: 'text',
      path: '/ims',
      from: 4,
      times: 1,
    });
    isWhole(await pull(site));
  });

  it('are read anew when the data changes, and show the new data alone', async () => {
    await start('strict-1.2');
    const next = nextDay(DISTRICT, [removeStudents(20, '0101')]);
    site.after(14, () => (site.district = next));
    const events: PullEvent[] = [];
    for await (const event of sourceOf(site).pull(neverAborted)) events.push(event);
    const restarts = events.filter(({ kind }) => kind === 'restart');
    expect(restarts).toHaveLength(1);
    const after = events.slice(events.indexOf(restarts[0]!) + 1);
    const pulled = await collect(after as unknown as AsyncIterable<PullEvent>);
    expect(pulled.records('students')).toHaveLength(next.students.length);
    expect(pulled.records('enrollments')).toHaveLength(next.enrollments.length);
    expect(Object.keys(pulled.delivers)).toHaveLength(9);
  });

  it.each([
    ['a count that goes on changing', { totalCount: 'changing' }, 'source_unavailable'],
    ['a count that is too large', { totalCount: { offBy: 1 } }, 'invalid_data'],
    ['a count that is too small', { totalCount: { offBy: -1 } }, 'invalid_data'],
    ['rows that come twice', { repeatedRows: 1 }, 'source_unavailable'],
    ['rows that never come', { skippedRows: 1 }, 'invalid_data'],
    ['another order each time', { unsorted: true }, 'source_unavailable'],
    ['rows that come twice, without a count', { totalCount: 'absent', repeatedRows: 1 }, 'source_unavailable'],
  ] as const)('end the pull after three fresh starts: %s', async (_, quirks, reason) => {
    await start('strict-1.2');
    Object.assign(site.quirks, quirks);
    const events: PullEvent[] = [];
    const read = async (): Promise<void> => {
      for await (const event of sourceOf(site, { pageSize: 20 }).pull(neverAborted)) events.push(event);
    };
    const error = await refusal(read());
    expect(error.reason).toBe(reason);
    expect(events.filter(({ kind }) => kind === 'restart')).toHaveLength(3);
  });

  it('are under way at the same time, and stop with the reader', async () => {
    await start('strict-1.2');
    site.http.latencyMs = 20;
    for await (const event of sourceOf(site, { pageSize: 20 }).pull(neverAborted))
      if (event.kind === 'rows' && event.recordType === 'students') break;
    expect(site.http.log.mostAtOnce).toBe(3);
    const stop = new AbortController();
    const reason = new Error('enough');
    const read = async (): Promise<void> => {
      for await (const event of sourceOf(site, { pageSize: 20 }).pull(stop.signal))
        if (event.kind === 'rows') stop.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
  });
});
