import { checkRoster } from '@rollbook/store';
import type pg from 'pg';

/** The invariants of the guard that the roster breaks, as `code count: examples`; none: an empty list. */
export async function brokenInvariants(pool: pg.Pool): Promise<string[]> {
  const results = await checkRoster(pool);
  return results
    .filter(({ count }) => count > 0)
    .map(({ code, count, examples }) => `${code} ${count}: ${examples.join(', ')}`);
}
