import type { SiteReply } from '../http/http-site.ts';

const WINDOW_MS = 60_000;

/**
 * So many requests a minute, in fixed windows from the first request on, told in the `RateLimit-` headers that are
 * still a draft; those beyond are sent away in HTML, and told when to come back.
 */
export class RateLimit {
  #beganMs = 0;
  #used = 0;

  /** What a request is sent away with; undefined if it may pass, and then it counts. */
  refusal(perMinute: number | null): SiteReply | undefined {
    if (perMinute === null) return undefined;
    if (Date.now() - this.#beganMs >= WINDOW_MS) {
      this.#beganMs = Date.now();
      this.#used = 0;
    }
    this.#used += 1;
    if (this.#used <= perMinute) return undefined;
    const headers = { ...this.#headers(perMinute), 'retry-after': String(this.#secondsLeft()) };
    return { status: 429, headers, body: 'Too many requests, please try again later.' };
  }

  /** The answer with the state of the window. */
  stamp(reply: SiteReply, perMinute: number | null): SiteReply {
    return perMinute === null ? reply : { ...reply, headers: { ...reply.headers, ...this.#headers(perMinute) } };
  }

  #secondsLeft(): number {
    return Math.ceil((this.#beganMs + WINDOW_MS - Date.now()) / 1000);
  }

  #headers(perMinute: number): Record<string, string> {
    return {
      'ratelimit-limit': String(perMinute),
      'ratelimit-remaining': String(Math.max(0, perMinute - this.#used)),
      'ratelimit-reset': String(this.#secondsLeft()),
      'ratelimit-policy': `${perMinute};w=60`,
    };
  }
}
