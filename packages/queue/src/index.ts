export { connect } from './backend.ts';
export type { Connection, ConnectionOptions, QueueBackend } from './backend.ts';
export { Queues } from './queues.ts';
export type { RetryPolicy, SyncSchedule } from './queues.ts';
export { DEFAULT_WORKER_SETTINGS, QueueWorker } from './worker.ts';
export type { HandlerInfo, Handlers, QueueEvents, WorkerSettings } from './worker.ts';
