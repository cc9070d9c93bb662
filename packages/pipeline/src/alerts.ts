import { SyncError, counted } from '@rollbook/core';
import type { NotifyPayload } from './catalogue.ts';
import type { Log } from './ports.ts';

/** A new hold that nobody was told of. Without personal data: it leaves the house. */
export interface HoldAlert {
  readonly hold: string;
  readonly district: string;
  readonly districtName: string;
  readonly sync: string;
  /** The run that opened it. */
  readonly run: string;
  /** How many records wait. */
  readonly records: number;
  /** The schools they are of, by SIS id. */
  readonly schools: readonly string[];
  /** What it looks like, in sentences; the most telling first. */
  readonly looksLike: readonly string[];
  /** ISO 8601 in UTC. */
  readonly openedAt: string;
}

/** Everything that is to be told at one time, of all districts. */
export interface AlertDigest {
  readonly event: 'holds_opened';
  /** For people; the rest says the same to programs. */
  readonly text: string;
  readonly holds: readonly HoldAlert[];
}

/** Whom the operator wants to be told. */
export interface Notifier {
  /** Rejects if nobody was told. */
  send(digest: AlertDigest): Promise<void>;
}

/** The holds that somebody is to be told of. */
export interface AlertBook {
  /** Whether one has waited since before `moment`. */
  haveWaitedSince(moment: Date): Promise<boolean>;
  /**
   * Hands over what waits and marks it as told, if `tell` resolves; of those who ask at the same time, one gets it. Holds
   * that are not open any more are left out. Returns how many were told.
   */
  deliver(tell: (alerts: readonly HoldAlert[]) => Promise<void>): Promise<number>;
}

/** The queue of digests. */
export interface DigestQueue {
  /** Adds the job that tells of new holds; nothing happens if that of its slot exists already. */
  enqueueDigest(payload: NotifyPayload): Promise<void>;
}

/** What telling of new holds takes. */
export interface AlertContext {
  readonly alerts: AlertBook;
  readonly notifier: Notifier;
  readonly queue: DigestQueue;
  readonly log: Log;
}

/** How long the first of several holds waits for the others, in milliseconds: a night's holds come in one message. */
export const DIGEST_AFTER_MS = 15 * 60_000;

/** Lets somebody be told, when the first hold has waited long enough. What could not be told is tried again each time. */
export async function enqueueDigestIfDue(
  { alerts, queue }: Pick<AlertContext, 'alerts' | 'queue'>,
  digestAfterMs = DIGEST_AFTER_MS,
  now = new Date(),
): Promise<void> {
  if (!(await alerts.haveWaitedSince(new Date(now.getTime() - digestAfterMs)))) return;
  const slot = Math.floor(now.getTime() / digestAfterMs) * digestAfterMs;
  await queue.enqueueDigest({ version: 1, slot: new Date(slot).toISOString() });
}

/**
 * Tells of all holds that wait to be told of, in one message (guard §23).
 *
 * @throws SyncError if nobody could be told: they are told of later.
 */
export async function sendDigest({ alerts, notifier, log }: AlertContext): Promise<{ readonly told: number }> {
  try {
    return { told: await alerts.deliver((holds) => notifier.send(digestOf(holds))) };
  } catch (error) {
    log.error({ err: error }, 'nobody could be told of new holds');
    if (error instanceof SyncError) throw error;
    throw new SyncError('internal', 'Nobody could be told of new holds.', {
      advice: 'Operator: see the log of the worker for the cause. It is tried again by itself.',
      cause: error,
    });
  }
}

export function digestOf(holds: readonly HoldAlert[]): AlertDigest {
  const districts = new Set(holds.map(({ district }) => district)).size;
  const first =
    holds.length === 1
      ? 'A sync is held: it waits for a decision before it archives anything.'
      : `${counted(holds.length, 'sync is', 'syncs are')} held in ${counted(districts, 'district')}: they wait for decisions before they archive anything.`;
  return { event: 'holds_opened', text: [first, ...holds.map(lineOf)].join('\n'), holds };
}

function lineOf({ hold, districtName, sync, records, schools, looksLike }: HoldAlert): string {
  const where = schools.length === 0 ? '' : ` in ${counted(schools.length, 'school')}`;
  const why = looksLike[0] === undefined ? '' : ` ${looksLike[0]}`;
  return `- ${districtName}, ${sync}: ${counted(records, 'record')}${where}.${why} (rollbook hold ${hold})`;
}
