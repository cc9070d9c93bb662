import { SyncError, type Reason } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';

const ADVICE: Readonly<Record<'source_unavailable' | 'invalid_data', string>> = {
  source_unavailable:
    'The SIS is probably importing data just now. Rollbook tries again by itself; if it goes on, let the sync start at a quieter time.',
  invalid_data:
    'Nothing was used, because records may be missing. Ask the support of the SIS why the pages of its OneRoster interface do not add up to the count it announces; a smaller page size may help.',
};

/**
 * The data moved while it was read, or seems to have: what was read so far is worth nothing, and all is read anew. As a
 * SyncError it is what remains if that does not help: `source_unavailable` for data that goes on moving, `invalid_data`
 * for counts that never add up.
 */
export class DataChanged extends SyncError {
  constructor(message: string, reason: Reason & keyof typeof ADVICE = 'source_unavailable') {
    super(reason, message, { advice: ADVICE[reason] });
  }
}

const MAX_RESTARTS = 3;

/** Reads, and reads anew if the data changes, three times at most; each time all that was said before is taken back. */
export async function* readAnew(read: () => AsyncIterable<PullEvent>): AsyncGenerator<PullEvent> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      yield* read();
      return;
    } catch (error) {
      if (!(error instanceof DataChanged) || restarts === MAX_RESTARTS) throw error;
      yield { kind: 'restart', message: `${error.message} Reading it anew (${restarts + 1} of ${MAX_RESTARTS}).` };
    }
  }
}
