import type { Reason } from './reasons.ts';

/**
 * What the queue does with a failure. `retry`: the same job again after a pause, at the cost of an attempt.
 * `give-up`: no retry can help; the run ends failed. `back-off`: wait as told, at no attempt's cost.
 */
export type Disposition = 'retry' | 'give-up' | 'back-off';

const DISPOSITIONS: Readonly<Record<Reason, Disposition>> = {
  wrong_credentials: 'give-up',
  source_unavailable: 'retry',
  invalid_data: 'give-up',
  schools_not_found: 'give-up',
  threshold: 'give-up',
  internal: 'retry',
};

export interface SyncErrorOptions {
  /** What to do, in plain words: the likely cause, the remedy, and who must act (district, provider, operator). */
  readonly advice: string;
  readonly disposition?: Disposition;
  /** For `back-off`: how long to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * The one error that the pipeline understands. `message` and `advice` are shown to administrators and kept in queues
 * and logs: they hold no credentials and no personal data.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly reason: Reason;
  readonly advice: string;
  readonly disposition: Disposition;
  readonly retryAfterMs: number | undefined;

  constructor(reason: Reason, message: string, options: SyncErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.advice = options.advice;
    this.disposition = options.disposition ?? DISPOSITIONS[reason];
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** A mistake of the person at the command line or of a caller: shown as it is, without a stack trace, exit status 1. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}
