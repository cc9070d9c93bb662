import { setTimeout as pause } from 'node:timers/promises';
import { isDatabaseAway, type Log } from '@rollbook/pipeline';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

export interface Patience {
  readonly log: Log;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Does what a service cannot start without, again and again while the database is away: a service that is started while
 * its database restarts comes up with it. Says once when it begins to wait, and when it goes on.
 *
 * @throws whatever `work` throws for another reason; the signal's reason when it is aborted.
 */
export async function whenDatabaseIsThere<R>({ log, signal }: Patience, work: () => Promise<R>): Promise<R> {
  for (let pauseMs = FIRST_PAUSE_MS, hasWaited = false; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const result = await work();
      if (hasWaited) log.info({}, 'The database is there: going on.');
      return result;
    } catch (error) {
      if (signal.aborted || !isDatabaseAway(error)) throw error;
      if (!hasWaited) log.warn({ err: error }, 'The database cannot be reached. Waiting for it.');
      hasWaited = true;
      await pause(pauseMs, undefined, { signal });
    }
  }
}
