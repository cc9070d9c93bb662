import { SyncError } from '@rollbook/core';
import { JOBS, jobNameOf, type JobName, type JobPayload, type QueueName } from '@rollbook/pipeline';
import { DelayedError, UnrecoverableError, WaitingError, type Job, type Worker } from 'bullmq';
import { JOB_RETENTION, type Connection } from './backend.ts';

export interface HandlerInfo {
  /** No retry follows this attempt. */
  readonly isLastAttempt: boolean;
  /** Aborted by the job's timeout and by a shutdown whose patience is at an end. */
  readonly signal: AbortSignal;
}

/** One handler for each kind of job: a missing one does not compile. What it returns is kept with the job. */
export type Handlers = { readonly [N in JobName]: (payload: JobPayload<N>, info: HandlerInfo) => Promise<object> };

export interface WorkerSettings {
  readonly concurrency: number;
  /** A job whose worker has been silent this long is given to another. */
  readonly lockDurationMs: number;
  readonly stalledIntervalMs: number;
}

export const DEFAULT_WORKER_SETTINGS: WorkerSettings = {
  concurrency: 2,
  lockDurationMs: 30_000,
  stalledIntervalMs: 15_000,
};

/** A job that took its worker down this often is not given to another. */
const MAX_STALLED = 5;

/** After a restart of the queue server notifications are lost: so often a worker looks by itself. */
const LOOK_INTERVAL_S = 2;
const LOOK_AGAIN_AFTER_ERROR_MS = 2_000;

const SHUTDOWN = 'shutdown';

export interface QueueEvents {
  readonly onError: (error: Error) => void;
  readonly onFailed: (queue: QueueName, jobId: string | undefined, reason: string) => void;
  readonly onStalled: (queue: QueueName, jobId: string) => void;
}

/**
 * Works on one queue. States: running → closing (takes no new job, lets the current ones end) → cancelling (their
 * signals are aborted, and each goes back to its queue at no attempt's cost) → closed.
 */
export class QueueWorker {
  readonly queue: QueueName;
  readonly #worker: Worker;
  readonly #handlers: Handlers;
  #isCancelling = false;

  constructor(
    connection: Connection,
    queue: QueueName,
    handlers: Handlers,
    settings: WorkerSettings,
    events: QueueEvents,
  ) {
    this.queue = queue;
    this.#handlers = handlers;
    // Three parameters: BullMQ hands over the signal only to a processor whose length says so.
    const process = (job: Job, token: string | undefined, signal: AbortSignal | undefined): Promise<object> =>
      this.#process(job, token, signal);
    this.#worker = connection.createWorker(queue, process, {
      ...JOB_RETENTION,
      concurrency: settings.concurrency,
      lockDuration: settings.lockDurationMs,
      stalledInterval: settings.stalledIntervalMs,
      maxStalledCount: MAX_STALLED,
      drainDelay: LOOK_INTERVAL_S,
      runRetryDelay: LOOK_AGAIN_AFTER_ERROR_MS,
    });
    this.#worker.on('error', events.onError);
    this.#worker.on('failed', (job, error) => events.onFailed(queue, job?.id, error.message));
    this.#worker.on('stalled', (jobId) => events.onStalled(queue, jobId));
  }

  async ready(): Promise<void> {
    await this.#worker.waitUntilReady();
  }

  /** Ends within `graceMs` and the time its handlers take to notice that they are cancelled. */
  async close(graceMs: number): Promise<void> {
    const closed = this.#worker.close();
    const patience = setTimeout(() => {
      this.#isCancelling = true;
      this.#worker.cancelAllJobs(SHUTDOWN);
    }, graceMs);
    try {
      await closed;
    } finally {
      clearTimeout(patience);
    }
  }

  async #process(job: Job, token: string | undefined, workerSignal: AbortSignal | undefined): Promise<object> {
    const name = jobNameOf(this.queue);
    const kind = JOBS[name];
    const payload = kind.payload.safeParse(job.data);
    if (!payload.success)
      throw new UnrecoverableError(`the payload is not that of a ${name} job of this version of Rollbook`);
    const timeout = AbortSignal.timeout(kind.timeoutMs);
    const signal = workerSignal ? AbortSignal.any([workerSignal, timeout]) : timeout;
    const attempts = job.opts.attempts ?? 1;
    try {
      const handle = this.#handlers[name] as (payload: unknown, info: HandlerInfo) => Promise<object>;
      return await handle(payload.data, { isLastAttempt: job.attemptsMade + 1 >= attempts, signal });
    } catch (error) {
      if (this.#isCancelling && signal.aborted) {
        await job.moveToWait(token as string);
        throw new WaitingError();
      }
      throw await this.#translate(job, token, error);
    }
  }

  /** The one place where a disposition becomes what BullMQ understands. Only safe words reach the queue. */
  async #translate(job: Job, token: string | undefined, error: unknown): Promise<Error> {
    if (!(error instanceof SyncError)) return plain(new Error('internal: see the log of the worker'));
    const message = `${error.reason}: ${error.message}`;
    if (error.disposition === 'back-off') {
      await job.moveToDelayed(Date.now() + (error.retryAfterMs ?? JOBS.fetch.backoffMs), token);
      return new DelayedError();
    }
    return plain(error.disposition === 'give-up' ? new UnrecoverableError(message) : new Error(message));
  }
}

/** Stack traces are kept with failed jobs and shown on the dashboard; the message says all. */
function plain(error: Error): Error {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}
