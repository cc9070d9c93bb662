import { SyncError } from '@rollbook/core';
import type { JsonAnswer, JsonRequest } from '../http/http-client.ts';
import { invalidData } from '../invalid-data.ts';
import { isObject, type ApiObject } from './members.ts';
import type { Page } from './pager.ts';

/** How the OneRoster interface of a district is reached, whoever runs it and whatever opens it. */
export interface OneRosterAccess {
  /** Of the OneRoster root, without a slash at the end. */
  readonly baseUrl: string;
  /** Gets a URL below it, with whatever opens it. Throws like HttpClient.getJson. */
  getJson(url: string, request: JsonRequest): Promise<JsonAnswer>;
  /** Whether it is known beforehand that a collection cannot be read. */
  readonly withholds?: (collection: Collection) => boolean;
}

/**
 * The seven flat collections that make a roster, in the order in which they are read; other endpoints show parts of them
 * (oneroster §1.2).
 */
export const COLLECTIONS = [
  'orgs',
  'academicSessions',
  'courses',
  'classes',
  'demographics',
  'users',
  'enrollments',
] as const;
export type Collection = (typeof COLLECTIONS)[number];

export interface PageRequest {
  /** The endpoint; the rows stand under the name of what they are: `users` for `/students`. */
  readonly path: Collection | 'schools' | 'students';
  readonly collection: Collection;
  readonly offset: number;
  readonly limit: number;
}

/** One page, in an order that is the same for all. Throws for an answer that is not this collection. */
export async function getPage(
  access: OneRosterAccess,
  { path, collection, offset, limit }: PageRequest,
  signal: AbortSignal,
): Promise<Page<ApiObject>> {
  const query = new URLSearchParams({
    limit: String(limit),
    offset: String(offset),
    sort: 'sourcedId',
    orderBy: 'asc',
  });
  const { body, headers } = await access.getJson(`${access.baseUrl}/${path}?${query.toString()}`, { signal });
  return { rows: rowsOf(body, collection), total: totalOf(headers['x-total-count']) };
}

/** Whether the collection may be read, and how many rows it says it has; one row is asked for. */
export type Probe =
  | { readonly isGranted: true; readonly total: number | null }
  | { readonly isGranted: false; readonly status: number | null };

export async function probe(
  access: OneRosterAccess,
  path: PageRequest['path'],
  collection: Collection,
  signal: AbortSignal,
): Promise<Probe> {
  if (access.withholds?.(collection) === true) return { isGranted: false, status: null };
  const url = `${access.baseUrl}/${path}?limit=1&offset=0`;
  const { status, body, headers } = await access.getJson(url, { signal, allowStatuses: [403, 404] });
  if (status === 403 || status === 404) return { isGranted: false, status };
  rowsOf(body, collection);
  return { isGranted: true, total: totalOf(headers['x-total-count']) };
}

const totalOf = (header: unknown): number | null =>
  typeof header === 'string' && /^\s*\d{1,10}\s*$/.test(header) ? Number(header) : null;

function rowsOf(body: unknown, collection: Collection): ApiObject[] {
  const rows = isObject(body) ? body[collection] : undefined;
  if (!Array.isArray(rows)) throw notTheCollection(body, collection);
  if (!rows.every(isObject))
    throw invalidData(
      `The OneRoster server answered ${collection} with a list of something else than objects.`,
      'This is not the answer of a OneRoster interface. Check the address and the version of the source.',
    );
  return rows;
}

/** 200 with an error in it is an error all the same (oneroster §0.2). */
function notTheCollection(body: unknown, collection: Collection): SyncError {
  if (!isError(body))
    return invalidData(
      `The OneRoster server answered without the list of ${collection}.`,
      'This is not the answer of a OneRoster interface. Check the address and the version of the source; if they are right, ask the support of the SIS.',
    );
  const code = codeMinorOf(body);
  const message = `The OneRoster server answered ${collection} with an error instead of a list${code === undefined ? '' : ` (${code})`}.`;
  if (code === 'unauthorisedrequest' || code === 'unauthorized' || code === 'forbidden')
    return new SyncError('wrong_credentials', message, {
      advice:
        'The credentials may not read this. Ask the district to share it with Rollbook, or enter other credentials.',
    });
  if (code === 'server_busy' || code === 'internal_server_error')
    return new SyncError('source_unavailable', message, {
      advice: 'Rollbook tries again by itself. If it goes on, ask the support of the SIS.',
    });
  return invalidData(message, 'Ask the support of the SIS what is wrong with its OneRoster interface.');
}

const isError = (body: unknown): boolean =>
  isObject(body) &&
  ['imsx_codeMajor', 'imsx_StatusInfo', 'statusInfoSet', 'imsx_CodeMinor', 'error', 'errors'].some(
    (key) => key in body,
  );

/** The codes of the standard; anything else an error says is not repeated, as it may name people. */
const CODES = [
  'unauthorisedrequest',
  'unauthorized',
  'forbidden',
  'server_busy',
  'internal_server_error',
  'invalid_filter_field',
  'invalid_selection_field',
  'invalid_sort_field',
  'invaliddata',
  'invalid_data',
  'unknownobject',
] as const;

/** Servers wrap and spell the code in many ways (oneroster §1.7), but the word is one of these. */
function codeMinorOf(body: unknown): (typeof CODES)[number] | undefined {
  const text = JSON.stringify(body).toLowerCase().replaceAll('internal server error', 'internal_server_error');
  return CODES.find((code) => text.includes(`"${code}"`));
}
