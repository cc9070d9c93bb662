import type { SiteRequest } from '../http/http-site.ts';
import type { SignedRequest } from './verify.ts';

/** A request to a pretend site, as its verifier wants it: by the host that the client named (RFC 5849 §3.4.1.2). */
export function signedRequestOf({ method, url, headers }: SiteRequest): SignedRequest {
  const { host, origin } = new URL(url);
  return {
    method,
    scheme: 'http',
    host: headers.host ?? host,
    target: url.slice(origin.length),
    authorization: headers.authorization,
  };
}
