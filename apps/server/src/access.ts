import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';

export const DASHBOARD_USER = 'rollbook';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Asks for the password by HTTP Basic authentication; compared in constant time. */
export function requirePassword(password: string): MiddlewareHandler {
  const expected = digest(`${DASHBOARD_USER}:${password}`);
  return async (context, next) => {
    const [scheme, credentials = ''] = (context.req.header('authorization') ?? '').split(' ');
    const given = scheme?.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64').toString('utf8') : '';
    if (timingSafeEqual(digest(given), expected)) return next();
    context.header('WWW-Authenticate', 'Basic realm="Rollbook", charset="UTF-8"');
    return context.text('The dashboard asks for a password.\n', 401);
  };
}

/** A browser sends the password along with any request to this site: what changes something must come from its own pages. */
export function refuseForeignRequests(): MiddlewareHandler {
  return async (context, next) => {
    if (context.req.method === 'GET' || context.req.method === 'HEAD') return next();
    const origin = context.req.header('origin');
    const isForeign = origin !== undefined && hostOf(origin) !== context.req.header('host');
    return isForeign ? context.text('Requests from other sites are refused.\n', 403) : next();
  };
}

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null);
