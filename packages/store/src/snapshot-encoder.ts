import { hash } from 'node:crypto';
import type { FieldKind, RecordType, RosterRecord } from '@rollbook/core';
import type { Presence } from '@rollbook/pipeline';
import { columnsOf } from './columns.ts';

const NEEDS_ESCAPE = /[\\\n\r\t]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const NULL = '\\N';

/** One value in the text format of COPY. */
function escapeText(value: string): string {
  return NEEDS_ESCAPE.test(value) ? value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] as string) : value;
}

const quoteElement = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;

/** An array literal, then escaped for COPY. Sets have no order: sorted, so that equal sets have equal hashes. */
function encodeSet(values: readonly string[]): string {
  if (values.length === 0) return '{}';
  if (values.length === 1) return escapeText(`{${quoteElement(values[0] as string)}}`);
  return escapeText(`{${[...new Set(values)].sort().map(quoteElement).join(',')}}`);
}

type Encode = (value: unknown) => string;
const ENCODERS: Readonly<Record<FieldKind, Encode>> = {
  text: (value) => (value === null ? NULL : escapeText(value as string)),
  date: (value) => (value === null ? NULL : (value as string)),
  flag: (value) => (value === null ? NULL : value === true ? 't' : 'f'),
  set: (value) => encodeSet(value as string[]),
};

/** E-mails are compared trimmed and lower-cased, and kept as given. */
const comparable = (email: string): string => email.trim().toLowerCase();

export type EncodeRow = (record: RosterRecord, presence: Presence, line: number) => string;

/**
 * Makes the function that writes one record as a line for COPY: sis_id, the columns of the type, source_hash, presence,
 * line. The hash is over the encoded fields: the first 128 bits of their SHA-256, in the form of a uuid.
 */
export function rowEncoder(recordType: RecordType): EncodeRow {
  const columns = columnsOf(recordType);
  const fields = columns.map((column) => column.field);
  const encoders = columns.map((column) => ENCODERS[column.kind]);
  const hasEmail = fields.includes('email');
  return (record, presence, line) => {
    const values = record as unknown as Record<string, unknown>;
    let encoded = '';
    for (let i = 0; i < fields.length; i++) {
      encoded += '\t' + (encoders[i] as Encode)(values[fields[i] as string]);
    }
    const email = hasEmail ? (values['email'] as string | null) : null;
    const hashed =
      email === null || comparable(email) === email
        ? encoded
        : encoded.replace(escapeText(email), () => escapeText(comparable(email)));
    return `${escapeText(record.sisId)}${encoded}\t${hash('sha256', hashed).slice(0, 32)}\t${presence}\t${line}\n`;
  };
}

const NO_HASH = '00000000-0000-0000-0000-000000000000';

/** The line of a row of which only the id could be read. */
export function encodeSkipped(recordType: RecordType, sisId: string, line: number): string {
  const nulls = `\t${NULL}`.repeat(columnsOf(recordType).length);
  return `${escapeText(sisId)}${nulls}\t${NO_HASH}\ts\t${line}\n`;
}
