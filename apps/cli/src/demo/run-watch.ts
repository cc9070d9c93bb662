import { setTimeout as pause } from 'node:timers/promises';
import { UsageError } from '@rollbook/core';
import { readRun, readRunState, type Database, type RunDetails, type RunState } from '@rollbook/store';

/** Short against a stage, which takes some tenths of a second here. */
const POLL_MS = 40;

export interface WatchOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Called again and again until the run is over. */
  readonly onState: (state: RunState) => void;
}

/**
 * Waits for the end of a run.
 *
 * @throws UsageError if it does not end in time; the signal's reason when it is aborted.
 */
export async function watchRun(database: Database, runId: number, options: WatchOptions): Promise<RunDetails> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    options.signal.throwIfAborted();
    const state = await readRunState(database, runId);
    if (state.status !== 'queued' && state.status !== 'running') return readRun(database, runId);
    options.onState(state);
    if (Date.now() > deadline)
      throw new UsageError(
        `Run "${runId}" did not end within ${options.timeoutMs / 1000} s; it is at "${state.stage}".`,
      );
    await pause(POLL_MS, undefined, { signal: options.signal });
  }
}
