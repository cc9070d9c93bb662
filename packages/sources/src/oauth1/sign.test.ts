import { createHmac } from 'node:crypto';
import { percentEncode, signatureBaseString, signOauth1 } from './sign.ts';
import type { Oauth1Request, Parameter } from './sign.ts';

/** The printer of the story in RFC 5849 §1.2. */
const printer = {
  consumerKey: 'dpf43f3p2l4k3l03',
  consumerSecret: 'kd94hf93k423kf44',
  signatureMethod: 'HMAC-SHA1',
} as const;

/** The request of RFC 5849 §3.1, from which §3.4.1.1 builds its base string. */
const example = {
  method: 'POST',
  url: 'http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b',
  consumerKey: '9djdj82h48djs9d2',
  consumerSecret: 'j49sk3j29djd',
  signatureMethod: 'HMAC-SHA1',
  token: 'kkk9d7dh3k39sjv7',
  tokenSecret: 'dh893hdasih9',
  timestamp: 137131201,
  nonce: '7d8f3e4a',
  extraParameters: [
    ['c2', ''],
    ['a3', '2 q'],
  ],
} as const satisfies Oauth1Request;

const EXAMPLE_BASE_STRING =
  'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D' +
  '%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1' +
  '%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7';

/** A request as a roster is read: two-legged, SHA-256. */
const roster = {
  method: 'GET',
  url: 'https://riverside-v2.rosterserver.example/ims/oneroster/v1p1/orgs',
  consumerKey: 'key',
  consumerSecret: 'secret',
  signatureMethod: 'HMAC-SHA256',
  timestamp: 1_790_000_000,
  nonce: 'n1',
} as const satisfies Oauth1Request;

/** The parameters of a header, decoded. */
function headerOf(authorization: string): Record<string, string> {
  expect(authorization).toMatch(/^OAuth (\w+="[\w.~%-]*"(, |$))+$/);
  return Object.fromEntries(
    [...authorization.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [
      name as string,
      decodeURIComponent(value as string),
    ]),
  );
}

describe('the examples of RFC 5849', () => {
  it('signs the request for temporary credentials (§1.2)', () => {
    const authorization = signOauth1({
      ...printer,
      method: 'POST',
      url: 'https://photos.example.net/initiate',
      timestamp: 137131200,
      nonce: 'wIjqoS',
      extraParameters: [['oauth_callback', 'http://printer.example.com/ready']],
    });
    expect(authorization).toContain('oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D"');
    expect(authorization).toContain('oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready"');
  });

  it('signs the request for token credentials, with the secret of the token (§1.2)', () => {
    const authorization = signOauth1({
      ...printer,
      method: 'POST',
      url: 'https://photos.example.net/token',
      token: 'hh5s93j4hdidpola',
      tokenSecret: 'hdhd0244k9j7ao03',
      timestamp: 137131201,
      nonce: 'walatlh',
      extraParameters: [['oauth_verifier', 'hfdp7dh39dks9884']],
    });
    expect(authorization).toContain('oauth_signature="gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D"');
  });

  it('signs a request with a query (§1.2)', () => {
    const authorization = signOauth1({
      ...printer,
      method: 'GET',
      url: 'http://photos.example.net/photos?file=vacation.jpg&size=original',
      token: 'nnch734d00sl2jdk',
      tokenSecret: 'pfkkdhi9sl3r4s00',
      timestamp: 137131202,
      nonce: 'chapoH',
    });
    expect(authorization).toContain('oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"');
  });

  it('builds the base string of §3.4.1.1, and signs it as the erratum to it says', () => {
    const { consumerKey, signatureMethod, token, timestamp, nonce, extraParameters } = example;
    const parameters: Parameter[] = [
      ['oauth_consumer_key', consumerKey],
      ['oauth_token', token],
      ['oauth_signature_method', signatureMethod],
      ['oauth_timestamp', String(timestamp)],
      ['oauth_nonce', nonce],
      ...extraParameters,
    ];
    expect(signatureBaseString(example.method, example.url, parameters)).toBe(EXAMPLE_BASE_STRING);
    expect(headerOf(signOauth1(example))).toEqual({
      oauth_consumer_key: consumerKey,
      oauth_token: token,
      oauth_signature_method: signatureMethod,
      oauth_timestamp: '137131201',
      oauth_nonce: nonce,
      oauth_signature: 'r6/TJjbCOr97/+UU0NsvSne7s5g=',
    });
  });

  it.each([
    ['http://EXAMPLE.COM:80/r%20v/X?id=123', 'http%3A%2F%2Fexample.com%2Fr%2520v%2FX'],
    ['https://www.example.net:8080/?q=1', 'https%3A%2F%2Fwww.example.net%3A8080%2F'],
    ['HTTPS://Example.net:443', 'https%3A%2F%2Fexample.net%2F'],
    ['http://example.net:443/', 'http%3A%2F%2Fexample.net%3A443%2F'],
  ])('writes the place of %s in its normal form (§3.4.1.2)', (url, place) => {
    expect(signatureBaseString('GET', url, []).split('&')[1]).toBe(place);
  });
});

