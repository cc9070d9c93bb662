import { SyncError } from '@rollbook/core';
import type { Log, Notifier } from '@rollbook/pipeline';
import { postAlert } from '@rollbook/runtime';

/** Tells of new holds in the log and, if there is one, at the operator's web address. */
export function createNotifier(alertUrl: string | undefined, log: Log): Notifier {
  return {
    async send(digest) {
      if (alertUrl !== undefined)
        await postAlert(alertUrl, digest).catch((error: unknown) => {
          throw new SyncError('internal', `Nobody could be told of new holds: ${(error as Error).message}.`, {
            advice: 'Operator: check ROLLBOOK_ALERT_URL and what answers there. It is tried again by itself.',
          });
        });
      log.warn({ holds: digest.holds }, digest.text);
    },
  };
}
