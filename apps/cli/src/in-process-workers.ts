import { queueOf, type ActiveRun, type QueueName } from '@rollbook/pipeline';
import { liveQueues } from '@rollbook/store';
import { startWorkers } from '@rollbook/worker';
import type { Session } from './session.ts';

/** Jobs of other runs that this process took along are handed back when its own run is over. */
const GRACE_MS = 5_000;

/** The queues that a run passes through. */
export const queuesOf = ({ sourceType }: Pick<ActiveRun, 'sourceType'>): QueueName[] => [
  queueOf('fetch', sourceType),
  'diff',
  'guard',
  'apply',
];

/** Sees to it that somebody works on a run: this process, if no live worker serves every queue it needs. */
export class InProcessWorkers {
  readonly #session: Session;
  readonly #queues: readonly QueueName[];
  #stop: (() => Promise<void>) | null = null;

  constructor(session: Session, run: Pick<ActiveRun, 'sourceType'>) {
    this.#session = session;
    this.#queues = queuesOf(run);
  }

  get areRunning(): boolean {
    return this.#stop !== null;
  }

  /** True if workers elsewhere serve every queue. */
  async areElsewhere(): Promise<boolean> {
    const live = await liveQueues(this.#session.database.pool);
    return this.#queues.every((queue) => live.has(queue));
  }

  /** Starts workers here if they are needed; does nothing if they run already. */
  async startIfNeeded(): Promise<void> {
    if (this.areRunning || (await this.areElsewhere())) return;
    const { services, database, environment, log, shutdown } = this.#session;
    const workers = await startWorkers({
      backend: services.queue,
      database,
      queues: this.#queues,
      secretKeys: this.#session.secretKeys(),
      allowPrivateSources: environment.allowPrivateSources,
      log,
    });
    const release = shutdown.acquire('workers', (mode) => workers.stop(mode === 'graceful' ? GRACE_MS : 0));
    this.#stop = async () => {
      await workers.stop(GRACE_MS);
      release();
    };
  }

  async stop(): Promise<void> {
    await this.#stop?.();
    this.#stop = null;
  }
}
