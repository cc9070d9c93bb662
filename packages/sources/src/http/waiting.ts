/** Headers as axios gives them: names in lower case. */
export type Headers = Readonly<Record<string, unknown>>;

/** No server is obeyed that asks for more: an hour. */
export const LONGEST_WAIT_MS = 3_600_000;

/** Numbers above this are points in time, those below are seconds from now: the year 2001, and 31 years. */
const SMALLEST_UNIX_SECONDS = 1e9;

/**
 * How long the answer asks us to wait, in milliseconds, at most {@link LONGEST_WAIT_MS}; undefined if it does not say.
 * Reads `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), else `X-RateLimit-Reset` (Clever: Unix seconds) or
 * `RateLimit-Reset` (seconds). Points in time are compared with the server's own clock if it shows it.
 */
export function toldToWaitMs(headers: Headers, nowMs = Date.now()): number | undefined {
  const serverNowMs = Date.parse(textOf(headers['date'])) || nowMs;
  const retryAfter = textOf(headers['retry-after']);
  if (retryAfter !== '') {
    const seconds = Number(retryAfter);
    if (Number.isFinite(seconds)) return within(seconds * 1000);
    const dateMs = Date.parse(retryAfter);
    if (!Number.isNaN(dateMs)) return within(dateMs - serverNowMs);
  }
  const reset = textOf(headers['x-ratelimit-reset']) || textOf(headers['ratelimit-reset']);
  const resetSeconds = Number(reset);
  if (reset === '' || !Number.isFinite(resetSeconds)) return undefined;
  return within(resetSeconds > SMALLEST_UNIX_SECONDS ? resetSeconds * 1000 - serverNowMs : resetSeconds * 1000);
}

const textOf = (header: unknown): string => (typeof header === 'string' ? header.trim() : '');

const within = (waitMs: number): number => Math.min(Math.max(Math.ceil(waitMs), 0), LONGEST_WAIT_MS);
