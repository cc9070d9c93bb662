import type { Log } from '@rollbook/pipeline';
import type { Queues } from '@rollbook/queue';
import { listSyncs, type Database } from '@rollbook/store';

/** A configuration loaded while the server runs takes effect within this time. */
const REFRESH_INTERVAL_MS = 30_000;

export interface Scheduler {
  stop(): Promise<void>;
}

/**
 * Keeps the queue's schedules in line with the enabled syncs. The queue itself makes one job a due time, however many
 * servers run.
 */
export async function startScheduler(database: Database, queues: Queues, log: Log): Promise<Scheduler> {
  const refresh = async (): Promise<void> => {
    const syncs = await listSyncs(database);
    await queues.setSchedules(
      syncs.flatMap(({ id, schedule, enabled, timezone }) =>
        enabled && schedule !== null ? [{ syncId: id, pattern: schedule, timezone }] : [],
      ),
    );
  };
  await refresh();
  let current: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    current = current
      .then(refresh)
      .catch((error: unknown) =>
        log.warn({}, `schedules were not refreshed, and will be: ${(error as Error).message}`),
      );
  }, REFRESH_INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      await current;
    },
  };
}
