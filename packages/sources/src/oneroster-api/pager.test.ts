import { neverAborted, refusal } from '../delivery.fixture.ts';
import { PageTooLarge } from '../http/http-failure.ts';
import { DataChanged } from './data-changed.ts';
import { readPages, type Page, type PagerOptions } from './pager.ts';

const rowsTo = (count: number): string[] => Array.from({ length: count }, (_, n) => `row ${n}`);

interface Server {
  readonly rows: readonly string[];
  /** Largest page, whatever is asked for. */
  readonly clamp?: number;
  /** Larger pages fail. */
  readonly bearable?: number;
  readonly total?: (ask: number) => number | null;
}

/** A server of rows that remembers what it was asked: `offset+limit`. */
function serve({ rows, clamp = Infinity, bearable = Infinity, total = () => rows.length }: Server) {
  const asked: string[] = [];
  const fetch = async (offset: number, limit: number): Promise<Page<string>> => {
    asked.push(`${offset}+${limit}`);
    const ask = asked.length;
    await Promise.resolve();
    if (limit > bearable) throw new PageTooLarge('source_unavailable', 502, 'too large', { advice: 'less' });
    return { rows: rows.slice(offset, offset + Math.min(limit, clamp)), total: total(ask) };
  };
  return { asked, fetch };
}

const optionsFor = (fetch: PagerOptions<string>['fetch'], pageSize: number, ahead = 3): PagerOptions<string> => ({
  name: 'users',
  pageSize,
  ahead,
  idOf: (row) => row,
  signal: neverAborted,
  fetch,
});

async function readAll(fetch: PagerOptions<string>['fetch'], pageSize: number): Promise<string[]> {
  const all: string[] = [];
  for await (const rows of readPages(optionsFor(fetch, pageSize))) all.push(...rows);
  return all;
}

describe('with a count', () => {
  it.each([
    ['a short last page', 25, 10, {}, ['0+10', '10+10', '20+10']],
    ['a full last page: the end is looked at', 20, 10, {}, ['0+10', '10+10', '20+10']],
    ['one short page', 7, 10, {}, ['0+10']],
    ['one full page', 10, 10, {}, ['0+10', '10+10']],
    ['no row', 0, 10, {}, ['0+10']],
    ['pages that are smaller than asked for', 25, 20, { clamp: 10 }, ['0+20', '10+10', '20+10']],
    ['a page that is too large once', 25, 20, { bearable: 12 }, ['0+20', '0+10', '10+10', '20+10']],
  ] as const)('reads all: %s', async (_, count, pageSize, server, asked) => {
    const { fetch, asked: requests } = serve({ rows: rowsTo(count), ...server });
    expect(await readAll(fetch, pageSize)).toEqual(rowsTo(count));
    expect(requests).toEqual(asked);
  });

  it('fills the gap that a smaller page leaves in the middle', async () => {
    const { fetch, asked } = serve({ rows: rowsTo(35) });
    const stingy = (offset: number, limit: number): Promise<Page<string>> =>
      fetch(offset, offset === 10 ? Math.min(limit, 4) : limit);
    expect(await readAll(stingy, 10)).toEqual(rowsTo(35));
    expect([...asked].sort()).toEqual(['0+10', '10+4', '14+6', '20+10', '30+10'].sort());
  });

  it('halves what a server cannot deliver, and goes on with smaller pages', async () => {
    const { fetch, asked } = serve({ rows: rowsTo(100), bearable: 13 });
    expect(await readAll(fetch, 80)).toEqual(rowsTo(100));
    expect(asked.slice(0, 4)).toEqual(['0+80', '0+40', '0+20', '0+10']);
    expect(asked.slice(4).every((ask) => ask.endsWith('+10'))).toBe(true);
  });

  it('gives up on a server that cannot deliver ten rows', async () => {
    const { fetch, asked } = serve({ rows: rowsTo(100), bearable: 9 });
    expect(await refusal(readAll(fetch, 80))).toBeInstanceOf(PageTooLarge);
    expect(asked).toEqual(['0+80', '0+40', '0+20', '0+10']);
  });

  it.each([
    ['more was announced than came', 25, () => 30, 'invalid_data', '30 users were announced, but 25 came.'],
    ['less was announced than came', 25, () => 20, 'invalid_data', '20 users were announced, but 25 came.'],
    ['rows were announced, and none came', 0, () => 5, 'invalid_data', '5 users were announced, but 0 came.'],
    [
      'the count changes',
      25,
      (ask: number) => 24 + ask,
      'source_unavailable',
      'The number of users changed from 25 to 26 while they were read.',
    ],
  ] as const)('does not end in peace: %s', async (_, count, total, reason, message) => {
    const error = await refusal(readAll(serve({ rows: rowsTo(count), total }).fetch, 10));
    expect(error).toBeInstanceOf(DataChanged);
    expect([error.reason, error.message]).toEqual([reason, message]);
  });

  it('sees a row that was pushed to the next page, though the numbers agree', async () => {
    const pushed = [...rowsTo(10), 'row 9', ...rowsTo(20).slice(11)];
    const error = await refusal(readAll(serve({ rows: pushed }).fetch, 10));
    expect(error).toMatchObject({
      reason: 'source_unavailable',
      message: 'The order of users changed while they were read: "row 9" came twice.',
    });
  });

  it('does not mind a row that is repeated on its page', async () => {
    const repeated = [...rowsTo(5), 'row 4', ...rowsTo(20).slice(5)];
    expect(await readAll(serve({ rows: repeated }).fetch, 10)).toEqual(repeated);
  });
});

