import type { FilesSource } from '@rollbook/core';
import type { PullEvent, RosterSource } from '@rollbook/pipeline';
import { openLocalFiles } from './file-set.ts';
import { isRosterFileName } from './oneroster-csv/layout.ts';
import { readRoster } from './oneroster-csv/read-roster.ts';
import type { SourceContext } from './source-context.ts';

/** A local folder of OneRoster CSV files, or one zip of them. */
export function createFilesSource(config: FilesSource, context: SourceContext): RosterSource {
  async function* pull(signal: AbortSignal): AsyncGenerator<PullEvent> {
    signal.throwIfAborted();
    const set = await openLocalFiles(config.path, isRosterFileName);
    try {
      yield* readRoster(set, { spoolDir: context.spoolDir, signal });
    } finally {
      set.close();
    }
  }
  return { pull };
}
