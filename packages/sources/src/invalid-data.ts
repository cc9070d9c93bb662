import { SyncError } from '@rollbook/core';

/** Data that cannot be trusted as a whole (guard §18): nothing of the pull is used, and no retry can help. */
export const invalidData = (message: string, advice: string, cause?: unknown): SyncError =>
  new SyncError('invalid_data', message, { advice, cause });

/** The data moved under our hands: a later try may find it at rest. */
export const stillChanging = (message: string): SyncError =>
  new SyncError('source_unavailable', message, {
    advice:
      'The file is probably still being written. Rollbook tries again by itself; if it goes on, ask the district to upload under a temporary name and rename when done, or to upload well before the sync starts.',
  });

export const EXPORT_AGAIN = 'Ask the district to export the roster from its SIS again and to upload the whole set.';
