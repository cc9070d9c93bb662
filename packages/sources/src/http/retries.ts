import type { AxiosError } from 'axios';
import { isCertificateError, NOT_JSON, TOO_LARGE, toldOf } from './http-failure.ts';

/** So many new tries after the first one failed: what is broken for a moment is mended by then. */
const RETRIES = 2;
/** An overloaded server, or a page that is too large: the second try tells, and the pager makes it smaller. */
const GATEWAY_RETRIES = 1;
/** A server that asks for short waits gets them, within reason. */
const WAITING_RETRIES = 6;

/** The pause before the first new try; those that follow are twice as long each. */
export const PAUSE_MS = 250;
/** A server that sends requests away without saying for how long needs more. */
const RATE_PAUSE_FACTOR = 4;

/** How many new tries a failure is worth. `longestWaitMs` is the longest wait asked for that is waited here. */
export function retriesOf(error: AxiosError, longestWaitMs: number): number {
  const { response } = error;
  const toldMs = response === undefined ? undefined : toldOf(response);
  if (toldMs !== undefined) return toldMs <= longestWaitMs ? WAITING_RETRIES : 0;
  if (error.code === TOO_LARGE || isCertificateError(error)) return 0;
  if (error.code === NOT_JSON || response === undefined) return error.config?.signal?.aborted === true ? 0 : RETRIES;
  const { status } = response;
  if (status === 502 || status === 504) return GATEWAY_RETRIES;
  // 2xx: the connection broke in the middle of the body.
  return status < 300 || status === 429 || status === 500 || status === 503 ? RETRIES : 0;
}

/** The pause before the nth new try, in milliseconds: as long as told, else growing, and never the same for two. */
export function pauseBefore(count: number, { response }: AxiosError, firstPauseMs: number): number {
  const toldMs = response === undefined ? undefined : toldOf(response);
  const pauseMs = firstPauseMs * (response?.status === 429 ? RATE_PAUSE_FACTOR : 1) * 2 ** (count - 1);
  return (toldMs ?? pauseMs) + Math.random() * firstPauseMs;
}
