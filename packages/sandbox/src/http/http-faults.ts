import { UsageError } from '@rollbook/core';

/** Which requests a fault strikes. */
export interface FaultScope {
  /** Those whose path begins so; left out: all. */
  readonly path?: string;
  /** Those whose query contains this, as it was sent, such as `offset=500`; left out: all. */
  readonly query?: string;
  /** From the nth of those on, counted from 1 since the fault was switched on; left out: from the first. */
  readonly from?: number;
  /** Only so many; left out: all that follow. */
  readonly times?: number;
}

/** An answer with another status, instead of the site's own. */
export interface StatusFault {
  readonly kind: 'status';
  readonly status: number;
  /** Sent as `Retry-After`, in seconds or as a date. */
  readonly retryAfterSeconds?: number;
  readonly retryAfterAs?: 'seconds' | 'date';
  /** Any others, such as `X-RateLimit-Reset`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `site`: the site's own error body. Default. */
  readonly body?: 'site' | 'html' | 'text' | 'empty';
}

/** What can go wrong between a site and its reader; plain data, so that it can also be sent to the site by hand. */
export type HttpFault = FaultScope &
  (
    | StatusFault
    /** Pages of more rows than this are answered with 502 or another status; `times` counts those alone. */
    | { readonly kind: 'too-many-rows'; readonly rows: number; readonly status?: number }
    /** The connection is reset before anything is answered. */
    | { readonly kind: 'refuse' }
    /** The connection is reset when half of the body has been sent. */
    | { readonly kind: 'reset' }
    /** The body ends in its middle, and HTTP notices nothing. */
    | { readonly kind: 'truncate' }
    /** Nothing is ever answered. */
    | { readonly kind: 'hang' }
    /** The body trickles. */
    | { readonly kind: 'slow'; readonly bytesPerSecond: number }
    /** 200 and the HTML page of somebody's log-in. */
    | { readonly kind: 'login-page' }
    /** 302 to that page. */
    | { readonly kind: 'redirect'; readonly location?: string }
    /** 200 and this, such as `{}`. */
    | { readonly kind: 'body'; readonly body: unknown }
    /** 200 and the site's own error body. */
    | { readonly kind: 'error-envelope' }
    /** The site's own answer with every list in it empty. */
    | { readonly kind: 'empty-collection' }
  );

export type HttpFaultKind = HttpFault['kind'];

const KINDS: Readonly<Record<HttpFaultKind, readonly string[]>> = {
  status: ['status'],
  'too-many-rows': ['rows'],
  refuse: [],
  reset: [],
  truncate: [],
  hang: [],
  slow: ['bytesPerSecond'],
  'login-page': [],
  redirect: [],
  body: ['body'],
  'error-envelope': [],
  'empty-collection': [],
};

/** The faults that are switched on at a site. Of several that strike the same request, the first switched on counts. */
export class HttpFaults {
  #faults: { readonly fault: HttpFault; seen: number }[] = [];

  /** Switches faults on besides those that are. Throws a UsageError for one that is not known. */
  add(...faults: readonly HttpFault[]): void {
    for (const fault of faults) check(fault);
    this.#faults.push(...faults.map((fault) => ({ fault, seen: 0 })));
  }

  /** Switches all off. */
  clear(): void {
    this.#faults = [];
  }

  get list(): readonly HttpFault[] {
    return this.#faults.map(({ fault }) => fault);
  }

  /**
   * The fault that strikes this request, which counts as one more occurrence for every fault it matches. `rows` is
   * the number of rows that would be answered.
   */
  strike(path: string, query: string, rows: number): HttpFault | undefined {
    let struck: HttpFault | undefined;
    for (const entry of this.#faults) {
      const { fault } = entry;
      if (!path.startsWith(fault.path ?? '') || !query.includes(fault.query ?? '')) continue;
      if (fault.kind === 'too-many-rows' && rows <= fault.rows) continue;
      entry.seen += 1;
      const from = fault.from ?? 1;
      const isDue = entry.seen >= from && entry.seen < from + (fault.times ?? Number.POSITIVE_INFINITY);
      if (isDue) struck ??= fault;
    }
    return struck;
  }
}

function check(fault: unknown): void {
  const kind = typeof fault === 'object' && fault !== null && 'kind' in fault ? String(fault.kind) : '';
  const needed = Object.hasOwn(KINDS, kind) ? KINDS[kind as HttpFaultKind] : undefined;
  if (needed === undefined)
    throw new UsageError(`Expected a fault with a kind of ${Object.keys(KINDS).join(', ')}; got "${kind}".`);
  for (const key of needed)
    if (!Object.hasOwn(fault as object, key)) throw new UsageError(`A fault of the kind "${kind}" needs "${key}".`);
}
