import { tmpdir } from 'node:os';
import type { RosterSettings } from '@rollbook/core';
import {
  QUEUES,
  enqueueDigestIfDue,
  runScheduled,
  runStage,
  sendDigest,
  sweep,
  type AlertContext,
  type Log,
  type PipelineContext,
  type QueueName,
  type RosterSource,
  type Stage,
  type StagePayload,
} from '@rollbook/pipeline';
import {
  DEFAULT_WORKER_SETTINGS,
  QueueWorker,
  Queues,
  connect,
  type HandlerInfo,
  type Handlers,
  type QueueBackend,
  type WorkerSettings,
} from '@rollbook/queue';
import { createSource } from '@rollbook/sources';
import {
  PostgresAlerts,
  PostgresRuns,
  PostgresSnapshots,
  openSourceConfig,
  queuePrefix,
  registerWorker,
  type Database,
  type SecretKey,
} from '@rollbook/store';
import { createNotifier } from './notifier.ts';

export interface WorkersOptions {
  readonly backend: QueueBackend;
  /** Left out: the database's own. */
  readonly queuePrefix?: string;
  readonly database: Database;
  /** All queues if left out. */
  readonly queues?: readonly QueueName[];
  readonly settings?: Partial<WorkerSettings>;
  readonly secretKeys: readonly SecretKey[];
  readonly allowPrivateSources: boolean;
  /** An existing folder for what a fetch copies while it reads; the system's temporary folder if left out. */
  readonly spoolDir?: string;
  /** Where new holds are told of; in the log alone if left out. */
  readonly alertUrl?: string | undefined;
  /** How long the first of several new holds waits for the others, in milliseconds; a quarter of an hour if left out. */
  readonly digestAfterMs?: number;
  /** How often lost jobs are looked for, in milliseconds. */
  readonly sweepIntervalMs?: number;
  /** The clock, for days, deadlines and the window of the threshold; the computer's if left out. */
  readonly now?: () => Date;
  readonly log: Log;
}

export interface Workers {
  /** Takes no new job, gives the current ones `graceMs`, then hands them back to their queues. */
  stop(graceMs?: number): Promise<void>;
}

const SWEEP_INTERVAL_MS = 15_000;
const STOP_GRACE_MS = 20_000;

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Starts a worker for each queue, and the sweep. Resolves when all of them listen; if it rejects, nothing is left running. */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { log, database } = options;
  const onError = (error: Error): void =>
    log.warn({ code: (error as { code?: string }).code }, `queue: ${error.message}`);
  const connection = connect(options.backend, {
    onError,
    prefix: options.queuePrefix ?? (await queuePrefix(database.pool)),
  });
  const queues = new Queues(connection, onError);
  const settings = { ...DEFAULT_WORKER_SETTINGS, ...options.settings };
  const { now = (): Date => new Date() } = options;
  const context: PipelineContext & AlertContext = {
    ledger: new PostgresRuns(database.pool, { silenceLimitMs: settings.lockDurationMs, now }),
    snapshots: new PostgresSnapshots(database.pool, { now }),
    queue: queues,
    alerts: new PostgresAlerts(database.pool),
    notifier: createNotifier(options.alertUrl, log),
    openSource: (syncId, roster) => openSource(options, syncId, roster),
    log,
  };
  const names = options.queues ?? QUEUES;
  const handlers = createHandlers(context);
  const workers = names.map(
    (name) =>
      new QueueWorker(connection, name, handlers, settings, {
        onError,
        onFailed: (queue, jobId, reason) => log.warn({ queue, jobId }, reason),
        onStalled: (queue, jobId) => log.warn({ queue, jobId }, 'the job of a silent worker was put back'),
      }),
  );
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.close(graceMs)));
    await queues.close();
    await connection.close();
  };
  const registration = await Promise.all(workers.map((worker) => worker.ready()))
    .then(() => registerWorker(database.pool, names))
    .catch(async (error: unknown) => {
      await close(0);
      throw error;
    });
  const sweeper = repeat(
    async () => {
      await sweep(context);
      await enqueueDigestIfDue(context, options.digestAfterMs);
    },
    options.sweepIntervalMs ?? SWEEP_INTERVAL_MS,
    (error) => log.warn({}, `the sweep failed and will be repeated: ${text(error)}`),
  );
  return {
    async stop(graceMs = STOP_GRACE_MS) {
      await sweeper.stop();
      // Without a database the registration stays behind; the workers must be closed all the same.
      await registration.stop().catch((error: unknown) => log.warn({}, `the worker stays registered: ${text(error)}`));
      await close(graceMs);
    },
  };
}

async function openSource(options: WorkersOptions, syncId: string, roster: RosterSettings): Promise<RosterSource> {
  const config = await openSourceConfig(options.database, syncId, options.secretKeys, roster);
  return createSource(config, {
    spoolDir: options.spoolDir ?? tmpdir(),
    allowPrivate: options.allowPrivateSources,
    log: (message) => options.log.info({ syncId }, message),
  });
}

function createHandlers(context: PipelineContext & AlertContext): Handlers {
  const stage =
    (name: Stage) =>
    (payload: StagePayload, { isLastAttempt, signal }: HandlerInfo) =>
      runStage(context, { stage: name, payload, isLastAttempt, signal });
  return {
    fetch: stage('fetch'),
    diff: stage('diff'),
    guard: stage('guard'),
    apply: stage('apply'),
    schedule: ({ syncId }) => runScheduled(context, syncId),
    notify: () => sendDigest(context),
  };
}

/** Calls `work` at once and then again and again, `intervalMs` after it last ended; never twice at a time. */
function repeat(
  work: () => Promise<void>,
  intervalMs: number,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let current: Promise<void>;
  const turn = async (): Promise<void> => {
    await work().catch(onError);
    if (isStopped) return;
    timer = setTimeout(() => {
      current = turn();
    }, intervalMs);
  };
  current = turn();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
