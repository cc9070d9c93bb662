import { createHmac, timingSafeEqual } from 'node:crypto';

/** A request as it reached the site. */
export interface SignedRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** The Host header: name, and port unless it is the scheme's own. */
  readonly host: string;
  /** Path and query as they stand in the request line. */
  readonly target: string;
  readonly authorization: string | undefined;
}

export type Oauth1Problem =
  | 'not_signed'
  | 'malformed'
  | 'unknown_key'
  | 'unknown_method'
  | 'bad_signature'
  | 'timestamp_out_of_range'
  | 'nonce_used';

export type Oauth1Verdict =
  | { readonly isValid: true; readonly consumerKey: string }
  | { readonly isValid: false; readonly problem: Oauth1Problem };

export interface Oauth1VerifierOptions {
  /** Secrets by consumer key. A map that changes is looked at anew for every request. */
  readonly consumers: ReadonlyMap<string, string>;
  /** Left out: HMAC-SHA256 and HMAC-SHA1. */
  readonly signatureMethods?: readonly string[];
  /** The site's clock, in milliseconds; left out: the system's. */
  readonly nowMs?: () => number;
}

/** How far a client's clock may be from the site's (oneroster.md §4). */
const MAX_SKEW_SECONDS = 300;

const HASHES = new Map([
  ['HMAC-SHA256', 'sha256'],
  ['HMAC-SHA1', 'sha1'],
]);

const refused = (problem: Oauth1Problem): Oauth1Verdict => ({ isValid: false, problem });

/** The server's side of two-legged OAuth 1.0a (RFC 5849 §3.2), with a memory of the nonces it has seen. */
export class Oauth1Verifier {
  readonly #consumers: ReadonlyMap<string, string>;
  readonly #signatureMethods: readonly string[];
  readonly #nowMs: () => number;
  /** By key, time and nonce (§3.3); the value is the time in seconds. */
  readonly #nonces = new Map<string, number>();
  #forgetsAt = 0;

