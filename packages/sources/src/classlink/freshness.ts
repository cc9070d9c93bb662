import type { ClasslinkSource } from '@rollbook/core';
import { revisionOf } from '../delivery-revision.ts';
import { COLLECTIONS, type Collection, type OneRosterAccess } from '../oneroster-api/collections.ts';
import { isObject } from '../oneroster-api/members.ts';
import { readingOf } from '../roster-settings.ts';
import { revisionIn } from './watched-access.ts';

/** What one row of each collection tells of the whole. */
export interface Freshness {
  /** `x-perm-rev`; undefined if the server has none. */
  readonly revision: string | undefined;
  readonly collections: ReadonlyMap<Collection, CollectionFreshness>;
  /** Whether ClassLink says that it hides names and the like (`x-obfuscated`). */
  readonly isObfuscated: boolean;
}

interface CollectionFreshness {
  /** 200, or that of a refusal. */
  readonly status: number;
  /** `x-total-count`, as it stands; null if there is none. */
  readonly total: string | null;
  /** `dateLastModified` of the row that was modified last; null if it has none. */
  readonly modifiedAt: string | null;
}

/** Goes up with every change to what is made of the data. */
const READER_VERSION = 1;

/** Asks every collection for the row that was modified last. */
export async function lookAt(access: OneRosterAccess, signal: AbortSignal): Promise<Freshness> {
  const answers = await Promise.all(
    COLLECTIONS.map((collection) => {
      const url = `${access.baseUrl}/${collection}?limit=1&offset=0&sort=dateLastModified&orderBy=desc`;
      return access.getJson(url, { signal, allowStatuses: [403, 404] });
    }),
  );
  const collections = COLLECTIONS.map((collection, index) => {
    const { status = 0, headers = {}, body } = answers[index] ?? {};
    const rows = isObject(body) ? body[collection] : undefined;
    const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
    const modifiedAt = isObject(row) ? textOf(row['dateLastModified']) : null;
    return [collection, { status, total: textOf(headers['x-total-count']), modifiedAt }] as const;
  });
  return {
    revision: answers.map(revisionIn).find((each) => each !== undefined),
    collections: new Map(collections),
    isObfuscated: answers.some(({ headers }) => !['', 'false', '0'].includes(textOf(headers['x-obfuscated']) ?? '')),
  };
}

/**
 * The name of the delivery; undefined if ClassLink gives none. An equal `x-perm-rev` means that nothing has changed
 * (oneroster §3). It does not stand alone: were it ever to name the permissions only, changes would be missed for ever.
 * So the count and the latest change of every collection are part of the name, and what the configuration makes of it.
 */
export function deliveryName(config: ClasslinkSource, baseUrl: string, freshness: Freshness): string | undefined {
  if (freshness.revision === undefined) return undefined;
  const { revision, collections } = freshness;
  return revisionOf('classlink', READER_VERSION, baseUrl, readingOf(config), revision, [...collections]);
}

/** When anything was modified last, ISO 8601 in UTC; null if no row tells. */
export function latestChange({ collections }: Freshness): string | null {
  const times = [...collections.values()].flatMap(({ modifiedAt }) => {
    const timeMs = Date.parse(modifiedAt ?? '');
    return Number.isNaN(timeMs) ? [] : [timeMs];
  });
  return times.length === 0 ? null : new Date(Math.max(...times)).toISOString();
}

/** For pulls and surveys alike: names that were hidden take the place of those in the roster. */
export const OBFUSCATED =
  'ClassLink says that it hides names or other values of this district (x-obfuscated): they come as it shows them.';

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
