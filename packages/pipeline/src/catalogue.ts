import type { SourceType } from '@rollbook/core';
import { z } from 'zod';
import type { Stage } from './stage.ts';

/** Payloads carry ids only; the version lets jobs of an older deploy be told apart. */
export const StagePayload = z.strictObject({
  version: z.literal(1),
  runId: z.int().positive(),
  /** The run's round: a job of an earlier round is void. */
  round: z.int().positive(),
});
export type StagePayload = z.infer<typeof StagePayload>;

export const SchedulePayload = z.strictObject({ version: z.literal(1), syncId: z.string().min(1) });
export type SchedulePayload = z.infer<typeof SchedulePayload>;

/** `slot`: the quarter of an hour in which the digest fell due, ISO 8601 in UTC; it gives the job its id. */
export const NotifyPayload = z.strictObject({ version: z.literal(1), slot: z.iso.datetime() });
export type NotifyPayload = z.infer<typeof NotifyPayload>;

/** One kind of job. Its failures are tried again `attempts` times in all, `backoffMs` doubling from one to the next. */
export interface JobKind {
  readonly name: string;
  readonly payload: z.ZodType;
  readonly attempts: number;
  readonly backoffMs: number;
  /** After this the job's signal is aborted, in milliseconds. */
  readonly timeoutMs: number;
}

const MINUTE_MS = 60_000;

/** Every job there is. A handler for each is demanded by type. */
export const JOBS = {
  fetch: { name: 'fetch', payload: StagePayload, attempts: 4, backoffMs: 10_000, timeoutMs: 120 * MINUTE_MS },
  diff: { name: 'diff', payload: StagePayload, attempts: 5, backoffMs: 2_000, timeoutMs: 30 * MINUTE_MS },
  guard: { name: 'guard', payload: StagePayload, attempts: 5, backoffMs: 2_000, timeoutMs: 5 * MINUTE_MS },
  apply: { name: 'apply', payload: StagePayload, attempts: 5, backoffMs: 2_000, timeoutMs: 60 * MINUTE_MS },
  schedule: { name: 'schedule', payload: SchedulePayload, attempts: 5, backoffMs: 2_000, timeoutMs: MINUTE_MS },
  notify: { name: 'notify', payload: NotifyPayload, attempts: 5, backoffMs: 10_000, timeoutMs: MINUTE_MS },
} as const satisfies Record<string, JobKind>;
export type JobName = keyof typeof JOBS;
export type JobPayload<N extends JobName> = z.infer<(typeof JOBS)[N]['payload']>;

/** `fetch` has one queue per source type, so that one provider's rate limit stops nobody else. */
export const FETCH_SOURCE_TYPES = [
  'files',
  'sftp',
  'clever',
  'classlink',
  'oneroster',
] as const satisfies readonly SourceType[];
export const QUEUES = [
  ...FETCH_SOURCE_TYPES.map((type) => `fetch-${type}` as const),
  'diff',
  'guard',
  'apply',
  'schedule',
  'notify',
] as const;
export type QueueName = (typeof QUEUES)[number];

export function queueOf(stage: Stage, sourceType: SourceType): QueueName {
  return stage === 'fetch' ? `fetch-${sourceType}` : stage;
}

export const jobNameOf = (queue: QueueName): JobName => (queue.startsWith('fetch-') ? 'fetch' : (queue as JobName));

/** Deterministic, so that a stage enqueued twice is one job. No colon and not a bare number: BullMQ refuses those. */
export const jobIdOf = (stage: Stage, payload: StagePayload): string => `${stage}.${payload.runId}.${payload.round}`;

export const digestJobIdOf = ({ slot }: NotifyPayload): string => `notify.${slot.replaceAll(':', '-')}`;
