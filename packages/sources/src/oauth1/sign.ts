import { createHmac, randomBytes } from 'node:crypto';

export type SignatureMethod = 'HMAC-SHA256' | 'HMAC-SHA1';

/** A name and its value, both as they are before any encoding. */
export type Parameter = readonly [name: string, value: string];

export interface Oauth1Request {
  /** In capitals, such as `GET`. */
  readonly method: string;
  /** The absolute URL exactly as it will be requested, query and all. */
  readonly url: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly signatureMethod: SignatureMethod;
  /** Only where the server has given one; rosters are read without (two-legged). */
  readonly token?: string;
  readonly tokenSecret?: string;
  /** Seconds since 1970; left out: now. */
  readonly timestamp?: number;
  /** Used once; left out: a random one. */
  readonly nonce?: string;
  /** Further ones to sign: those named `oauth_…` go into the header, the others are the fields of a form body. */
  readonly extraParameters?: readonly Parameter[];
}

const HASHES: Readonly<Record<SignatureMethod, string>> = { 'HMAC-SHA256': 'sha256', 'HMAC-SHA1': 'sha1' };

/** Percent-encoding that leaves only letters, digits and `- . _ ~` as they are (RFC 5849 §3.6). */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * The value of the Authorization header that signs a request (RFC 5849 §3). There is no `oauth_version`, as ClassLink's
 * servers expect none and the standard asks for none. Throws a TypeError for a URL that is not http or https.
 */
export function signOauth1(request: Oauth1Request): string {
  const timestamp = request.timestamp ?? Math.floor(Date.now() / 1000);
  const protocol: Parameter[] = [
    ['oauth_consumer_key', request.consumerKey],
    ['oauth_signature_method', request.signatureMethod],
    ['oauth_timestamp', String(timestamp)],
    ['oauth_nonce', request.nonce ?? randomBytes(16).toString('hex')],
  ];
  if (request.token !== undefined) protocol.push(['oauth_token', request.token]);
  const fields: Parameter[] = [];
  for (const parameter of request.extraParameters ?? [])
    (parameter[0].startsWith('oauth_') ? protocol : fields).push(parameter);

  const base = signatureBaseString(request.method, request.url, [...protocol, ...fields]);
  const key = `${percentEncode(request.consumerSecret)}&${percentEncode(request.tokenSecret ?? '')}`;
  const signature = createHmac(HASHES[request.signatureMethod], key).update(base).digest('base64');
  const header = [...protocol, ['oauth_signature', signature] as const];
  return `OAuth ${header.map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`).join(', ')}`;
}

/** What is signed (RFC 5849 §3.4.1): the method, the URL without its query, and all parameters, sorted. */
export function signatureBaseString(method: string, url: string, parameters: readonly Parameter[]): string {
  const { protocol, host, pathname, searchParams } = parsed(url);
  // The parser has put scheme and host into lower case and left out the default port (§3.4.1.2).
  const place = `${protocol}//${host}${pathname}`;
  const pairs = [...searchParams, ...parameters].map(
    ([name, value]) => [percentEncode(name), percentEncode(value)] as const,
  );
  const normalized = pairs.sort(byNameThenValue).map(([name, value]) => `${name}=${value}`);
  return [method.toUpperCase(), place, normalized.join('&')].map(percentEncode).join('&');
}

function parsed(url: string): URL {
  const result = URL.canParse(url) ? new URL(url) : undefined;
  if (result?.protocol === 'http:' || result?.protocol === 'https:') return result;
  throw new TypeError(`expected an absolute http or https URL to sign, received ${JSON.stringify(url)}`);
}

/** By bytes, after encoding (§3.4.1.3.2): encoded text is ASCII, so its code units are its bytes. */
function byNameThenValue(a: Parameter, b: Parameter): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  if (a[1] === b[1]) return 0;
  return a[1] < b[1] ? -1 : 1;
}
