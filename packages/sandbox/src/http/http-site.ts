import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { HttpFaults } from './http-faults.ts';
import { HttpLog } from './http-log.ts';
import { answerOperator, OPERATOR_PATH } from './operator.ts';
import type { OperatorCommands } from './operator.ts';
import { sendReply } from './send-reply.ts';

export interface SiteRequest {
  readonly method: string;
  /** As it was sent, percent signs and all. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The whole URL as the client knows it, without a fragment: what signatures are made over. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface SiteReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is, as `text/html` unless the headers say otherwise; anything else as JSON. */
  readonly body: unknown;
  /** How many rows the body holds, for the fault `too-many-rows`. */
  readonly rows?: number;
}

export interface HttpSiteOptions {
  /** 0 or left out: any free port. */
  readonly port?: number;
  /** What the site is. An error it throws is answered with 500 and shown by {@link HttpSite.stop}. */
  readonly answer: (request: SiteRequest) => SiteReply | Promise<SiteReply>;
  /** The site's way to say that something is wrong, for faults. Left out: an empty object. */
  readonly errorBody?: (status: number) => unknown;
  /** What its operator can do besides what every site offers. */
  readonly operator?: OperatorCommands;
  /** The site's own switches, for the operator to look at and to change; the site reads them when it needs them. */
  readonly switches?: object;
}

export interface HttpSite {
  /** `http://127.0.0.1:` and the port, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly faults: HttpFaults;
  /** What has been asked; requests of the operator are not in it. */
  readonly log: HttpLog;
  readonly switches: object;
  /** Each request waits this long before it is looked at; change freely. */
  latencyMs: number;
  /** Cuts all connections and resolves when nothing is left open; throws the first error of `answer`, if there was one. */
  stop(): Promise<void>;
}

/** More than any token request or fault list. */
const BODY_LIMIT_BYTES = 1 << 20;

/**
 * Starts a pretend HTTP site on 127.0.0.1, with faults to switch on by test or, below `/-/`, by hand. Throws the
 * system's error if the port is taken.
 */
export async function startHttpSite(options: HttpSiteOptions): Promise<HttpSite> {
  const { answer, errorBody = () => ({}), operator = {} } = options;
  const faults = new HttpFaults();
  const log = new HttpLog();
  const stopped = new AbortController();
  let failure: unknown;

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(message.url ?? '/', site.url);
    if (url.pathname.startsWith(OPERATOR_PATH)) return answerOperator(site, operator, url.pathname, message, response);
    const entry = log.begin(message.method ?? '', url.pathname, url.search.slice(1));
    response.once('close', () => log.end(entry, response.headersSent ? response.statusCode : 0));
    const body = await readBody(message);
    if (site.latencyMs > 0) await pause(site.latencyMs, undefined, { signal: stopped.signal });
    const { pathname: path, searchParams: query } = url;
    const request = { method: entry.method, path, query, url: url.href, headers: message.headers, body };
    const reply = await answer(request);
    const fault = faults.strike(path, entry.query, reply.rows ?? 0);
    await sendReply(response, reply, fault, { errorBody, signal: stopped.signal });
  };

  const server = createServer((message, response) => {
    serve(message, response).catch((error: unknown) => {
      if (!stopped.signal.aborted) failure ??= error;
      if (response.headersSent || stopped.signal.aborted) response.destroy();
      else response.writeHead(500).end();
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stopped.abort();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    if (failure !== undefined) throw new Error('The pretend site made a mistake of its own.', { cause: failure });
  };
  const site: HttpSite = {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    log,
    switches: options.switches ?? {},
    latencyMs: 0,
    stop: () => (stopping ??= stop()),
  };
  return site;
}

async function readBody(message: IncomingMessage): Promise<string> {
  if (Number(message.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) throw new Error('The request is too large.');
  return text(message);
}
