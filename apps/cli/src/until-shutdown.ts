import type { Shutdown } from '@rollbook/runtime';

/** Resolves when a signal has asked for the end and everything has stopped. */
export async function untilShutdown(shutdown: Shutdown): Promise<void> {
  if (!shutdown.signal.aborted)
    await new Promise<void>((resolve) => shutdown.signal.addEventListener('abort', () => resolve(), { once: true }));
  await shutdown.stop();
}
