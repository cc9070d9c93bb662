import { createHmac } from 'node:crypto';
import { Oauth1Verifier } from './verify.ts';
import type { SignedRequest } from './verify.ts';

const NOW_SECONDS = 1_790_000_000;
const SECRET = "s&cret/ '";

const verifier = (signatureMethods?: string[]): Oauth1Verifier =>
  new Oauth1Verifier({
    consumers: new Map([['key', SECRET]]),
    nowMs: () => NOW_SECONDS * 1000,
    ...(signatureMethods === undefined ? {} : { signatureMethods }),
  });

interface Given {
  readonly target?: string;
  readonly host?: string;
  readonly scheme?: 'http' | 'https';
  readonly method?: string;
  readonly key?: string;
  readonly timestamp?: number | string;
  readonly nonce?: string;
  readonly hash?: 'sha256' | 'sha1';
  /** The second and third part of the base string, as written by hand. */
  readonly place?: string;
  readonly parametersBefore?: string;
  readonly parametersAfter?: string;
  readonly secret?: string;
}

/** A request with a signature that was computed from a base string written out by hand. */
function signed(given: Given = {}): SignedRequest {
  const { key = 'key', timestamp = NOW_SECONDS, nonce = 'n1', hash = 'sha256' } = given;
  const method = hash === 'sha256' ? 'HMAC-SHA256' : 'HMAC-SHA1';
  const base =
    `GET&${given.place ?? 'https%3A%2F%2Fdistrict.example%2Fims%2Foneroster%2Fv1p1%2Forgs'}&` +
    `${given.parametersBefore ?? ''}oauth_consumer_key%3D${key}%26oauth_nonce%3D${nonce}%26` +
    `oauth_signature_method%3D${method}%26oauth_timestamp%3D${timestamp}${given.parametersAfter ?? ''}`;
  const signature = createHmac(hash, given.secret ?? 's%26cret%2F%20%27&')
    .update(base)
    .digest('base64');
  return {
    method: given.method ?? 'GET',
    scheme: given.scheme ?? 'https',
    host: given.host ?? 'district.example',
    target: given.target ?? '/ims/oneroster/v1p1/orgs',
    authorization:
      `OAuth oauth_consumer_key="${key}", oauth_nonce="${nonce}", oauth_signature_method="${method}", ` +
      `oauth_timestamp="${timestamp}", oauth_signature="${encodeURIComponent(signature)}"`,
  };
}
const problemOf = (request: SignedRequest): string | undefined => {
  const verdict = verifier().verify(request);
  return verdict.isValid ? undefined : verdict.problem;
};

