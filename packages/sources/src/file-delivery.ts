import type { GuardiansFile } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';
import type { DeliveryKind } from './delivery-kind.ts';
import { openLocalFiles } from './file-set.ts';
import { sftpDelivery } from './sftp-delivery.ts';
import type { SourceContext } from './source-context.ts';
import type { FileDelivery, FileSet } from './source-file.ts';

/** The local or remote place that a source, or its guardiansFile, names. Nothing is opened yet. */
export function createDelivery(place: GuardiansFile, kind: DeliveryKind, context: SourceContext): FileDelivery {
  return place.type === 'files' ? localDelivery(place.path, kind) : sftpDelivery(place, kind, context);
}

function localDelivery(path: string, kind: DeliveryKind): FileDelivery {
  async function* open(signal: AbortSignal): AsyncGenerator<PullEvent, FileSet> {
    signal.throwIfAborted();
    yield { kind: 'progress', message: `Opening "${path}"` };
    return openLocalFiles(path, kind);
  }
  return { open };
}
