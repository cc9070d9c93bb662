export { inTransaction, openDatabase } from './database.ts';
export type { Database, DatabaseOptions } from './database.ts';
export { approveHold, rejectHold } from './holds.ts';
export type { Approval, Decision } from './holds.ts';
export { migrate, pendingMigrations } from './migrate.ts';
export { PostgresRuns, previewCounts } from './runs.ts';
export { PostgresSnapshots } from './snapshots.ts';
