import type { JsonAnswer } from '../http/http-client.ts';
import type { OneRosterAccess } from '../oneroster-api/collections.ts';
import { DataChanged } from '../oneroster-api/data-changed.ts';

/** `x-perm-rev`: ClassLink's name for the state of all the data that a district shares; undefined if it is not told. */
export function revisionIn({ headers }: JsonAnswer): string | undefined {
  const revision = headers['x-perm-rev'];
  return typeof revision === 'string' && revision !== '' ? revision : undefined;
}

/**
 * The same access, for one reading of everything: it throws DataChanged when an answer belongs to another state of the
 * data than the first one (oneroster §3), or holds another number of rows than it says.
 */
export function watched(access: OneRosterAccess): OneRosterAccess {
  let first: string | undefined;
  return {
    ...access,
    async getJson(url, request) {
      const answer = await access.getJson(url, request);
      const revision = revisionIn(answer);
      first ??= revision;
      if (revision !== undefined && revision !== first)
        throw new DataChanged('ClassLink published other data, or other permissions, while the roster was read.');
      checkCount(url, answer);
      return answer;
    },
  };
}

/** `x-count` is the number of rows of this page. */
function checkCount(url: string, { headers, body }: JsonAnswer): void {
  const announced = headers['x-count'];
  if (typeof announced !== 'string' || !/^\d{1,9}$/.test(announced)) return;
  const rows = typeof body === 'object' && body !== null ? Object.values(body).find(Array.isArray) : undefined;
  if (rows === undefined || rows.length === Number(announced)) return;
  const collection = new URL(url).pathname.split('/').at(-1) ?? '';
  throw new DataChanged(
    `ClassLink announced ${announced} ${collection} on a page, but ${rows.length} came.`,
    'invalid_data',
  );
}
