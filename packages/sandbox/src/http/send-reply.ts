import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpFault, StatusFault } from './http-faults.ts';
import type { SiteReply } from './http-site.ts';

export interface ReplyContext {
  readonly errorBody: (status: number) => unknown;
  /** Ends what is slow. */
  readonly signal: AbortSignal;
}

const LOGIN_PAGE =
  '<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method="post"><input name="user"></form></body></html>';

/** Sends what the site answers, or what the fault makes of it. */
export async function sendReply(
  response: ServerResponse,
  reply: SiteReply,
  fault: HttpFault | undefined,
  context: ReplyContext,
): Promise<void> {
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'refuse') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers, bytes } = encode(fault === undefined ? reply : spoil(reply, fault, context));
  const half = Math.floor(bytes.length / 2);
  const body = fault?.kind === 'truncate' ? bytes.subarray(0, half) : bytes;
  response.writeHead(status, { ...headers, 'content-length': String(body.length) });
  if (fault?.kind === 'reset') {
    // The reset must not overtake what was written before it.
    response.write(body.subarray(0, half), () => response.socket?.resetAndDestroy());
    return;
  }
  if (fault?.kind === 'slow') await trickle(response, body, fault.bytesPerSecond, context.signal);
  else response.end(body);
}

/** The reply that a fault puts in the place of the site's own. */
function spoil(reply: SiteReply, fault: HttpFault, { errorBody }: ReplyContext): SiteReply {
  switch (fault.kind) {
    case 'status':
      return { status: fault.status, headers: headersOf(fault), body: bodyOf(fault, errorBody) };
    case 'too-many-rows': {
      const status = fault.status ?? 502;
      return { status, body: errorBody(status) };
    }
    case 'login-page':
      return { status: 200, body: LOGIN_PAGE };
    case 'redirect':
      return { status: 302, headers: { location: fault.location ?? 'https://login.example/' }, body: LOGIN_PAGE };
    case 'body':
      return { ...reply, status: 200, body: fault.body };
    case 'error-envelope':
      return { ...reply, status: 200, body: errorBody(500) };
    case 'empty-collection':
      return { ...reply, body: emptied(reply.body), rows: 0 };
    case 'refuse':
    case 'reset':
    case 'truncate':
    case 'hang':
    case 'slow':
      return reply;
  }
}

const BODIES: Readonly<Record<NonNullable<StatusFault['body']>, (site: () => unknown) => unknown>> = {
  site: (site) => site(),
  html: () => '<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>',
  text: () => 'Too many requests, please try again later.',
  empty: () => '',
};

const bodyOf = ({ status, body = 'site' }: StatusFault, errorBody: (status: number) => unknown): unknown =>
  BODIES[body](() => errorBody(status));

function headersOf({ retryAfterSeconds, retryAfterAs, headers }: StatusFault): Record<string, string> {
  if (retryAfterSeconds === undefined) return { ...headers };
  const date = new Date(Date.now() + retryAfterSeconds * 1000).toUTCString();
  return { ...headers, 'retry-after': retryAfterAs === 'date' ? date : String(retryAfterSeconds) };
}

function emptied(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  if (Array.isArray(body)) return [];
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, Array.isArray(value) ? [] : value]));
}

/** A body that is sent again is written only once. */
const WRITTEN = new WeakMap<object, Buffer>();

function encode({ status, headers = {}, body }: SiteReply): {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer;
} {
  const type = typeof body === 'string' ? 'text/html; charset=utf-8' : 'application/json';
  return { status, headers: { 'content-type': type, ...headers }, bytes: bytesOf(body) };
}

function bytesOf(body: unknown): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if (typeof body !== 'object' || body === null) return Buffer.from(JSON.stringify(body));
  let bytes = WRITTEN.get(body);
  if (bytes === undefined) WRITTEN.set(body, (bytes = Buffer.from(JSON.stringify(body))));
  return bytes;
}

/** Ten pieces a second. */
async function trickle(
  response: ServerResponse,
  body: Buffer,
  bytesPerSecond: number,
  signal: AbortSignal,
): Promise<void> {
  const size = Math.max(1, Math.round(bytesPerSecond / 10));
  for (let at = 0; at < body.length && !response.destroyed; at += size) {
    response.write(body.subarray(at, at + size));
    await pause(100, undefined, { signal });
  }
  response.end();
}
