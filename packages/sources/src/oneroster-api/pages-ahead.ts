interface Begun<Page> {
  readonly pages: AsyncGenerator<Page>;
  readonly first: Promise<IteratorResult<Page, unknown>>;
}

/**
 * Reads collections in a known order. While one is read the first page of the next is on its way already, so that small
 * collections do not cost a wait each.
 */
export class PagesAhead<Name, Page> {
  readonly #order: readonly Name[];
  readonly #open: (name: Name, signal: AbortSignal) => AsyncGenerator<Page>;
  readonly #left = new AbortController();
  readonly #signal: AbortSignal;
  readonly #begun = new Map<Name, Begun<Page>>();

  constructor(
    order: readonly Name[],
    open: (name: Name, signal: AbortSignal) => AsyncGenerator<Page>,
    signal: AbortSignal,
  ) {
    this.#order = order;
    this.#open = open;
    this.#signal = AbortSignal.any([signal, this.#left.signal]);
  }

  /** All pages of one collection, each of which is read once. */
  async *read(name: Name): AsyncGenerator<Page> {
    const { pages, first } = this.#begin(name);
    const next = this.#order[this.#order.indexOf(name) + 1];
    let step = await first;
    // Not before: the server is asked for one collection's first page at a time.
    if (next !== undefined) this.#begin(next);
    for (; step.done !== true; step = await pages.next()) yield step.value;
  }

  /** Gives up what is on its way. */
  close(): void {
    this.#left.abort();
  }

  #begin(name: Name): Begun<Page> {
    const known = this.#begun.get(name);
    if (known !== undefined) return known;
    const pages = this.#open(name, this.#signal);
    const first = pages.next();
    // Whoever comes to it hears of the failure; nobody may come.
    first.catch(() => undefined);
    const begun = { pages, first };
    this.#begun.set(name, begun);
    return begun;
  }
}
