import axios, { AxiosHeaders, type AxiosError, type AxiosAdapter, type AxiosResponse } from 'axios';
import axiosRetry from 'axios-retry';
import PQueue from 'p-queue';
import { Connections } from './connections.ts';
import { httpFailure, NO_ANSWER, TOO_LARGE } from './http-failure.ts';
import { parseBody } from './json-body.ts';
import { PAUSE_MS, pauseBefore, retriesOf } from './retries.ts';
import type { Headers } from './waiting.ts';

export interface HttpClientOptions {
  /** Who is asked, as people know it: `Clever`. Begins sentences. */
  readonly provider: string;
  /** Whom people can ask about it. Left out: the provider's support. */
  readonly support?: string;
  /** Whether the operator consents to loopback and private addresses. */
  readonly allowPrivate: boolean;
  readonly connectTimeoutMs: number;
  /** From the request to the last byte of its answer. */
  readonly responseTimeoutMs: number;
  /** Requests under way at the same time; the others wait their turn. Left out: 4. */
  readonly concurrency?: number;
  /** If the server asks for a longer wait than this, the whole pull backs off. Left out: 10 s. */
  readonly longestWaitMs?: number;
  /** See SourceContext. */
  readonly retryPauseMs?: number | undefined;
  /** Told of every new try, without credentials or personal data. */
  readonly log?: ((message: string) => void) | undefined;
}

/** What is signed: exactly what goes over the wire. */
export interface Signable {
  readonly method: 'GET' | 'POST';
  readonly url: string;
}

export interface JsonRequest {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** The value of the `Authorization` header, asked for anew at each try, as signatures count only once. */
  readonly authorize?: (request: Signable) => string | Promise<string>;
  /** Other statuses than 2xx that are an answer and no failure, such as `[403, 404]`. */
  readonly allowStatuses?: readonly number[];
}

export interface JsonAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Headers;
  /** Parsed, of unknown shape; null where an allowed status came without JSON. */
  readonly body: unknown;
}

export interface HttpClient {
  /** Throws an HttpFailure, a SyncError of the address (see resolveAddress), or the signal's reason. */
  getJson(url: string, request: JsonRequest): Promise<JsonAnswer>;
  /** Sends a form, as token endpoints want it. Never waits its turn: a request may be waiting for the token. */
  postForm(url: string, form: Readonly<Record<string, string>>, request: JsonRequest): Promise<JsonAnswer>;
  /** Closes the connections that are kept open. */
  close(): void;
}

/** More than ten times the largest page that a provider offers. */
const MAX_ANSWER_BYTES = 128 * 2 ** 20;
const LONGEST_WAIT_MS = 10_000;

/**
 * The client of one pull or survey. Single requests are tried again as {@link retriesOf} says; what fails then is an
 * HttpFailure. Certificates are verified, redirects are not followed, proxies of the environment are not used, and
 * connections go only to the address that was judged.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const {
    provider,
    support = `${options.provider}'s support`,
    responseTimeoutMs,
    longestWaitMs = LONGEST_WAIT_MS,
    retryPauseMs = PAUSE_MS,
    log,
  } = options;
  const connections = new Connections(options);
  const queue = new PQueue({ concurrency: options.concurrency ?? 4 });
  const sendOnce = axios.getAdapter('http');
  const instance = axios.create({
    httpAgent: connections.http,
    httpsAgent: connections.https,
    maxRedirects: 0,
    proxy: false,
    responseType: 'arraybuffer',
    maxContentLength: MAX_ANSWER_BYTES,
    transformResponse: (data: unknown) => data,
    headers: { common: { Accept: 'application/json', 'User-Agent': 'Rollbook' } },
  });
  axiosRetry(instance, {
    retries: Number.POSITIVE_INFINITY,
    retryCondition: (error) => (error.config?.['axios-retry']?.retryCount ?? 0) < retriesOf(error, longestWaitMs),
    retryDelay: (count, error) => pauseBefore(count, error, retryPauseMs),
    onRetry: (count, error, { url = '' }) => {
      const { origin, pathname } = new URL(url);
      const what = error.response?.status ?? error.code ?? 'nothing';
      log?.(`${provider} answered "${origin}${pathname}" with ${what}; try ${count + 1} follows`);
    },
  });

  async function send(given: string, { signal, ...request }: JsonRequest, form?: string): Promise<JsonAnswer> {
    signal.throwIfAborted();
    const url = new URL(given);
    const method = form === undefined ? 'GET' : 'POST';
    const isAnswer = (status: number): boolean =>
      (status >= 200 && status < 300) || request.allowStatuses?.includes(status) === true;
    const attempt: AxiosAdapter = async (config) => {
      await connections.resolve(url.hostname);
      const headers = AxiosHeaders.from(config.headers);
      if (request.authorize !== undefined)
        headers.set('Authorization', await request.authorize({ method, url: url.href }));
      const limit = AbortSignal.timeout(responseTimeoutMs);
      try {
        const response = await sendOnce({ ...config, headers, signal: AbortSignal.any([signal, limit]) });
        return { ...response, data: parseBody(response) };
      } catch (error) {
        if (!axios.isAxiosError(error)) throw error;
        if (error.response === undefined) connections.forget(url.hostname);
        // The next try must not inherit this one's time limit and signature.
        throw named(Object.assign(error, { config }), limit.aborted, responseTimeoutMs);
      }
    };
    try {
      const response = await instance.request<unknown>({
        url: url.href,
        method,
        signal,
        adapter: attempt,
        validateStatus: isAnswer,
        ...(request.headers === undefined ? {} : { headers: request.headers }),
        ...(form === undefined ? {} : { data: form }),
      });
      return answerOf(response);
    } catch (error) {
      signal.throwIfAborted();
      throw axios.isAxiosError(error) ? httpFailure(error, { provider, support, url }) : error;
    }
  }

  return {
    getJson(url, request) {
      // What listens to it is as short-lived as the request, and does not pile up on the signal of the whole pull.
      const signal = AbortSignal.any([request.signal]);
      return queue.add(() => send(url, { ...request, signal }), { signal });
    },
    postForm: (url, form, request) => {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded', ...request.headers };
      return send(url, { ...request, headers }, new URLSearchParams(form).toString());
    },
    close: () => connections.close(),
  };
}

const answerOf = ({ status, headers, data }: AxiosResponse<unknown>): JsonAnswer => ({
  status,
  headers: headers as Headers,
  body: data,
});

/** Gives the failures that axios reports by their text alone a code of their own. */
function named(error: AxiosError, isTimedOut: boolean, responseTimeoutMs: number): AxiosError {
  if (isTimedOut) {
    error.code = NO_ANSWER;
    error.message = `no whole answer within ${responseTimeoutMs / 1000} s`;
    delete error.response;
  } else if (error.message.startsWith('maxContentLength')) {
    error.code = TOO_LARGE;
    error.message = `more than ${MAX_ANSWER_BYTES / 2 ** 20} MB`;
  }
  return error;
}
