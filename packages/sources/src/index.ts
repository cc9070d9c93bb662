import type { SourceConfig } from '@rollbook/core';
import type { RosterSource } from '@rollbook/pipeline';
import { createClasslinkSource } from './classlink/classlink-source.ts';
import { createCleverSource } from './clever/clever-source.ts';
import { createCsvSource } from './csv-source.ts';
import { createGuardiansSource } from './guardians-file/guardians-source.ts';
import { withGuardiansFile } from './guardians-file/with-guardians-file.ts';
import { createOneRosterSource } from './oneroster-api/oneroster-source.ts';
import type { SourceContext } from './source-context.ts';

export type { SourceContext } from './source-context.ts';

/**
 * The source that a sync's configuration names, with its guardiansFile beside it. Nothing is opened before it is
 * pulled.
 */
export function createSource(config: SourceConfig, context: SourceContext): RosterSource {
  const source = createMainSource(config, context);
  const { guardiansFile } = config;
  // A run may have been requested while guardians still came from the source.
  if (guardiansFile === undefined || config.manageGuardians) return source;
  return withGuardiansFile(source, createGuardiansSource(guardiansFile, context));
}

function createMainSource(config: SourceConfig, context: SourceContext): RosterSource {
  switch (config.type) {
    case 'files':
    case 'sftp':
      return createCsvSource(config, context);
    case 'oneroster':
      return createOneRosterSource(config, context);
    case 'clever':
      return createCleverSource(config, context);
    case 'classlink':
      return createClasslinkSource(config, context);
  }
}
