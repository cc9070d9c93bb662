import { neverAborted, refusal } from '../delivery.fixture.ts';
import { CleverGround } from './clever-ground.fixture.ts';

let ground: CleverGround;
beforeEach(async () => {
  ground = await CleverGround.prepare();
});
afterEach(() => ground.site.stop());

const USERS = { path: '/v3.1/users' } as const;

describe('a page that is too large', () => {
  it.each([413, 502, 504])('is halved until it can be delivered: %p', async (status) => {
    ground.site.http.faults.add({ kind: 'too-many-rows', rows: 150, status });
    const pulled = await ground.pull({ pageSize: 1000 });
    expect(pulled.records('students')).toHaveLength(180);
    const limits = ground.site.http.log.requests
      .filter(({ path }) => path === '/v3.1/users')
      .map(({ query }) => Number(new URLSearchParams(query).get('limit')));
    expect([...new Set(limits)]).toEqual([1000, 500, 250, 125]);
  });

  it('is given up at a hundred objects', async () => {
    ground.site.http.faults.add({ kind: 'too-many-rows', rows: 20, status: 504 });
    const error = await ground.refused({ pageSize: 1000 });
    expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'retry']);
  });
});

describe('the rate limit', () => {
  it('is waited for if the window is short', async () => {
    const busy = await CleverGround.prepare({ requestLimit: 8, windowMs: 500 });
    try {
      const pulled = await busy.pull({ pageSize: 100 });
      expect(pulled.records('students')).toHaveLength(180);
      expect(busy.site.http.log.count('/v3.1', 429)).toBeGreaterThan(0);
    } finally {
      await busy.site.stop();
    }
  });

  it('is a back-off at no attempt cost if it is long', async () => {
    const busy = await CleverGround.prepare({ requestLimit: 8, windowMs: 40_000 });
    try {
      const error = await refusal(busy.pull({ pageSize: 100 }));
      expect([error.reason, error.disposition]).toEqual(['source_unavailable', 'back-off']);
      expect(error.retryAfterMs).toBeGreaterThan(35_000);
      expect(error.retryAfterMs).toBeLessThanOrEqual(42_000);
      expect(busy.site.http.log.count('/v3.1', 429)).toBe(1);
    } finally {
      await busy.site.stop();
    }
  });
});

describe('a pull that is stopped', () => {
  it('ends at once, whatever it waits for', async () => {
    ground.site.http.faults.add({ kind: 'hang', ...USERS });
    const stop = new AbortController();
    ground.site.plan({ before: '/v3.1/users', happens: () => stop.abort(new Error('told to stop')) });
    const pulled = (async () => {
      for await (const event of ground.source().pull(stop.signal)) expect(event.kind).not.toBe('restart');
    })();
    await expect(pulled).rejects.toThrow('told to stop');
  });

  it('takes back the request that is under way if its reader walks away', async () => {
    ground.site.http.faults.add({ kind: 'hang', path: '/v3.1/terms' });
    const asked = new Promise<void>((resolve) => {
      ground.site.plan({ before: '/v3.1/terms', happens: resolve });
    });
    for await (const event of ground.source().pull(neverAborted)) {
      if (event.kind !== 'progress' || event.message !== 'Reading schools') continue;
      await asked;
      break;
    }
    // The site will never answer: a request that has ended was ended by the client.
    const [entry] = ground.site.http.log.requests.slice(-1);
    while (entry?.endedMs === null) await new Promise((resolve) => setImmediate(resolve));
    expect(entry).toMatchObject({ path: '/v3.1/terms', status: 0 });
  });
});
