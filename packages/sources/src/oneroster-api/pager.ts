import { PageTooLarge } from '../http/http-failure.ts';
import { DataChanged } from './data-changed.ts';
import { IdTable } from './id-table.ts';

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** How many rows the server says there are in all; null if it does not. */
  readonly total: number | null;
}

export interface PagerOptions<Row> {
  /** What is read, for messages: `users`. */
  readonly name: string;
  readonly pageSize: number;
  /** So many pages are under way ahead of the one in use, where the server says how many there are. */
  readonly ahead: number;
  readonly idOf: (row: Row) => string;
  readonly signal: AbortSignal;
  readonly fetch: (offset: number, limit: number, signal: AbortSignal) => Promise<Page<Row>>;
}

/** Smaller pages would not end in a night; a server that cannot deliver these is down. */
const SMALLEST_PAGE = 10;

/**
 * All rows of a collection, page by page (oneroster §0.1). A server may give fewer rows than it was asked for and not say
 * so: what was received decides where the next page begins, and only an empty page, or a count that is met, is the end.
 * Pages that the server cannot deliver are asked for in halves. In the end as many different rows must have come as the
 * server announced; throws {@link DataChanged} if not, or if it announces another number on the way.
 */
export async function* readPages<Row>(options: PagerOptions<Row>): AsyncGenerator<readonly Row[]> {
  const stop = new AbortController();
  const pager = new Pager(options, AbortSignal.any([options.signal, stop.signal]));
  const tally = new Tally(options);
  try {
    const first = await pager.page(0, options.pageSize);
    tally.announce(first.total);
    tally.take(first.rows);
    const rest = first.total === null ? pager.inSequence(first) : pager.inParallel(first, first.total);
    // Begun before the first page is used up.
    const second = rest.next();
    second.catch(() => undefined);
    yield first.rows;
    for (let next = await second; next.done !== true; next = await rest.next()) {
      tally.take(next.value);
      yield next.value;
    }
    tally.finish();
  } finally {
    stop.abort();
  }
}

class Pager<Row> {
  readonly #options: PagerOptions<Row>;
  readonly #signal: AbortSignal;
  #largest = Number.POSITIVE_INFINITY;
  #total: number | null = null;

  constructor(options: PagerOptions<Row>, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** At most `wanted` rows from `offset` on; fewer if the server cannot deliver so many. */
  async page(offset: number, wanted: number): Promise<Page<Row> & { readonly limit: number }> {
    let limit = Math.min(wanted, this.#largest);
    for (;;) {
      try {
        const page = await this.#options.fetch(offset, limit, this.#signal);
        this.#compare(page.total);
        return { ...page, limit };
      } catch (error) {
        if (!(error instanceof PageTooLarge) || limit <= SMALLEST_PAGE) throw error;
        limit = Math.max(SMALLEST_PAGE, Math.ceil(limit / 2));
        this.#largest = Math.min(this.#largest, limit);
      }
    }
  }

  #compare(total: number | null): void {
    this.#total ??= total;
    if (total !== null && total !== this.#total)
      throw new DataChanged(
        `The number of ${this.#options.name} changed from ${this.#total} to ${total} while they were read.`,
      );
  }

  /** Nothing is known of the end: one page is under way while the one before is in use. */
  async *inSequence(first: Page<Row>): AsyncGenerator<readonly Row[]> {
    let offset = first.rows.length;
    if (offset === 0) return;
    let next = this.#begin(() => this.page(offset, this.#options.pageSize));
    for (;;) {
      const { rows } = await next;
      if (rows.length === 0) return;
      offset += rows.length;
      next = this.#begin(() => this.page(offset, this.#options.pageSize));
      yield rows;
    }
  }

  /** The rows are divided into stretches as long as the first page; several are under way at the same time. */
  async *inParallel(first: Page<Row> & { readonly limit: number }, total: number): AsyncGenerator<readonly Row[]> {
    const length = first.rows.length;
    if (length === 0 || (length === total && length < first.limit)) return;
    const underWay: Promise<readonly Row[]>[] = [];
    let start = length;
    const topUp = (): void => {
      // The one that begins where the rows should end shows whether they do.
      for (; start <= total && underWay.length < this.#options.ahead; start += length) {
        const from = start;
        underWay.push(this.#begin(() => this.#stretch(from, length, total)));
      }
    };
    topUp();
    for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) {
      const rows = await next;
      topUp();
      if (rows.length > 0) yield rows;
    }
  }

  /** The rows from `start` on, in as many pages as the server makes of them. */
  async #stretch(start: number, length: number, total: number): Promise<readonly Row[]> {
    const rows: Row[] = [];
    while (rows.length < length) {
      const page = await this.page(start + rows.length, length - rows.length);
      if (page.rows.length === 0) return rows;
      rows.push(...page.rows);
      if (start + rows.length === total && page.rows.length < page.limit) return rows;
    }
    return rows;
  }

  /** A failure is found when its turn comes; until then nobody is alarmed. */
  #begin<T>(step: () => Promise<T>): Promise<T> {
    const begun = step();
    begun.catch(() => undefined);
    return begun;
  }
}

/** Counts what comes, and compares it with what was announced. */
class Tally<Row> {
  readonly #options: PagerOptions<Row>;
  readonly #seen = new IdTable();
  #received = 0;
  #announced: number | null = null;

  constructor(options: PagerOptions<Row>) {
    this.#options = options;
  }

  announce(total: number | null): void {
    this.#announced = total;
  }

  /**
   * A row that stands in two pages was pushed from one to the other, and one that was pulled the other way was missed.
   * Twice on the same page it is only repeated.
   */
  take(rows: readonly Row[]): void {
    const { idOf, name } = this.#options;
    this.#received += rows.length;
    const onPage = new Set<string>();
    for (const row of rows) {
      const id = idOf(row);
      if (id === '' || onPage.has(id)) continue;
      onPage.add(id);
      if (!this.#seen.set(id, 0))
        throw new DataChanged(`The order of ${name} changed while they were read: "${id}" came twice.`);
    }
  }

  finish(): void {
    if (this.#announced === null || this.#received === this.#announced) return;
    throw new DataChanged(
      `${this.#announced} ${this.#options.name} were announced, but ${this.#received} came.`,
      'invalid_data',
    );
  }
}
