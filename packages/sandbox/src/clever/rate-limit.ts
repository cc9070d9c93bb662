/** Requests of one token in a fixed window (clever.md §2.2). */
export class RateLimit {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #used = new Map<string, { readonly endMs: number; count: number }>();

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Counts one request. Windows end at whole seconds, as the header can name nothing finer. */
  take(token: string, nowMs = Date.now()): { readonly isOver: boolean; readonly headers: Record<string, string> } {
    let window = this.#used.get(token);
    if (window === undefined || nowMs >= window.endMs) {
      window = { endMs: Math.ceil((nowMs + this.#windowMs) / 1000) * 1000, count: 0 };
      this.#used.set(token, window);
    }
    window.count += 1;
    const headers = {
      'x-ratelimit-limit': String(this.#limit),
      'x-ratelimit-remaining': String(Math.max(0, this.#limit - window.count)),
      'x-ratelimit-reset': String(window.endMs / 1000),
      'x-ratelimit-bucket': token.slice(0, 6),
    };
    return { isOver: window.count > this.#limit, headers };
  }
}
