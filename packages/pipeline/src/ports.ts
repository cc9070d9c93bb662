import type { RosterSettings } from '@rollbook/core';
import type { RunLedger } from './ledger.ts';
import type { QueueName, StagePayload } from './catalogue.ts';
import type { SnapshotStore } from './snapshot.ts';
import type { RosterSource } from './source.ts';
import type { Stage } from './stage.ts';

/** `missing`: no such job. `waiting` covers every state in which it will still be worked on. */
export type JobState = 'missing' | 'waiting' | 'completed' | 'failed';

/** The queues, as the pipeline sees them. */
export interface JobQueue {
  /** Adds the job of a stage; nothing happens if it exists already. */
  enqueue(queue: QueueName, stage: Stage, payload: StagePayload): Promise<void>;
  state(queue: QueueName, stage: Stage, payload: StagePayload): Promise<JobState>;
  /** Removes a finished job, so that its id can be used again. */
  remove(queue: QueueName, stage: Stage, payload: StagePayload): Promise<void>;
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Everything the stages work with. */
export interface PipelineContext {
  readonly ledger: RunLedger;
  readonly snapshots: SnapshotStore;
  readonly queue: JobQueue;
  /** Opens a sync's source with its credentials unsealed; `roster` are the settings of the run, which outweigh its own. */
  readonly openSource: (syncId: string, roster: RosterSettings) => Promise<RosterSource>;
  readonly log: Log;
  /** How often a fetch looks whether its lease still holds, in milliseconds; 5 s if left out. */
  readonly leaseCheckIntervalMs?: number;
}
