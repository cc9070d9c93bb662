import { LeaseLost } from './faults.ts';
import type { Lease } from './ledger.ts';
import type { PipelineContext } from './ports.ts';

/** So soon a worker notices at the latest that another one has taken over, in milliseconds. */
const LEASE_CHECK_INTERVAL_MS = 5_000;

/**
 * Watches a lease while a source is read, which may take an hour: when another worker has taken the stage over, or the
 * run is over, the signal that `work` gets is aborted.
 *
 * @param onProgress given to `work`: what people see while they wait.
 * @throws LeaseLost if the lease was lost while `work` went on; else whatever `work` throws.
 */
export async function whileLeaseHolds<R>(
  { ledger, leaseCheckIntervalMs = LEASE_CHECK_INTERVAL_MS }: Pick<PipelineContext, 'ledger' | 'leaseCheckIntervalMs'>,
  lease: Lease,
  outer: AbortSignal,
  work: (signal: AbortSignal, onProgress: (message: string) => void) => Promise<R>,
): Promise<R> {
  const lost = new AbortController();
  const notice = (error: unknown): void => {
    // A database that is away says nothing of the lease: the commit will know.
    if (error instanceof LeaseLost) lost.abort(error);
  };
  const timer = setInterval(() => void ledger.checkLease(lease).catch(notice), leaseCheckIntervalMs);
  try {
    return await work(
      AbortSignal.any([outer, lost.signal]),
      (message) => void ledger.progress(lease, message).catch(notice),
    );
  } catch (error) {
    // Whatever a source makes of being stopped.
    lost.signal.throwIfAborted();
    throw error;
  } finally {
    clearInterval(timer);
  }
}
