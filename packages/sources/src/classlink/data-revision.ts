import type { Headers } from '../http/waiting.ts';

/** ClassLink's name for the state of all data that a district shares; undefined if an answer does not tell. */
export function revisionIn(headers: Headers): string | undefined {
  const revision = headers['x-perm-rev'];
  return typeof revision === 'string' && revision !== '' ? revision : undefined;
}