describe('a request signed with OAuth 1', () => {
  it('is valid by SHA-256 and by SHA-1, and tells whose it is', () => {
    for (const hash of ['sha256', 'sha1'] as const)
      expect(verifier().verify(signed({ hash }))).toEqual({ isValid: true, consumerKey: 'key' });
  });

  it('is valid in the example of RFC 5849 §1.2', () => {
    const store = new Oauth1Verifier({
      consumers: new Map([['dpf43f3p2l4k3l03', 'kd94hf93k423kf44']]),
      nowMs: () => 137131200_000,
    });
    const verdict = store.verify({
      method: 'POST',
      scheme: 'https',
      host: 'photos.example.net',
      target: '/initiate',
      authorization:
        'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1", ' +
        'oauth_timestamp="137131200", oauth_nonce="wIjqoS", ' +
        'oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready", ' +
        'oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D"',
    });
    expect(verdict).toEqual({ isValid: true, consumerKey: 'dpf43f3p2l4k3l03' });
  });

  it.each(['?b=2+q&b=%2B&a=n%3D%27O%20N%27', "?a=n='O+N'&b=%2b&b=2%20q"])('covers the query %s', (query) => {
    const request = signed({
      target: `/ims/oneroster/v1p1/orgs${query}`,
      parametersBefore: 'a%3Dn%253D%2527O%2520N%2527%26b%3D%252B%26b%3D2%2520q%26',
    });
    expect(problemOf(request)).toBeUndefined();
  });

  it.each([
    ['HTTPS', 'https', 'District.Example:443'],
    ['HTTP', 'http', 'district.example:80'],
  ] as const)('does not mind the port that %s has anyway', (_, scheme, host) => {
    const place = `${scheme}%3A%2F%2Fdistrict.example%2Fims%2Foneroster%2Fv1p1%2Forgs`;
    expect(problemOf(signed({ scheme, host, place }))).toBeUndefined();
  });

  it('minds any other port', () => {
    expect(problemOf(signed({ host: 'district.example:8443' }))).toBe('bad_signature');
    const place = 'http%3A%2F%2F127.0.0.1%3A8080%2Fims%2Foneroster%2Fv1p1%2Forgs';
    expect(problemOf(signed({ scheme: 'http', host: '127.0.0.1:8080', place }))).toBeUndefined();
  });

  it.each<[string, Given]>([
    ['the path', { target: '/ims/oneroster/v1p1/users' }],
    ['the query', { target: '/ims/oneroster/v1p1/orgs?limit=1' }],
    ['the method', { method: 'POST' }],
    ['the host', { host: 'other.example' }],
    ['the scheme', { scheme: 'http' }],
    ['the secret', { secret: 'wrong&' }],
    ['the encoding of the secret', { secret: `${SECRET}&` }],
    ['the order of the parameters', { target: '/ims/oneroster/v1p1/orgs?a=1', parametersAfter: '%26a%3D1' }],
  ])('is refused if %s differs', (_, given) => {
    expect(problemOf(signed(given))).toBe('bad_signature');
  });

  it('is refused if its key is unknown', () => {
    expect(problemOf(signed({ key: 'other' }))).toBe('unknown_key');
  });

  it('is refused by a method that the site does not take', () => {
    const old = verifier(['HMAC-SHA1']);
    expect(old.verify(signed())).toEqual({ isValid: false, problem: 'unknown_method' });
    expect(old.verify(signed({ hash: 'sha1' })).isValid).toBe(true);
  });

  it.each([
    [-301, 'timestamp_out_of_range'],
    [-300, undefined],
    [300, undefined],
    [301, 'timestamp_out_of_range'],
  ])('may be %i s off the clock of the site: %s', (seconds, problem) => {
    expect(problemOf(signed({ timestamp: NOW_SECONDS + seconds }))).toBe(problem);
  });

  it('is refused the second time, until its time has passed anyway', () => {
    let nowSeconds = NOW_SECONDS;
    const site = new Oauth1Verifier({ consumers: new Map([['key', SECRET]]), nowMs: () => nowSeconds * 1000 });
    expect(site.verify(signed({ timestamp: NOW_SECONDS + 300 })).isValid).toBe(true);
    for (const later of [0, 300, 600]) {
      nowSeconds = NOW_SECONDS + later;
      expect(site.verify(signed({ timestamp: NOW_SECONDS + 300 }))).toEqual({ isValid: false, problem: 'nonce_used' });
      expect(site.verify(signed({ timestamp: nowSeconds, nonce: `fresh${later}` })).isValid).toBe(true);
    }
    nowSeconds = NOW_SECONDS + 601;
    expect(site.verify(signed({ timestamp: NOW_SECONDS + 300 }))).toEqual({
      isValid: false,
      problem: 'timestamp_out_of_range',
    });
  });

  it('does not use up a nonce by a wrong signature', () => {
    const site = verifier();
    expect(site.verify(signed({ secret: 'wrong&' })).isValid).toBe(false);
    expect(site.verify(signed()).isValid).toBe(true);
  });

  it.each([
    ['nothing', undefined, 'not_signed'],
    ['a bearer', 'Bearer abc', 'not_signed'],
    ['no parameters', 'OAuth ', 'malformed'],
    ['a lone parameter', 'OAuth oauth_consumer_key="key"', 'malformed'],
    ['no quotes', signed().authorization?.replaceAll('"', ''), 'malformed'],
    ['a broken escape', signed().authorization?.replace('"key"', '"%zz"'), 'malformed'],
    ['a parameter twice', `${signed().authorization}, oauth_nonce="n1"`, 'malformed'],
    ['a time in words', signed({ timestamp: 'now' }).authorization, 'malformed'],
    ['another version', `${signed().authorization}, oauth_version="2.0"`, 'malformed'],
  ])('is refused with %s in its header', (_, authorization, problem) => {
    expect(problemOf({ ...signed(), authorization })).toBe(problem);
  });

  it('may name version 1.0, which is signed then', () => {
    const request = signed({ parametersAfter: '%26oauth_version%3D1.0' });
    expect(problemOf({ ...request, authorization: `${request.authorization}, oauth_version="1.0"` })).toBeUndefined();
    expect(problemOf({ ...signed(), authorization: `${signed().authorization}, oauth_version="1.0"` })).toBe(
      'bad_signature',
    );
  });
});