describe('encoding and order', () => {
  it('encodes everything but letters, digits and - . _ ~ (§3.6)', () => {
    expect(percentEncode('azAZ09-._~ !\'()*+,/:=&%"')).toBe('azAZ09-._~%20%21%27%28%29%2A%2B%2C%2F%3A%3D%26%25%22');
    expect(percentEncode('Jürgen ☃')).toBe('J%C3%BCrgen%20%E2%98%83');
  });

  it.each([
    ['a space as %20', 'filter=%20'],
    ['a space as +', 'filter=+'],
  ])('signs the same for %s', (_, query) => {
    const base = signatureBaseString('GET', `${roster.url}?${query}`, []);
    expect(base.split('&')[2]).toBe('filter%3D%2520');
  });

  it("signs the same whether quotes, brackets and stars were encoded or not: ! ' ( ) *", () => {
    const plain = signatureBaseString('GET', `${roster.url}?filter=name='a!(b)*'`, []);
    const encoded = signatureBaseString('GET', `${roster.url}?filter=name%3D%27a%21%28b%29%2A%27`, []);
    expect(plain).toBe(encoded);
    expect(plain.split('&')[2]).toBe('filter%3Dname%253D%2527a%2521%2528b%2529%252A%2527');
  });

  it('sorts by encoded name, then by encoded value, and keeps every repetition', () => {
    const query = 'a=2&a=10&a=2&b=%C3%A9&b=z&B=1&a1=x&a%5B%5D=y';
    const sorted = 'B=1&a=10&a=2&a=2&a%5B%5D=y&a1=x&b=%C3%A9&b=z';
    expect(signatureBaseString('GET', `${roster.url}?${query}`, []).split('&')[2]).toBe(percentEncode(sorted));
  });

  it('leaves the escapes of a path as they stand', () => {
    const url = 'https://proxy.example/%2FgVa0ed75Gs%43/ims';
    expect(signatureBaseString('get', url, [])).toBe('GET&https%3A%2F%2Fproxy.example%2F%252FgVa0ed75Gs%2543%2Fims&');
  });
});

describe('a signed roster request', () => {
  it('carries HMAC-SHA256 of the base string under both secrets', () => {
    const url = `${roster.url}?limit=100&offset=0&filter=familyName%3D%27O%20Neil%27`;
    const base =
      'GET&https%3A%2F%2Friverside-v2.rosterserver.example%2Fims%2Foneroster%2Fv1p1%2Forgs&' +
      'filter%3DfamilyName%253D%2527O%2520Neil%2527%26limit%3D100%26oauth_consumer_key%3Dkey%26oauth_nonce%3Dn1%26' +
      'oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D1790000000%26offset%3D0';
    const expected = createHmac('sha256', 's%26cret%2F%20%27&').update(base).digest('base64');
    const { oauth_signature } = headerOf(signOauth1({ ...roster, url, consumerSecret: "s&cret/ '" }));
    expect(oauth_signature).toBe(expected);
  });

  it('names no version, no token and no realm', () => {
    expect(Object.keys(headerOf(signOauth1(roster)))).toEqual([
      'oauth_consumer_key',
      'oauth_signature_method',
      'oauth_timestamp',
      'oauth_nonce',
      'oauth_signature',
    ]);
  });

  it('is of this moment, and no two are alike', () => {
    const { timestamp: _, nonce: __, ...undated } = roster;
    const before = Math.floor(Date.now() / 1000);
    const [one, two] = [headerOf(signOauth1(undated)), headerOf(signOauth1(undated))];
    expect(Number(one['oauth_timestamp'])).toBeGreaterThanOrEqual(before);
    expect(Number(one['oauth_timestamp'])).toBeLessThanOrEqual(Date.now() / 1000);
    expect(one['oauth_nonce']).not.toBe(two['oauth_nonce']);
    expect(one['oauth_signature']).not.toBe(two['oauth_signature']);
  });

  it('does not sign what is not an http URL', () => {
    expect(() => signOauth1({ ...roster, url: '/orgs' })).toThrow(
      'expected an absolute http or https URL to sign, received "/orgs"',
    );
    expect(() => signOauth1({ ...roster, url: 'ftp://example.net/' })).toThrow(TypeError);
  });
});
