import {
  JOBS,
  QUEUES,
  digestJobIdOf,
  jobIdOf,
  jobNameOf,
  type DigestQueue,
  type JobKind,
  type JobQueue,
  type JobState,
  type NotifyPayload,
  type QueueName,
  type Stage,
  type StagePayload,
} from '@rollbook/pipeline';
import type { Queue } from 'bullmq';
import { JOB_RETENTION, type Connection } from './backend.ts';

/** A day's schedule of one sync, as the scheduler wants it. */
export interface SyncSchedule {
  readonly syncId: string;
  /** Cron expression of five fields. */
  readonly pattern: string;
  /** IANA name. */
  readonly timezone: string;
}

export type RetryPolicy = Pick<JobKind, 'attempts' | 'backoffMs'>;

const SCHEDULE_PREFIX = 'sync.';

/** All queues of the catalogue, for those who add jobs. */
export class Queues implements JobQueue, DigestQueue {
  readonly #queues: ReadonlyMap<QueueName, Queue>;

  readonly #retry: Partial<RetryPolicy>;

  /** `retry` overrides the catalogue's policy for the jobs added here. */
  constructor(connection: Connection, onError: (error: Error) => void, retry: Partial<RetryPolicy> = {}) {
    this.#retry = retry;
    this.#queues = new Map(
      QUEUES.map((name) => {
        const queue = connection.createQueue(name);
        queue.on('error', onError);
        return [name, queue];
      }),
    );
  }

  /** For the dashboard. */
  all(): Queue[] {
    return [...this.#queues.values()];
  }

  #queue(name: QueueName): Queue {
    return this.#queues.get(name) as Queue;
  }

  async enqueue(name: QueueName, stage: Stage, payload: StagePayload): Promise<void> {
    await this.#add(name, stage, payload, jobIdOf(stage, payload));
  }

  async enqueueDigest(payload: NotifyPayload): Promise<void> {
    await this.#add('notify', 'notify', payload, digestJobIdOf(payload));
  }

  async #add(name: QueueName, job: string, payload: object, jobId: string): Promise<void> {
    const { payload: schema, attempts, backoffMs } = { ...JOBS[jobNameOf(name)], ...this.#retry };
    await this.#queue(name).add(job, schema.parse(payload), {
      ...JOB_RETENTION,
      jobId,
      attempts,
      backoff: { type: 'exponential', delay: backoffMs, jitter: 0.25 },
    });
  }

  async state(name: QueueName, stage: Stage, payload: StagePayload): Promise<JobState> {
    const state = await this.#queue(name).getJobState(jobIdOf(stage, payload));
    if (state === 'unknown') return 'missing';
    return state === 'completed' || state === 'failed' ? state : 'waiting';
  }

  async remove(name: QueueName, stage: Stage, payload: StagePayload): Promise<void> {
    await this.#queue(name).remove(jobIdOf(stage, payload));
  }

  /** Makes the schedules exactly these: adds, changes and removes as needed. */
  async setSchedules(schedules: readonly SyncSchedule[]): Promise<void> {
    const queue = this.#queue('schedule');
    const wanted = new Map(schedules.map((schedule) => [SCHEDULE_PREFIX + schedule.syncId, schedule]));
    for (const { key } of await queue.getJobSchedulers())
      if (key.startsWith(SCHEDULE_PREFIX) && !wanted.has(key)) await queue.removeJobScheduler(key);
    const { attempts, backoffMs } = JOBS.schedule;
    for (const [key, { syncId, pattern, timezone }] of wanted) {
      await queue.upsertJobScheduler(
        key,
        { pattern, tz: timezone },
        {
          name: 'schedule',
          data: { version: 1, syncId },
          opts: { ...JOB_RETENTION, attempts, backoff: { type: 'exponential', delay: backoffMs } },
        },
      );
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((queue) => queue.close()));
  }
}
