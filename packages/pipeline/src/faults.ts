import { UsageError } from '@rollbook/core';

/** The sync may not run today: it is paused, or the calendar says so. The message tells until when, and why. */
export class SyncClosed extends UsageError {
  override readonly name = 'SyncClosed';
}

/** The snapshot or change set of a run is gone or incomplete: the run goes back to fetch. */
export class SnapshotLost extends Error {
  override readonly name = 'SnapshotLost';
}

/** Another worker has taken over the stage, or the run is over: what was done is not committed. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The roster, or an approval, changed after the diff: the run goes back to diff. */
export class RosterMoved extends Error {
  override readonly name = 'RosterMoved';
}
