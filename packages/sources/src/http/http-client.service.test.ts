import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { startHttpSite, type HttpFault, type HttpSite, type SiteRequest } from '@rollbook/sandbox';
import { neverAborted, refusal } from '../delivery.fixture.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions, type JsonRequest } from './http-client.ts';
import { HttpFailure, PageTooLarge } from './http-failure.ts';
import { createSelfSigned } from './self-signed.fixture.ts';

const ROWS = Array.from({ length: 50 }, (_, index) => ({ sourcedId: `S${index}`, familyName: 'Noël' }));

let site: HttpSite;
let client: HttpClient;
let asked: SiteRequest[];
let log: string[];
const clients: HttpClient[] = [];

function clientWith(options: Partial<HttpClientOptions> = {}): HttpClient {
  const created = createHttpClient({
    provider: 'Riverside',
    allowPrivate: true,
    connectTimeoutMs: 5000,
    responseTimeoutMs: 5000,
    log: (message) => log.push(message),
    ...options,
  });
  clients.push(created);
  return created;
}

beforeEach(async () => {
  asked = [];
  log = [];
  site = await startHttpSite({
    answer: (request) => {
      asked.push(request);
      return { status: 200, headers: { 'x-total-count': '50' }, body: { users: ROWS }, rows: ROWS.length };
    },
    errorBody: () => ({ imsx_description: 'Ada Byron may not' }),
  });
  client = clientWith();
});
afterEach(async () => {
  for (const created of clients.splice(0)) created.close();
  await site.stop();
});

const get = (path: string, request: Partial<JsonRequest> = {}, by = client) =>
  by.getJson(`${site.url}${path}`, { signal: neverAborted, ...request });

async function failureOf(step: Promise<unknown>): Promise<HttpFailure> {
  const error = await refusal(step);
  expect(error).toBeInstanceOf(HttpFailure);
  return error as HttpFailure;
}

