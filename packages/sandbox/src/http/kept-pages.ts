/** How often a collection may be kept, cut into pages of one size or another. */
const MOST_TIMES = 2;

interface Kept<Page> {
  readonly pages: Map<string, Page>;
  rows: number;
}

/**
 * Pages that were made once, by the rows they are cut from: a puller that comes again waits for no JSON to be written.
 * They go with their rows, and never hold more than twice as many.
 */
export class KeptPages<Page> {
  readonly #kept = new WeakMap<readonly object[], Kept<Page>>();

  /** The page of that name; made by `make` if it is not kept. `count` is how many of the rows are in it. */
  page(rows: readonly object[], name: string, count: number, make: () => Page): Page {
    let kept = this.#kept.get(rows);
    if (kept === undefined) this.#kept.set(rows, (kept = { pages: new Map(), rows: 0 }));
    const known = kept.pages.get(name);
    if (known !== undefined) return known;
    const page = make();
    if (kept.rows + count > rows.length * MOST_TIMES) {
      kept.pages.clear();
      kept.rows = 0;
    }
    kept.pages.set(name, page);
    kept.rows += count;
    return page;
  }
}
