import { request } from 'node:http';
import { UsageError } from '@rollbook/core';
import type { HttpFault } from './http-faults.ts';
import { startHttpSite } from './http-site.ts';
import type { HttpSite, SiteRequest } from './http-site.ts';

const ROWS = Array.from({ length: 300 }, (_, index) => ({ sourcedId: `S${index}` }));

let site: HttpSite;
let asked: SiteRequest[];
beforeEach(async () => {
  asked = [];
  site = await startHttpSite({
    answer: (received) => {
      asked.push(received);
      const rows = Number(received.query.get('limit') ?? ROWS.length);
      return { status: 200, headers: { 'x-total-count': '300' }, body: { users: ROWS.slice(0, rows) }, rows };
    },
    errorBody: (status) => ({ failure: status }),
  });
});
afterEach(() => site.stop());

const get = (path: string): Promise<Response> => fetch(`${site.url}${path}`);
const statuses = async (path: string, times: number): Promise<number[]> => {
  const seen: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const response = await get(path);
    seen.push(response.status);
    await response.arrayBuffer();
  }
  return seen;
};

describe('a pretend HTTP site', () => {
  it('hands over the request as it was sent, and answers', async () => {
    const path = '/app%2FgVa/users?limit=2&filter=a%20b';
    const response = await fetch(`${site.url}${path}`, { method: 'POST', body: 'grant_type=x' });
    expect(response.headers.get('x-total-count')).toBe('300');
    expect(await response.json()).toEqual({ users: ROWS.slice(0, 2) });
    const [received] = asked;
    expect(received).toMatchObject({ method: 'POST', path: '/app%2FgVa/users', body: 'grant_type=x' });
    expect(received?.url).toBe(`${site.url}${path}`);
    expect(received?.query.get('filter')).toBe('a b');
  });

  it('logs requests without headers and bodies, and counts those that overlap', async () => {
    site.latencyMs = 50;
    await Promise.all(['/users?offset=0', '/users?offset=1', '/orgs'].map((path) => statuses(path, 1)));
    expect(site.log).toMatchObject({ total: 3, mostAtOnce: 3 });
    expect(site.log.count('/users')).toBe(2);
    expect(site.log.count('/users', 500)).toBe(0);
    for (const entry of site.log.requests) {
      expect(Object.keys(entry).sort()).toEqual(['beganMs', 'endedMs', 'method', 'path', 'query', 'status']);
      expect((entry.endedMs ?? 0) - entry.beganMs).toBeGreaterThanOrEqual(45);
    }
  });

  it('says so when it made a mistake itself', async () => {
    const broken = await startHttpSite({
      answer: () => {
        throw new Error('no such row');
      },
    });
    expect((await fetch(broken.url)).status).toBe(500);
    await expect(broken.stop()).rejects.toThrow('mistake of its own');
  });
});

