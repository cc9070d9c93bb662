import type { FilesSource, SftpSource } from '@rollbook/core';
import type { PullEvent, RosterSource, SourceSurvey } from '@rollbook/pipeline';
import { readCleverRoster } from './clever-csv/read-clever-roster.ts';
import { formatOf, rosterFiles } from './delivery-kind.ts';
import { createDelivery } from './file-delivery.ts';
import { readRoster } from './oneroster-csv/read-roster.ts';
import { surveyOf } from './pull-survey.ts';
import type { SourceContext } from './source-context.ts';
import type { FileSet } from './source-file.ts';

/** OneRoster or Clever CSV files in a local folder or on an SFTP site, loose or in one zip. */
export function createCsvSource(config: FilesSource | SftpSource, context: SourceContext): RosterSource {
  const delivery = createDelivery(config, rosterFiles(config.format), context);

  async function* read(signal: AbortSignal, onOpen?: (set: FileSet) => void): AsyncGenerator<PullEvent> {
    const set = yield* delivery.open(signal);
    try {
      onOpen?.(set);
      const options = { spoolDir: context.spoolDir, signal, settings: config };
      yield* formatOf(set, config.format) === 'clever-csv' ? readCleverRoster(set, options) : readRoster(set, options);
    } finally {
      await set.close();
    }
  }

  /** Files tell what they hold only when they are read, so that a survey reads them all. */
  async function survey(signal: AbortSignal): Promise<SourceSurvey> {
    let found: FileSet | undefined;
    const seen = await surveyOf(read(signal, (set) => (found = set)));
    return {
      ...seen,
      permissions: (found?.files ?? []).map(({ name }) => ({ name, granted: true })),
      freshAt: found === undefined ? null : new Date(found.modifiedMs).toISOString(),
    };
  }

  return { pull: (signal) => read(signal), survey };
}
