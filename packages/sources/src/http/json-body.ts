import { isUtf8 } from 'node:buffer';
import { AxiosError, type AxiosResponse } from 'axios';
import { NOT_JSON } from './http-failure.ts';

/**
 * The body of an answer as parsed JSON. Throws an AxiosError with the code NOT_JSON and a text that ends the sentence
 * `… answered with`; of a status other than 2xx that is allowed, null is enough.
 */
export function parseBody(response: AxiosResponse): unknown {
  const bytes = response.data as Buffer;
  const text = decode(bytes, String(response.headers['content-type'] ?? ''));
  try {
    if (text !== undefined) return JSON.parse(text);
  } catch {
    // Said below.
  }
  if (response.status >= 300) return null;
  throw new AxiosError(problemOf(bytes, text), NOT_JSON, response.config, response.request, response);
}

/** JSON is UTF-8 (RFC 8259 §8.1); a server that says something else is believed. Undefined if the bytes do not fit. */
function decode(bytes: Buffer, contentType: string): string | undefined {
  const charset = /charset="?([\w.:-]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';
  // Many times quicker than a decoder that refuses what does not fit.
  if (charset === 'utf-8' || charset === 'utf8')
    return isUtf8(bytes) ? bytes.toString('utf8').replace(/^\uFEFF/, '') : undefined;
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function problemOf(bytes: Buffer, text: string | undefined): string {
  if (text === undefined) return 'text in an unknown encoding';
  const start = text.trimStart().slice(0, 1);
  if (bytes.length === 0 || start === '') return 'nothing at all';
  if (start === '<') return 'a web page instead of data';
  return start === '{' || start === '[' ? 'data that ends in the middle' : 'something that is not JSON';
}