  constructor(options: Oauth1VerifierOptions) {
    this.#consumers = options.consumers;
    this.#signatureMethods = options.signatureMethods ?? [...HASHES.keys()];
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** Judges one request; a nonce is used up only by a request that is valid otherwise. */
  verify(request: SignedRequest): Oauth1Verdict {
    if (request.authorization === undefined || !/^OAuth\s/i.test(request.authorization)) return refused('not_signed');
    const header = readHeader(request.authorization);
    const facts = header && factsOf(header);
    if (facts === undefined) return refused('malformed');
    const secret = this.#consumers.get(facts.consumerKey);
    if (secret === undefined) return refused('unknown_key');
    const hash = HASHES.get(facts.method);
    if (hash === undefined || !this.#signatureMethods.includes(facts.method)) return refused('unknown_method');
    const base = baseStringOf(request, facts.signed);
    if (base === undefined) return refused('malformed');
    const expected = createHmac(hash, `${strictEscape(Buffer.from(secret))}&`)
      .update(base)
      .digest();
    const given = Buffer.from(facts.signature, 'base64');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return refused('bad_signature');
    const nowSeconds = this.#nowMs() / 1000;
    if (Math.abs(nowSeconds - facts.timestamp) > MAX_SKEW_SECONDS) return refused('timestamp_out_of_range');
    return this.#useNonce(facts, nowSeconds)
      ? { isValid: true, consumerKey: facts.consumerKey }
      : refused('nonce_used');
  }

  #useNonce({ consumerKey, timestamp, nonce }: Facts, nowSeconds: number): boolean {
    const key = JSON.stringify([consumerKey, timestamp, nonce]);
    if (this.#nonces.has(key)) return false;
    if (nowSeconds >= this.#forgetsAt) {
      // A nonce whose time is out of range is refused for its time: it need not be remembered.
      for (const [old, time] of this.#nonces) if (nowSeconds - time > MAX_SKEW_SECONDS) this.#nonces.delete(old);
      this.#forgetsAt = nowSeconds + MAX_SKEW_SECONDS;
    }
    this.#nonces.set(key, timestamp);
    return true;
  }
}

type Pair = [name: Buffer, value: Buffer];

interface Facts {
  readonly consumerKey: string;
  readonly method: string;
  readonly timestamp: number;
  readonly nonce: string;
  readonly signature: string;
  /** Everything of the header that is part of what was signed. */
  readonly signed: readonly Pair[];
}

/** Takes `OAuth name="value", …` apart, escapes and all (§3.5.1); undefined if it is anything else. */
function readHeader(authorization: string): Map<string, Buffer> | undefined {
  const found = new Map<string, Buffer>();
  for (const part of authorization.replace(/^OAuth\s+/i, '').split(/\s*,\s*/)) {
    const match = /^([^=\s]+)="([^"]*)"$/.exec(part.trim());
    const name = match && unescapePart(match[1] as string, false)?.toString();
    const value = match && unescapePart(match[2] as string, false);
    if (!name || !value || found.has(name)) return undefined;
    found.set(name, value);
  }
  return found;
}

function factsOf(header: ReadonlyMap<string, Buffer>): Facts | undefined {
  const text = (name: string): string => header.get(name)?.toString() ?? '';
  const [consumerKey, nonce] = [text('oauth_consumer_key'), text('oauth_nonce')];
  const [method, signature] = [text('oauth_signature_method'), text('oauth_signature')];
  const isComplete = [consumerKey, nonce, method, signature].every((part) => part !== '');
  const isVersion1 = !header.has('oauth_version') || text('oauth_version') === '1.0';
  if (!isComplete || !isVersion1 || !/^[0-9]+$/.test(text('oauth_timestamp'))) return undefined;
  const signed = [...header].flatMap(([name, value]): Pair[] =>
    name === 'realm' || name === 'oauth_signature' ? [] : [[Buffer.from(name), value]],
  );
  return { consumerKey, method, timestamp: Number(text('oauth_timestamp')), nonce, signature, signed };
}

/** What the client should have signed (§3.4.1), from the bytes of the request; undefined if they make no sense. */
function baseStringOf(request: SignedRequest, signed: readonly Pair[]): string | undefined {
  const mark = request.target.indexOf('?');
  const path = mark < 0 ? request.target : request.target.slice(0, mark);
  const query = mark < 0 ? [] : request.target.slice(mark + 1).split('&');
  const pairs = [...signed];
  for (const field of query.filter((each) => each !== '')) {
    const equals = field.indexOf('=');
    const name = unescapePart(equals < 0 ? field : field.slice(0, equals), true);
    const value = unescapePart(equals < 0 ? '' : field.slice(equals + 1), true);
    if (name === undefined || value === undefined) return undefined;
    pairs.push([name, value]);
  }
  const ownPort = request.scheme === 'https' ? /:443$/ : /:80$/;
  const place = `${request.scheme}://${request.host.toLowerCase().replace(ownPort, '')}${path}`;
  // No escaped character sorts below those that may separate: `%` (25) and the unreserved ones are all above NUL.
  const sorted = pairs.map(([name, value]) => `${strictEscape(name)}\0${strictEscape(value)}`).sort();
  const parameters = sorted.map((each) => each.replace('\0', '=')).join('&');
  const escaped = [request.method.toUpperCase(), place, parameters].map((part) => strictEscape(Buffer.from(part)));
  return escaped.join('&');
}

/** The bytes behind percent-escapes; undefined for an escape that is none. */
function unescapePart(text: string, isForm: boolean): Buffer | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const spaced = isForm ? text.replaceAll('+', ' ') : text;
  const pieces = spaced.split(/(%[0-9A-Fa-f]{2})/);
  return Buffer.concat(
    pieces.map((piece) => (/^%..$/s.test(piece) ? Buffer.from(piece.slice(1), 'hex') : Buffer.from(piece))),
  );
}

const UNRESERVED = /[A-Za-z0-9._~-]/;

/** Every byte but the unreserved ones as `%XX` (§3.6). */
function strictEscape(bytes: Buffer): string {
  let escaped = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    escaped += UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}