describe('faults', () => {
  it('strike by path, by query, and by occurrence', async () => {
    site.faults.add({ kind: 'status', status: 503, path: '/users', from: 2, times: 2 });
    expect(await statuses('/orgs', 1)).toEqual([200]);
    expect(await statuses('/users', 4)).toEqual([200, 503, 503, 200]);
    site.faults.add({ kind: 'status', status: 401, query: 'offset=100&' });
    expect(await statuses('/orgs?offset=100&limit=5', 2)).toEqual([401, 401]);
    expect(await statuses('/orgs?offset=1000&limit=5', 1)).toEqual([200]);
    site.faults.clear();
    expect(await statuses('/orgs?offset=100&limit=5', 1)).toEqual([200]);
  });

  it('tell how long to wait, in seconds, as a date, in another header, or not', async () => {
    const status = { kind: 'status', status: 429, times: 1 } as const;
    site.faults.add({ ...status, retryAfterSeconds: 60 });
    const inSeconds = await get('/users');
    expect([inSeconds.headers.get('retry-after'), await inSeconds.json()]).toEqual(['60', { failure: 429 }]);
    site.faults.clear();
    site.faults.add({ ...status, retryAfterSeconds: 60, retryAfterAs: 'date', body: 'html' });
    const asDate = await get('/users');
    const waitMs = Date.parse(asDate.headers.get('retry-after') ?? '') - Date.now();
    expect(waitMs).toBeGreaterThan(55_000);
    expect(waitMs).toBeLessThanOrEqual(60_000);
    expect(asDate.headers.get('content-type')).toContain('text/html');
    site.faults.clear();
    site.faults.add({ ...status, headers: { 'x-ratelimit-reset': '1394506274' }, body: 'empty' });
    const inOther = await get('/users');
    expect([inOther.headers.get('retry-after'), inOther.headers.get('x-ratelimit-reset')]).toEqual([
      null,
      '1394506274',
    ]);
    expect(await inOther.text()).toBe('');
  });

  it('refuse pages that are too large, and only those', async () => {
    site.faults.add({ kind: 'too-many-rows', rows: 100, times: 2 });
    expect(await statuses('/users?limit=100', 1)).toEqual([200]);
    expect(await statuses('/users?limit=101', 3)).toEqual([502, 502, 200]);
  });

  it.each([
    ['login-page', { kind: 'login-page' }, 200, 'text/html', /<form/],
    ['body', { kind: 'body', body: {} }, 200, 'application/json', /^\{\}$/],
    ['error-envelope', { kind: 'error-envelope' }, 200, 'application/json', /^\{"failure":500\}$/],
    ['empty-collection', { kind: 'empty-collection' }, 200, 'application/json', /^\{"users":\[\]\}$/],
    ['truncate', { kind: 'truncate' }, 200, 'application/json', /^\{"users":\[.*[^}]$/],
  ] satisfies [string, HttpFault, number, string, RegExp][])('%s', async (_, fault, status, type, body) => {
    site.faults.add(fault);
    const response = await get('/users');
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain(type);
    expect(await response.text()).toMatch(body);
  });

  it('redirect', async () => {
    site.faults.add({ kind: 'redirect' });
    const response = await fetch(`${site.url}/users`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://login.example/']);
  });

  it('refuse and reset cut the connection, before the answer and in its middle', async () => {
    site.faults.add({ kind: 'refuse', times: 1 });
    await expect(get('/users')).rejects.toThrow('fetch failed');
    site.faults.add({ kind: 'reset', times: 1 });
    const bytes: number[] = [];
    const failure = await new Promise<Error & { code?: string }>((resolve) => {
      request(`${site.url}/users`, (response) => {
        response.on('data', (chunk: Buffer) => bytes.push(chunk.length)).on('error', resolve);
      }).end();
    });
    expect(failure.code).toBe('ECONNRESET');
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(0);
    expect(await statuses('/users', 1)).toEqual([200]);
  });

  it('slow lets the body trickle', async () => {
    site.faults.add({ kind: 'slow', bytesPerSecond: 20_000 });
    const beganMs = performance.now();
    const size = (await (await get('/users')).arrayBuffer()).byteLength;
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual((size / 20_000) * 1000 - 100);
  });

  it('hang keeps silent until the site is stopped', async () => {
    site.faults.add({ kind: 'hang', path: '/users' });
    const failure = expect(get('/users')).rejects.toThrow('fetch failed');
    expect(await statuses('/orgs', 1)).toEqual([200]);
    await site.stop();
    await failure;
  });

  it('says what is wrong with an unknown one', () => {
    expect(() => site.faults.add({ kind: 'fire' } as unknown as HttpFault)).toThrow('got "fire"');
    expect(() => site.faults.add({ kind: 'slow' } as unknown as HttpFault)).toThrow('needs "bytesPerSecond"');
    expect(site.faults.list).toEqual([]);
  });
});

describe('by hand', () => {
  const put = async (path: string, body: unknown): Promise<[number, unknown]> => {
    const response = await fetch(`${site.url}${path}`, { method: 'PUT', body: JSON.stringify(body) });
    return [response.status, await response.json()];
  };

  it('switches faults and latency, and shows the log', async () => {
    const fault = { kind: 'status', status: 500, path: '/users' };
    expect(await put('/-/faults', [fault])).toEqual([200, [fault]]);
    expect(await statuses('/users', 1)).toEqual([500]);
    expect(await (await get('/-/faults')).json()).toEqual([fault]);
    expect((await fetch(`${site.url}/-/faults`, { method: 'DELETE' })).status).toBe(200);
    expect(await statuses('/users', 1)).toEqual([200]);
    expect(await (await get('/-/log')).json()).toMatchObject({
      total: 2,
      requests: [{ status: 500 }, { status: 200 }],
    });
    expect(await put('/-/latency', 5)).toEqual([200, 5]);
    expect(site.latencyMs).toBe(5);
  });

  it('refuses what it cannot obey', async () => {
    expect(await put('/-/faults', [{ kind: 'fire' }])).toEqual([400, { error: expect.stringContaining('got "fire"') }]);
    expect(await put('/-/latency', 'soon')).toEqual([400, { error: 'Expected milliseconds, 0 or more.' }]);
    expect((await get('/-/other')).status).toBe(404);
  });

  it('does what this site offers besides', async () => {
    const said: unknown[] = [];
    const own = await startHttpSite({
      answer: () => ({ status: 200, body: {} }),
      operator: {
        'POST /-/say': (word) => {
          if (word === 'nothing') throw new UsageError('Expected a word.');
          return said.push(word);
        },
      },
    });
    const post = (path: string, body?: string): Promise<Response> =>
      fetch(`${own.url}${path}`, { method: 'POST', ...(body === undefined ? {} : { body }) });
    expect([await (await post('/-/say', '"hello"')).json(), await (await post('/-/say')).json()]).toEqual([1, 2]);
    expect(said).toEqual(['hello', null]);
    const refused = await Promise.all([post('/-/say', '"nothing"'), post('/-/say', '{'), post('/-/shout')]);
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 404]);
    expect(await refused[2]?.json()).toEqual({ error: expect.stringContaining('DELETE /-/faults, ') });
    await own.stop();
  });
});

it('stop leaves nothing behind, and may be called twice', async () => {
  await Promise.all([site.stop(), site.stop()]);
  await expect(get('/users')).rejects.toThrow('fetch failed');
  const second = await startHttpSite({ port: site.port, answer: () => ({ status: 204, body: '' }) });
  expect((await fetch(second.url)).status).toBe(204);
  await second.stop();
});
