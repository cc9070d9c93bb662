import { createSign, generateKeyPairSync } from 'node:crypto';

/** One value of DER (X.690): tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const long = body.length > 0xff ? [0x82, body.length >> 8, body.length & 0xff] : [0x81, body.length];
  return Buffer.concat([Buffer.from([tag, ...(body.length < 0x80 ? [body.length] : long)]), body]);
}

const sequence = (...items: readonly Buffer[]): Buffer => der(0x30, ...items);
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

/** The object identifiers of ecdsa-with-SHA256 and of a common name. */
const ECDSA_SHA256 = sequence(hex('06082a8648ce3d040302'));
const COMMON_NAME = hex('0603550403');

/** A key and a certificate for a host that nobody vouches for (X.509, RFC 5280 §4.1), valid from 2020 to 2049. */
export function createSelfSigned(host: string): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(host)))));
  const validity = sequence(...['200101000000Z', '491231235959Z'].map((moment) => der(0x17, Buffer.from(moment))));
  const serial = der(0x02, hex('01'));
  const facts = sequence(serial, ECDSA_SHA256, name, validity, name, publicKey.export({ type: 'spki', format: 'der' }));
  const signature = createSign('sha256').update(facts).sign(privateKey);
  const certificate = sequence(facts, ECDSA_SHA256, der(0x03, hex('00'), signature));
  const lines = certificate.toString('base64').replace(/(.{64})/g, '$1\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