describe('requests', () => {
  it('give status, headers and parsed JSON', async () => {
    const answer = await get('/users?limit=50&filter=a%3D%27b%27');
    expect(answer).toMatchObject({ status: 200, headers: { 'x-total-count': '50' }, body: { users: ROWS } });
    expect(asked[0]?.headers).toMatchObject({ accept: 'application/json', 'user-agent': 'Rollbook' });
    expect(asked[0]?.url).toBe(`${site.url}/users?limit=50&filter=a%3D%27b%27`);
  });

  it('keep a path that is escaped already as it is', async () => {
    await get('/%2FgVa0ed75Gs%3D/ims/oneroster/v1p1/users');
    expect(asked[0]?.path).toBe('/%2FgVa0ed75Gs%3D/ims/oneroster/v1p1/users');
  });

  it('are authorized anew at each try, for exactly what is sent', async () => {
    site.faults.add({ kind: 'status', status: 500, times: 1 });
    const signed: string[] = [];
    const authorize = ({ method, url }: { method: string; url: string }): string => {
      signed.push(`${method} ${url}`);
      return `Bearer ${signed.length}`;
    };
    await get("/users?filter=name='Colin Robert'", { authorize });
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer 1', 'Bearer 2']);
    expect(signed).toEqual(asked.map(({ method, url }) => `${method} ${url}`));
  });

  it('send forms', async () => {
    const form = { grant_type: 'client_credentials', scope: 'a b&c' };
    await client.postForm(`${site.url}/token`, form, { signal: neverAborted });
    expect(asked[0]).toMatchObject({
      method: 'POST',
      body: 'grant_type=client_credentials&scope=a+b%26c',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  });

  it('wait their turn beyond the concurrency, except forms', async () => {
    const narrow = clientWith({ concurrency: 2 });
    site.latencyMs = 30;
    await Promise.all(Array.from({ length: 6 }, (_, index) => get(`/users?offset=${index}`, {}, narrow)));
    expect(site.log.mostAtOnce).toBe(2);
    const token = () => narrow.postForm(`${site.url}/token`, {}, { signal: neverAborted });
    const authorize = async (): Promise<string> => `Bearer ${(await token()).status}`;
    const one = clientWith({ concurrency: 1 });
    expect((await get('/users', { authorize }, one)).status).toBe(200);
  });

  it('take other statuses as answers where they are allowed', async () => {
    site.faults.add({ kind: 'status', status: 403, times: 1 }, { kind: 'status', status: 404, body: 'html', from: 2 });
    const allowStatuses = [403, 404];
    expect(await get('/demographics', { allowStatuses })).toMatchObject({ status: 403 });
    expect(await get('/demographics', { allowStatuses })).toMatchObject({ status: 404, body: null });
    expect((await failureOf(get('/demographics'))).status).toBe(404);
  });
});

describe('what is tried again', () => {
  it.each([
    ['500', { kind: 'status', status: 500 }, 2],
    ['503', { kind: 'status', status: 503 }, 2],
    ['502', { kind: 'status', status: 502 }, 1],
    ['a refused connection', { kind: 'refuse' }, 2],
    ['a connection that breaks in the middle', { kind: 'reset' }, 2],
    ['truncated JSON', { kind: 'truncate' }, 2],
    ['a web page', { kind: 'login-page' }, 2],
    ['a short wait', { kind: 'status', status: 429, retryAfterSeconds: 0 }, 3],
  ] satisfies [string, HttpFault, number][])('%s, and then works', async (_, fault, times) => {
    site.faults.add({ ...fault, times });
    expect((await get('/users')).body).toEqual({ users: ROWS });
    expect(site.log.total).toBe(times + 1);
    expect(log).toHaveLength(times);
    expect(log[0]).toContain(`Riverside answered "${site.url}/users" with`);
  });

  it('waits as long as it is told, if that is short', async () => {
    site.faults.add({ kind: 'status', status: 429, times: 1, retryAfterSeconds: 1 });
    const beganMs = performance.now();
    await get('/users');
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(1000);
    site.faults.clear();
    site.faults.add({ kind: 'status', status: 503, times: 1, retryAfterSeconds: 2 });
    const impatient = clientWith({ longestWaitMs: 1000 });
    expect(await failureOf(get('/users', {}, impatient))).toMatchObject({
      disposition: 'back-off',
      retryAfterMs: 2000,
    });
  });
});

describe('what fails for good', () => {
  it.each([
    ['401', { kind: 'status', status: 401 }, 'wrong_credentials', 'give-up', 1],
    ['403', { kind: 'status', status: 403, body: 'html' }, 'wrong_credentials', 'give-up', 1],
    ['404', { kind: 'status', status: 404 }, 'invalid_data', 'give-up', 1],
    ['400', { kind: 'status', status: 400 }, 'invalid_data', 'give-up', 1],
    ['500', { kind: 'status', status: 500 }, 'source_unavailable', 'retry', 3],
    ['503', { kind: 'status', status: 503, body: 'html' }, 'source_unavailable', 'retry', 3],
    ['a redirect', { kind: 'redirect' }, 'source_unavailable', 'retry', 1],
    ['a reset', { kind: 'reset' }, 'source_unavailable', 'retry', 3],
    ['truncated JSON', { kind: 'truncate' }, 'source_unavailable', 'retry', 3],
    ['a web page', { kind: 'login-page' }, 'source_unavailable', 'retry', 3],
    ['nothing at all', { kind: 'body', body: '' }, 'source_unavailable', 'retry', 3],
    ['a long wait', { kind: 'status', status: 429, retryAfterSeconds: 90 }, 'source_unavailable', 'back-off', 1],
  ] satisfies [string, HttpFault, string, string, number][])('%s', async (_, fault, reason, disposition, tries) => {
    site.faults.add(fault);
    const error = await failureOf(get('/users?limit=5', { authorize: () => 'Bearer top-secret' }));
    expect([error.reason, error.disposition]).toEqual([reason, disposition]);
    expect(error.advice).not.toBe('');
    expect(site.log.total).toBe(tries);
    expect(error.message).toContain(`"${site.url}/users"`);
    const everything = JSON.stringify([error, error.message, error.advice, error.cause, String(error.cause), log]);
    expect(everything).not.toMatch(/top-secret|Ada Byron|limit=5/);
  });

  it.each([
    ['in seconds', { retryAfterSeconds: 120 }, 120_000],
    ['as a date', { retryAfterSeconds: 120, retryAfterAs: 'date' }, 120_000],
    ['for days', { retryAfterSeconds: 1e6, body: 'html' }, 3_600_000],
    ['by another header', { headers: { 'x-ratelimit-reset': '45' }, body: 'empty' }, 45_000],
    ['without a time', { body: 'text' }, 60_000],
  ] as const)('429 that asks to wait %s', async (_, fault, waitMs) => {
    site.faults.add({ kind: 'status', status: 429, ...fault });
    const error = await failureOf(get('/users'));
    expect(error).toMatchObject({ reason: 'source_unavailable', disposition: 'back-off', status: 429 });
    expect(Math.abs((error.retryAfterMs ?? 0) - waitMs)).toBeLessThanOrEqual(1000);
  });

  it.each([413, 502, 504])('%s is told to the pager', async (status) => {
    site.faults.add({ kind: 'too-many-rows', rows: 10, status });
    const error = await refusal(get('/users'));
    expect(error).toBeInstanceOf(PageTooLarge);
    expect(error).toMatchObject({ reason: 'source_unavailable', disposition: 'retry', status });
  });

  it('says that a web page with 404 hints at a wrong address', async () => {
    site.faults.add({ kind: 'status', status: 404, body: 'html' });
    expect((await failureOf(get('/users'))).advice).toContain('not the address of the interface');
  });

  it('limits the whole answer, not the silence in it', async () => {
    site.faults.add({ kind: 'slow', bytesPerSecond: 1000 });
    const error = await failureOf(get('/users', {}, clientWith({ responseTimeoutMs: 250 })));
    expect([error.reason, error.message]).toEqual([
      'source_unavailable',
      `Riverside cannot be reached at "${site.url}/users", or does not answer (ERR_NO_ANSWER).`,
    ]);
    expect(site.log.total).toBe(3);
  });

  it('names text that is not in the encoding it claims', async () => {
    const latin = await startHttpSite({
      answer: ({ path }) => {
        const charset = path === '/said' ? 'utf-8' : 'utf-16le';
        return { status: 200, headers: { 'content-type': `application/json; charset=${charset}` }, body: '{"a":"b' };
      },
    });
    const ask = (path: string) => client.getJson(`${latin.url}${path}`, { signal: neverAborted });
    expect((await failureOf(ask('/said'))).message).toContain('ends in the middle');
    expect((await failureOf(ask('/other'))).message).toContain('unknown encoding');
    await latin.stop();
  });
});

describe('connections', () => {
  it('refuse private addresses without consent, in any spelling', async () => {
    const strict = clientWith({ allowPrivate: false });
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433']) {
      const url = `http://${host}:${site.port}/users`;
      const error = await refusal(strict.getJson(url, { signal: neverAborted }));
      expect(error).toMatchObject({ reason: 'source_unavailable', disposition: 'give-up' });
      expect(error.advice).toContain('ROLLBOOK_ALLOW_PRIVATE_SOURCES');
    }
    expect(site.log.total).toBe(0);
  });

  it('say that nobody listens, without credentials in the address', async () => {
    const { port } = site;
    await site.stop();
    const url = `http://ada:top-secret@127.0.0.1:${port}/users?key=top-secret`;
    const error = await failureOf(client.getJson(url, { signal: neverAborted }));
    expect(error.message).toBe(
      `Riverside cannot be reached at "http://127.0.0.1:${port}/users", or does not answer (ECONNREFUSED).`,
    );
    expect(log.join()).not.toContain('top-secret');
  });

  it('are used again', async () => {
    const open = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    await get('/users');
    const afterOne = open();
    for (let time = 0; time < 5; time += 1) await get('/users');
    expect(open()).toBe(afterOne);
  });

  it('stand only on certificates that can be trusted', async () => {
    let requests = 0;
    const secure = createHttpsServer(createSelfSigned('localhost'), (_, response) => {
      requests += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const { port } = secure.address() as AddressInfo;
    try {
      const error = await failureOf(client.getJson(`https://localhost:${port}/`, { signal: neverAborted }));
      expect(error).toMatchObject({ reason: 'source_unavailable', disposition: 'give-up' });
      expect(error.message).toBe(
        `The certificate of "localhost:${port}" cannot be trusted (DEPTH_ZERO_SELF_SIGNED_CERT).`,
      );
      expect([requests, log]).toEqual([0, []]);
    } finally {
      secure.close();
    }
  });

  it('that never stand end in time', async () => {
    const silent = await listenSilently();
    const { port } = silent.address() as AddressInfo;
    const brief = clientWith({ connectTimeoutMs: 100 });
    // TLS to a server that says nothing: the connection is there, but never ready.
    const error = await failureOf(brief.getJson(`https://127.0.0.1:${port}/`, { signal: neverAborted }));
    expect(error.message).toContain('(ECONNECTTIMEOUT)');
    silent.close();
  });
});

describe('an abort', () => {
  it.each([
    ['a silent server', { kind: 'hang' }],
    ['a trickling body', { kind: 'slow', bytesPerSecond: 100 }],
    ['the pause before a new try', { kind: 'status', status: 429, retryAfterSeconds: 9 }],
  ] satisfies [string, HttpFault][])('ends %s', async (_, fault) => {
    site.faults.add(fault);
    const stop = new AbortController();
    const reason = new Error('enough');
    const outcome = expect(get('/users', { signal: stop.signal })).rejects.toBe(reason);
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(reason);
    await outcome;
    expect(asked).toHaveLength(1);
  });

  it('ends what waits its turn', async () => {
    const narrow = clientWith({ concurrency: 1 });
    site.faults.add({ kind: 'hang' });
    const stop = new AbortController();
    const both = Promise.allSettled([
      get('/users', { signal: stop.signal }, narrow),
      get('/orgs', { signal: stop.signal }, narrow),
    ]);
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('enough'));
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(asked).toHaveLength(1);
  });
});

async function listenSilently(): Promise<Server> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => {})));
  server.once('close', () => sockets.clear());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
