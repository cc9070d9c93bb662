import { RECORD_TYPES, SyncError, number, type RecordType, type RunSettings } from '@rollbook/core';
import type { SnapshotContents } from './snapshot.ts';
import { isSynced } from './synced-types.ts';

export interface IntegrityInput {
  readonly types: SnapshotContents['types'];
  /** Active managed records of the sync before the run; asked for types that arrived empty only. */
  readonly managedCount: (recordType: RecordType) => Promise<number>;
  readonly settings: Pick<RunSettings, 'maxSkippedPercent' | 'recordTypes'>;
}

/**
 * What must never reach the diff although every file could be read (guard §19, §20).
 *
 * @throws SyncError `invalid_data` for a type that arrives empty while the roster holds some of it, or of which too many
 *   rows could not be used.
 */
export async function checkIntegrity({ types, managedCount, settings }: IntegrityInput): Promise<void> {
  for (const recordType of RECORD_TYPES) {
    const type = types[recordType];
    if (!type || !isSynced(recordType, settings)) continue;
    const skipped = type.unusable;
    const total = type.present + type.gone + type.outside + skipped;
    if (skipped * 100 > total * settings.maxSkippedPercent) {
      throw new SyncError(
        'invalid_data',
        `${number(skipped)} of ${number(total)} ${recordType} rows could not be used; at most ${settings.maxSkippedPercent} % may be skipped.`,
        {
          advice:
            'Nothing was changed. District or provider: the warnings of this run name the files, lines and columns; ' +
            'correct the export and send it again.',
        },
      );
    }
    const lost = type.delivery === 'full' && total === 0 ? await managedCount(recordType) : 0;
    if (lost > 0) {
      throw new SyncError(
        'invalid_data',
        `No ${recordType} arrived, but ${number(lost)} are active. An empty delivery is not taken as a deletion.`,
        {
          advice:
            `Nothing was changed. District or provider: check why the export holds no ${recordType}: a filter, a permission ` +
            'or a file cut short are the usual causes. If they shall no longer be delivered, declare the file absent.',
        },
      );
    }
  }
}
