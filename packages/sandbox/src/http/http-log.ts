/** One request, without headers and bodies: they hold tokens and people. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** As it was sent, without the question mark. */
  readonly query: string;
  /** Milliseconds since the site was started. */
  readonly beganMs: number;
  /** Null while it is under way. */
  endedMs: number | null;
  /** 0 if nothing was answered. */
  status: number;
}

/** Only so many are kept; the counters go on. */
const KEPT_REQUESTS = 10_000;

/** What a site was asked, and how often. */
export class HttpLog {
  readonly #startMs = performance.now();
  #requests: LoggedRequest[] = [];
  #underWay = 0;
  /** All requests since the start or the last `clear`. */
  total = 0;
  /** The most that were under way at the same time. */
  mostAtOnce = 0;

  /** The latest requests, the oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.#requests;
  }

  /** How many of the kept requests have a path that begins so and, if given, ended with that status. */
  count(path: string, status?: number): number {
    return this.#requests.filter((each) => each.path.startsWith(path) && (status ?? each.status) === each.status)
      .length;
  }

  begin(method: string, path: string, query: string): LoggedRequest {
    const entry = { method, path, query, beganMs: performance.now() - this.#startMs, endedMs: null, status: 0 };
    this.#requests.push(entry);
    if (this.#requests.length > 2 * KEPT_REQUESTS) this.#requests = this.#requests.slice(-KEPT_REQUESTS);
    this.total += 1;
    this.#underWay += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay);
    return entry;
  }

  end(entry: LoggedRequest, status: number): void {
    entry.status = status;
    entry.endedMs = performance.now() - this.#startMs;
    this.#underWay -= 1;
  }

  clear(): void {
    this.#requests = [];
    this.total = 0;
    this.mostAtOnce = this.#underWay;
  }
}
