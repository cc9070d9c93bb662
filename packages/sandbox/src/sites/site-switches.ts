import { UsageError } from '@rollbook/core';
import type { HttpFault, HttpFaults } from '../http/http-faults.ts';

/** Something that goes wrong at a site until it is put right. */
export interface SiteFault {
  /** What it does, for people: ends the sentence "With this fault …". */
  readonly text: string;
  readonly on: () => void;
  readonly off: () => void;
}

/** The faults of one site by name, for a person who switches them by hand. */
export class SiteSwitches {
  readonly #faults: ReadonlyMap<string, SiteFault>;
  readonly #active = new Set<string>();

  constructor(faults: Readonly<Record<string, SiteFault>>) {
    this.#faults = new Map(Object.entries(faults));
  }

  /** Every name, and what the fault does. */
  get known(): readonly { readonly name: string; readonly text: string }[] {
    return [...this.#faults].map(([name, { text }]) => ({ name, text }));
  }

  /** The names of those that are on. */
  get active(): readonly string[] {
    return [...this.#active];
  }

  /** Switches one on, besides those that are. Throws a UsageError for a name that is not known. */
  on(name: string): void {
    const fault = this.#faults.get(name);
    if (fault === undefined)
      throw new UsageError(`There is no fault "${name}" here. There are: ${[...this.#faults.keys()].join(', ')}.`);
    if (this.#active.has(name)) return;
    fault.on();
    this.#active.add(name);
  }

  /** Switches all off. */
  clear(): void {
    for (const name of this.#active) this.#faults.get(name)?.off();
    this.#active.clear();
  }
}

/** A trickle that still lets small answers through in time. */
const SLOW_BYTES_PER_SECOND = 20_000;
const SHORT_WAIT_SECONDS = 3;

const HTTP_FAULTS: Readonly<Record<string, readonly [text: string, fault: HttpFault]>> = {
  401: ['every request is refused: the credentials are not good any more', { kind: 'status', status: 401 }],
  403: ['every request is refused: the permission is missing', { kind: 'status', status: 403 }],
  404: ['nothing is there, and a web page says so', { kind: 'status', status: 404, body: 'html' }],
  429: [
    `every request is told to come back in ${SHORT_WAIT_SECONDS} s`,
    { kind: 'status', status: 429, retryAfterSeconds: SHORT_WAIT_SECONDS },
  ],
  500: ['every request fails', { kind: 'status', status: 500 }],
  503: ['the site is down for maintenance', { kind: 'status', status: 503, body: 'html' }],
  refuse: ['every connection is reset before anything is answered', { kind: 'refuse' }],
  reset: ['every connection is reset in the middle of the answer', { kind: 'reset' }],
  truncate: ['answers end in their middle', { kind: 'truncate' }],
  hang: ['nothing is ever answered', { kind: 'hang' }],
  slow: ['answers trickle', { kind: 'slow', bytesPerSecond: SLOW_BYTES_PER_SECOND }],
  'login-page': ['a log-in page is shown instead of data', { kind: 'login-page' }],
  redirect: ['every request is sent elsewhere', { kind: 'redirect' }],
  'error-envelope': ['every request is answered with 200 and an error in it', { kind: 'error-envelope' }],
  empty: ['every list is empty, and nothing says that this is wrong', { kind: 'empty-collection' }],
};

/** What can go wrong at any HTTP site. Switching one of them off switches off all that were set at the site itself. */
export function httpSiteFaults(faults: HttpFaults): Record<string, SiteFault> {
  return Object.fromEntries(
    Object.entries(HTTP_FAULTS).map(([name, [text, fault]]) => [
      name,
      { text, on: () => faults.add(fault), off: () => faults.clear() },
    ]),
  );
}
