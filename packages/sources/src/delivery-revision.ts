import { createHash } from 'node:crypto';

/** A revision of a pull: equal for equal facts, which are all that its rows depend on (see PullEvent). */
export const revisionOf = (...facts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(facts)).digest('base64url');
