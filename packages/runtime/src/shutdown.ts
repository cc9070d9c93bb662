import { constants } from 'node:os';
import type { Logger } from './logger.ts';

/** How a resource is asked to end: `graceful` finishes what is under way, `forced` drops it and returns at once. */
export type StopMode = 'graceful' | 'forced';

export interface Shutdown {
  /** Aborted as soon as the end is asked for: take no new work. */
  readonly signal: AbortSignal;
  /**
   * Registers something that must be stopped before the process ends; what was acquired last is stopped first. `stop`
   * is called with `graceful`, and once more with `forced` if the time is up.
   *
   * @returns the release: call it when the resource has ended by itself
   */
  acquire(name: string, stop: (mode: StopMode) => Promise<void> | void): () => void;
  /** Stops everything, as a signal would, but does not end the process. The same promise every time. */
  stop(): Promise<void>;
}

export interface ShutdownOptions {
  readonly log: Logger;
  /** For all resources together, before force is used. */
  readonly timeoutMs: number;
  /** For all resources together, once force is used. */
  readonly forceTimeoutMs?: number;
  /** How long after its end the process may linger before it says what is still open. */
  readonly lingerMs?: number;
  readonly signals?: readonly NodeJS.Signals[];
}

interface Resource {
  readonly name: string;
  readonly stop: (mode: StopMode) => Promise<void> | void;
}

/**
 * Listens for SIGTERM and SIGINT. The first one stops what was acquired, gracefully and then, at the deadline, by
 * force; a second one uses force at once. In the end the process is killed by that very signal, so that whoever
 * started it sees the right status.
 */
export function installShutdown(options: ShutdownOptions): Shutdown {
  return new TwoSpeedShutdown(options);
}

class TwoSpeedShutdown implements Shutdown {
  readonly #options: ShutdownOptions;
  readonly #resources = new Set<Resource>();
  readonly #starting = new AbortController();
  readonly #forcing = new AbortController();
  readonly #listeners = new Map<NodeJS.Signals, () => void>();
  #stopped: Promise<void> | null = null;

  constructor(options: ShutdownOptions) {
    this.#options = options;
    for (const signal of options.signals ?? (['SIGTERM', 'SIGINT'] as const)) {
      const listener = (): void => this.#onSignal(signal);
      this.#listeners.set(signal, listener);
      process.on(signal, listener);
    }
  }

  get signal(): AbortSignal {
    return this.#starting.signal;
  }

  acquire(name: string, stop: Resource['stop']): () => void {
    const resource = { name, stop };
    this.#resources.add(resource);
    return () => void this.#resources.delete(resource);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  #onSignal(signal: NodeJS.Signals): void {
    const { log, timeoutMs } = this.#options;
    if (this.#starting.signal.aborted) {
      log.warn(`Got ${signal} again: stopping by force.`);
      this.#forcing.abort();
      return;
    }
    log.info(
      `Got ${signal}: finishing what is under way, for ${timeoutMs / 1000} s at most. Once more to stop by force.`,
    );
    void this.stop().finally(() => this.#endBy(signal));
  }

  async #stopAll(): Promise<void> {
    const { log, timeoutMs, forceTimeoutMs = 2_000 } = this.#options;
    this.#starting.abort();
    const deadline = setTimeout(() => this.#forcing.abort(), timeoutMs);
    const watchdog = setInterval(
      () => log.warn(`Still waiting for: ${this.#names()}.`),
      Math.max(1_000, timeoutMs / 5),
    );
    watchdog.unref();

    const force = aborted(this.#forcing.signal);
    await Promise.race([this.#stopInTurn(), force]);
    if (this.#resources.size > 0) {
      log.warn(`Stopping by force: ${this.#names()}.`);
      await Promise.race([this.#forceAll(), elapsed(forceTimeoutMs)]);
    }
    clearTimeout(deadline);
    clearInterval(watchdog);
    this.#watchForLingering();
  }

  /** One after the other, the last acquired first: it may need those before it until its end. */
  async #stopInTurn(): Promise<void> {
    for (const resource of [...this.#resources].reverse()) {
      if (this.#forcing.signal.aborted) return;
      if (!this.#resources.has(resource)) continue;
      await this.#stopOne(resource, 'graceful');
    }
  }

  async #forceAll(): Promise<void> {
    await Promise.all([...this.#resources].reverse().map((resource) => this.#stopOne(resource, 'forced')));
  }

  async #stopOne(resource: Resource, mode: StopMode): Promise<void> {
    try {
      await resource.stop(mode);
    } catch (error) {
      this.#options.log.error({ err: error }, `"${resource.name}" did not stop cleanly.`);
    }
    this.#resources.delete(resource);
  }

  /** Unref'd: it speaks only if something else keeps the process alive. */
  #watchForLingering(): void {
    const { log, lingerMs = 5_000 } = this.#options;
    setTimeout(() => {
      const open = process.getActiveResourcesInfo().join(', ') || 'nothing known';
      log.warn(`Everything was stopped ${lingerMs / 1000} s ago, yet the process runs on. Still open: ${open}.`);
    }, lingerMs).unref();
  }

  #endBy(signal: NodeJS.Signals): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener);
    process.kill(process.pid, signal);
    // The first process of a container is immune to the default action of signals.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
  }

  #names(): string {
    return [...this.#resources].map(({ name }) => name).join(', ');
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function elapsed(durationMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, durationMs));
}
