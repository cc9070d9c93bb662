import { SyncError, type Reason, type SyncErrorOptions } from '@rollbook/core';
import type { AxiosError, AxiosResponse } from 'axios';
import { codeOf } from '../error-facts.ts';
import { toldToWaitMs } from './waiting.ts';

/** A request that failed for good. Holds no headers and no body: both may hold tokens or people. */
export class HttpFailure extends SyncError {
  /** Null if nothing was answered. */
  readonly status: number | null;

  constructor(reason: Reason, status: number | null, message: string, options: SyncErrorOptions) {
    super(reason, message, options);
    this.status = status;
  }
}

/** The server could not deliver so many rows at once (413, 502, 504, or more bytes than are read): ask for fewer. */
export class PageTooLarge extends HttpFailure {}

/** Codes of failures that neither axios nor the network has a code for. */
export const NOT_JSON = 'ERR_NOT_JSON';
export const TOO_LARGE = 'ERR_TOO_LARGE';
export const NO_ANSWER = 'ERR_NO_ANSWER';

/** For 429 without a word on how long. */
const DEFAULT_WAIT_MS = 60_000;
const SHORTEST_WAIT_MS = 1000;

const CERTIFICATE_CODE = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** Whether the server could not show a certificate to be trusted; trying again does not help. */
export const isCertificateError = (error: unknown): boolean => CERTIFICATE_CODE.test(String(codeOf(error)));

/** How long an answer of 429 or 503 asks us to stay away; undefined if it does not say, or is another. */
export function toldOf({ status, headers }: AxiosResponse): number | undefined {
  if (status === 429) return toldToWaitMs(headers);
  if (status !== 503) return undefined;
  return toldToWaitMs({ date: headers['date'], 'retry-after': headers['retry-after'] });
}

/** Who was asked, and for what. */
export interface FailurePlace {
  readonly provider: string;
  /** Whom to ask about it: `Clever's support`. */
  readonly support: string;
  readonly url: URL;
}

/** Neither query nor user name and password. */
const placeOf = (url: URL): string => `"${url.origin}${url.pathname}"`;

interface Meaning extends Omit<SyncErrorOptions, 'cause'> {
  readonly reason: Reason;
  readonly message: string;
  readonly isTooLarge?: boolean;
}

/** What a failed request means: reason, message, advice, and what the queue does with it. */
export function httpFailure(error: AxiosError, place: FailurePlace): HttpFailure {
  const { reason, message, isTooLarge, ...options } = meaningOf(error, place);
  const status = error.response?.status ?? null;
  // The error of axios holds the request with its credentials and the answer with its people: they end here.
  const cause = Object.assign(new Error(error.message), { code: error.code });
  const Failure = isTooLarge === true ? PageTooLarge : HttpFailure;
  return new Failure(reason, status, message, { ...options, cause });
}

function meaningOf(error: AxiosError, { provider, support, url }: FailurePlace): Meaning {
  const place = placeOf(url);
  const { code } = error;
  if (code === NOT_JSON)
    return {
      reason: 'source_unavailable',
      message: `${provider} answered ${place} with ${error.message}.`,
      advice: `${provider} may be down for maintenance: Rollbook tries again by itself. If it goes on, check the address of the source, and ask ${support}.`,
    };
  if (code === TOO_LARGE)
    return {
      reason: 'source_unavailable',
      message: `${provider} answered ${place} with ${error.message}.`,
      advice: 'Lower the page size of the source, or ask the operator of Rollbook to look into it.',
      isTooLarge: true,
    };
  if (isCertificateError(error))
    return {
      reason: 'source_unavailable',
      message: `The certificate of "${url.host}" cannot be trusted (${code ?? 'no reason given'}).`,
      advice: `Nothing was sent. Ask ${support}, or whoever runs the server, for a valid certificate with its whole chain.`,
      disposition: 'give-up',
    };
  if (error.response === undefined)
    return {
      reason: 'source_unavailable',
      message: `${provider} cannot be reached at ${place}, or does not answer (${code ?? 'no reason given'}).`,
      advice: `Rollbook tries again by itself. If it goes on, ask ${support} whether the server is up and lets the address of Rollbook in.`,
    };
  const waitMs = toldOf(error.response) ?? (error.response.status === 429 ? DEFAULT_WAIT_MS : undefined);
  if (waitMs !== undefined)
    return {
      reason: 'source_unavailable',
      message: `${provider} asks Rollbook to slow down at ${place} (${error.response.status}).`,
      advice: 'Nothing need be done: Rollbook waits as long as it was told, and then begins again.',
      disposition: 'back-off',
      retryAfterMs: Math.max(waitMs, SHORTEST_WAIT_MS),
    };
  const isWebPage = String(error.response.headers['content-type'] ?? '').startsWith('text/html');
  return statusMeaning(error.response.status, { provider, support, url }, isWebPage);
}

function statusMeaning(status: number, { provider, support, url }: FailurePlace, isWebPage: boolean): Meaning {
  const place = placeOf(url);
  if (status < 300)
    return {
      reason: 'source_unavailable',
      message: `The connection broke while ${place} was answered.`,
      advice: `Rollbook tries again by itself. If it goes on, lower the page size of the source, and ask ${support}.`,
    };
  if (status < 400)
    return {
      reason: 'source_unavailable',
      message: `${provider} redirects ${place} to another address (${status}).`,
      advice:
        'Redirects are not followed, because the credentials would go along. Check the address of the source: https, the host, and the whole path.',
    };
  if (status === 401)
    return {
      reason: 'wrong_credentials',
      message: `${provider} refuses the credentials at ${place} (401).`,
      advice:
        'The token or key was revoked, has expired, or was entered wrongly. Ask the district whether it still shares its data with Rollbook; then enter the new credentials.',
    };
  if (status === 403)
    return {
      reason: 'wrong_credentials',
      message: `${provider} does not let Rollbook read ${place} (403).`,
      advice: 'The credentials are known, but lack the permission. Ask the district to share this data with Rollbook.',
    };
  if (status === 404)
    return {
      reason: 'invalid_data',
      message: `${provider} has nothing at ${place} (404).`,
      advice: isWebPage
        ? 'The answer is a web page, so this is probably not the address of the interface. Check the address of the source.'
        : `Check the address of the source. If it is right, ask ${support} whether this data is offered.`,
    };
  if (status === 413 || status === 502 || status === 504)
    return {
      reason: 'source_unavailable',
      message: `${provider} could not answer ${place} (${status}).`,
      advice: `The server is overloaded, or a page holds too many rows. Rollbook tries again by itself; if it goes on, lower the page size of the source, and ask ${support}.`,
      isTooLarge: true,
    };
  if (status >= 500)
    return {
      reason: 'source_unavailable',
      message: `${provider} failed at ${place} (${status}).`,
      advice: `Rollbook tries again by itself. If it goes on, ask ${support}.`,
    };
  return {
    reason: 'invalid_data',
    message: `${provider} does not accept the request for ${place} (${status}).`,
    advice: `Check the address and the version of the source. If they are right, ask the operator of Rollbook to look into it with ${support}.`,
  };
}
