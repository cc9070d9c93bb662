import { invalidData } from '../invalid-data.ts';
import { PageTooLarge } from '../http/http-failure.ts';
import type { CleverApi } from './clever-api.ts';
import { fieldsOf } from './clever-object.ts';
import type { Collection } from './permissions.ts';

export interface ObjectPage {
  readonly collection: Collection;
  /** Items as they came, each to wrap an object. */
  readonly items: readonly unknown[];
  readonly isLast: boolean;
}

/** A page this small that is still too large is an outage. */
const SMALLEST_LIMIT = 100;

/** Any origin: links are relative, and one that leads to another host must show as such. */
const SOME_ORIGIN = 'http://clever.invalid';

interface Cursor {
  readonly collection: Collection;
  readonly uri: string;
}

/**
 * Reads collections one after the other, page by page, following Clever's own links. While a page is consumed, the next
 * one is on its way, of the next collection if need be; never more than one, so that two pages at most are in memory.
 */
export class PageReader {
  readonly #api: CleverApi;
  readonly #log: (message: string) => void;
  #limit: number;

  constructor(api: CleverApi, limit: number, log: (message: string) => void) {
    this.#api = api;
    this.#limit = limit;
    this.#log = log;
  }

  /**
   * Throws `invalid_data` for an answer that is no page, and for links that lead to another place or in a circle; an
   * HttpFailure for a page that cannot be had.
   */
  async *read(collections: readonly Collection[], signal: AbortSignal): AsyncGenerator<ObjectPage> {
    const left = new AbortController();
    const either = AbortSignal.any([signal, left.signal]);
    const seen = new Set<string>();
    const start = (cursor: Cursor | undefined) => {
      if (cursor === undefined) return undefined;
      const key = this.#cursorKey(cursor);
      if (seen.has(key)) throw strangeLink(cursor.collection, 'leads in a circle');
      seen.add(key);
      const page = this.#page(cursor, either);
      // Whoever comes to it hears of the failure; nobody may come.
      page.catch(() => undefined);
      return { cursor, page };
    };
    const firstOf = (index: number): Cursor | undefined => {
      const collection = collections[index];
      return collection && { collection, uri: this.#api.pathOf(collection) };
    };
    try {
      let ahead = start(firstOf(0));
      while (ahead !== undefined) {
        const { collection } = ahead.cursor;
        const { items, next } = await ahead.page;
        const isLast = next === undefined;
        ahead = start(isLast ? firstOf(collections.indexOf(collection) + 1) : { collection, uri: next });
        yield { collection, items, isLast };
      }
    } finally {
      left.abort();
    }
  }

  async #page({ collection, uri }: Cursor, signal: AbortSignal): Promise<{ items: unknown[]; next?: string }> {
    for (;;) {
      const limit = this.#limit;
      try {
        return pageOf(await this.#api.get(withLimit(uri, limit), signal), collection);
      } catch (error) {
        if (!(error instanceof PageTooLarge) || limit <= SMALLEST_LIMIT) throw error;
        this.#limit = Math.max(SMALLEST_LIMIT, Math.floor(limit / 2));
        this.#log(`Clever could not deliver ${limit} ${collection} at once; ${this.#limit} are asked for from now on`);
      }
    }
  }

  /** What tells pages of a collection apart, whatever their size. A link to another place is refused. */
  #cursorKey({ collection, uri }: Cursor): string {
    const url = URL.canParse(uri, SOME_ORIGIN) ? new URL(uri, SOME_ORIGIN) : undefined;
    if (!uri.startsWith('/') || url?.origin !== SOME_ORIGIN || url.pathname !== this.#api.pathOf(collection))
      throw strangeLink(collection, 'leads to another place');
    return `${collection} ${url.searchParams.get('starting_after') ?? ''}`;
  }
}

/** A link as it is, unless it asks for more than the server can deliver, or for the default of a hundred. */
export function withLimit(uri: string, limit: number): string {
  const url = new URL(uri, SOME_ORIGIN);
  const given = Number(url.searchParams.get('limit') ?? 0);
  if (given >= 1 && given <= limit) return uri;
  url.searchParams.set('limit', String(limit));
  return `${url.pathname}${url.search}`;
}

function pageOf(body: unknown, collection: Collection): { items: unknown[]; next?: string } {
  const { data, links } = fieldsOf(body) ?? {};
  // Without links there would be no next page, and the rest of the roster would seem to be gone.
  if (!Array.isArray(data) || !Array.isArray(links))
    throw invalidData(
      `Clever's answer for ${collection} is no page: it has no \`${Array.isArray(data) ? 'links' : 'data'}\`.`,
      "Nothing was changed. Run the sync again later; if it goes on, check the `apiUrl` of the source and ask Clever's support.",
    );
  const next = links.map(fieldsOf).find((link) => link?.['rel'] === 'next');
  if (next === undefined) return { items: data };
  if (typeof next['uri'] !== 'string') throw strangeLink(collection, 'has no address');
  return { items: data, next: next['uri'] };
}

const strangeLink = (collection: Collection, what: string) =>
  invalidData(
    `Clever's link to the next page of ${collection} ${what}.`,
    "It was not followed and nothing was changed. Run the sync again later; if it goes on, ask Clever's support.",
  );
