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
    // Begun before the first page is used up.
    const rest =
      first.total === null ? new Sequence(pager, first.rows.length) : new Stretches(pager, first, first.total);
    yield first.rows;
    for (let rows = await rest.next(); rows !== null; rows = await rest.next()) {
      tally.take(rows);
      yield rows;
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

  get pageSize(): number {
    return this.#options.pageSize;
  }

  get ahead(): number {
    return this.#options.ahead;
  }
}

/** Pages of which nobody knows how many there are: one is under way while the one before is in use. */
class Sequence<Row> {
  readonly #pager: Pager<Row>;
  #offset: number;
  #next: Promise<Page<Row>> | null;

  constructor(pager: Pager<Row>, offset: number) {
    this.#pager = pager;
    this.#offset = offset;
    this.#next = offset === 0 ? null : this.#begin();
  }

  /** The rows of the next page; null at the end, which only an empty page is. */
  async next(): Promise<readonly Row[] | null> {
    const page = await this.#next;
    if (page === null || page.rows.length === 0) return null;
    this.#offset += page.rows.length;
    this.#next = this.#begin();
    return page.rows;
  }

  #begin(): Promise<Page<Row>> {
    return unalarmed(this.#pager.page(this.#offset, this.#pager.pageSize));
  }
}

/** Rows of known number, in stretches as long as the first page; several are under way at the same time. */
class Stretches<Row> {
  readonly #pager: Pager<Row>;
  readonly #length: number;
  readonly #total: number;
  readonly #underWay: Promise<readonly Row[]>[] = [];
  #start: number;

  constructor(pager: Pager<Row>, first: Page<Row> & { readonly limit: number }, total: number) {
    this.#pager = pager;
    this.#length = first.rows.length;
    this.#total = total;
    const isWhole = this.#length === 0 || (this.#length === total && this.#length < first.limit);
    this.#start = isWhole ? Number.POSITIVE_INFINITY : this.#length;
    this.#topUp();
  }

  /** The rows of the next stretch, empty if they end before it; null at the end. */
  async next(): Promise<readonly Row[] | null> {
    const next = this.#underWay.shift();
    if (next === undefined) return null;
    const rows = await next;
    this.#topUp();
    return rows;
  }

  /** The stretch that begins where the rows should end shows whether they do. */
  #topUp(): void {
    for (; this.#start <= this.#total && this.#underWay.length < this.#pager.ahead; this.#start += this.#length)
      this.#underWay.push(unalarmed(this.#stretch(this.#start)));
  }

  /** The rows from `start` on, in as many pages as the server makes of them. */
  async #stretch(start: number): Promise<readonly Row[]> {
    const rows: Row[] = [];
    while (rows.length < this.#length) {
      const page = await this.#pager.page(start + rows.length, this.#length - rows.length);
      if (page.rows.length === 0) return rows;
      rows.push(...page.rows);
      if (start + rows.length === this.#total && page.rows.length < page.limit) return rows;
    }
    return rows;
  }
}

/** A failure is found when its turn comes; until then nobody is alarmed. */
function unalarmed<T>(step: Promise<T>): Promise<T> {
  step.catch(() => undefined);
  return step;
}

/** Counts what comes, and compares it with what was announced. */
class Tally<Row> {
  readonly #options: PagerOptions<Row>;
  readonly #seen = new IdTable();
  #received = 0;
  #page = 0;
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
    this.#page += 1;
    for (const row of rows) {
      const id = idOf(row);
      if (id !== '' && this.#seen.first(id, this.#page) !== this.#page)
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