describe('without a count', () => {
  const total = (): null => null;

  it.each([
    ['pages as asked for', 25, 10, {}, ['0+10', '10+10', '20+10', '25+10']],
    ['a clamped page, which is not the last', 25, 20, { clamp: 10 }, ['0+20', '10+20', '20+20', '25+20']],
    ['no row', 0, 10, {}, ['0+10']],
    ['a single row', 1, 10, {}, ['0+10', '1+10']],
  ] as const)('ends at an empty page alone: %s', async (_, count, pageSize, server, asked) => {
    const { fetch, asked: requests } = serve({ rows: rowsTo(count), total, ...server });
    expect(await readAll(fetch, pageSize)).toEqual(rowsTo(count));
    expect(requests).toEqual(asked);
  });

  it('sees a row that came twice', async () => {
    const pushed = [...rowsTo(10), 'row 9'];
    const error = await refusal(readAll(serve({ rows: pushed, total }).fetch, 10));
    expect([error.reason, error.message]).toEqual([
      'source_unavailable',
      'The order of users changed while they were read: "row 9" came twice.',
    ]);
  });
});

describe('reading ahead', () => {
  /** Answers nothing until told to; counts what is under way. */
  function patientServer(total: number | null) {
    const { asked, fetch } = serve({ rows: rowsTo(100), total: () => total });
    const waiting: (() => void)[] = [];
    return {
      asked,
      signals: [] as AbortSignal[],
      /** Lets what is under way come in, and waits until nothing more is begun. */
      async settle(): Promise<void> {
        for (let quiet = 0; quiet < 5; quiet += 1) {
          for (const answer of waiting.splice(0)) answer();
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      async fetch(this: void, offset: number, limit: number): Promise<Page<string>> {
        const page = await fetch(offset, limit);
        await new Promise<void>((resolve) => waiting.push(resolve));
        return page;
      },
    };
  }

  it.each([
    ['with a count, as many as allowed', 100, 1 + 3],
    ['without one, a single one', null, 1 + 1],
  ])('%s, and no more, while the first page is in use', async (_, total, expected) => {
    const server = patientServer(total);
    const pages = readPages(optionsFor(server.fetch, 10));
    const first = pages.next();
    await server.settle();
    expect((await first).value).toEqual(rowsTo(10));
    await server.settle();
    expect(server.asked).toHaveLength(expected);
    await pages.return(undefined);
  });

  it('begins one more when a page is taken, not before', async () => {
    const server = patientServer(100);
    const pages = readPages(optionsFor(server.fetch, 10));
    const first = pages.next();
    await server.settle();
    await first;
    const second = pages.next();
    await server.settle();
    expect((await second).value).toEqual(rowsTo(20).slice(10));
    await server.settle();
    expect(server.asked).toEqual(['0+10', '10+10', '20+10', '30+10', '40+10']);
    await pages.return(undefined);
  });

  it('ends what is under way when nobody reads on', async () => {
    const signals: AbortSignal[] = [];
    const { fetch } = serve({ rows: rowsTo(100) });
    const watched: PagerOptions<string>['fetch'] = (offset, limit, signal) => {
      signals.push(signal);
      return fetch(offset, limit);
    };
    for await (const rows of readPages(optionsFor(watched, 10))) if (rows.includes('row 10')) break;
    expect(signals.length).toBeGreaterThan(2);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
  });

  it('throws the failure of a page when its turn comes', async () => {
    const { fetch } = serve({ rows: rowsTo(100) });
    const broken: PagerOptions<string>['fetch'] = (offset, limit) =>
      offset === 30 ? Promise.reject(new Error('page 4')) : fetch(offset, limit);
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const rows of readPages(optionsFor(broken, 10))) seen.push(rows.length);
    };
    await expect(read()).rejects.toThrow('page 4');
    expect(seen).toEqual([10, 10, 10]);
  });
});
