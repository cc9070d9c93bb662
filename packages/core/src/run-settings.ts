import { z } from 'zod';
import type { SyncConfig } from './config-file.ts';
import { DEFAULT_DELETION_THRESHOLD, Percent, ThresholdBasisPoints, thresholdFor } from './deletion-threshold.ts';
import { WITHHOLD } from './guard.ts';

/** What is fixed for a run when it is requested and kept with it (guard §14): later edits do not reach it. */
export const RunSettings = z.strictObject({
  /** The linked schools; null: every school in the data. */
  schools: z.array(z.strictObject({ sisId: z.string().min(1), name: z.string().nullable() })).nullable(),
  threshold: ThresholdBasisPoints,
  /** A record type of a school may always lose this many records (guard §3). */
  alwaysAllow: z.int().min(0),
  withhold: z.enum(WITHHOLD),
  /** More of a type's rows skipped than this is `invalid_data` (guard §20). */
  maxSkippedPercent: Percent,
  restoreUserArchived: z.boolean(),
});
export type RunSettings = z.infer<typeof RunSettings>;

/** Those of a sync that says nothing of its own. */
export const DEFAULT_RUN_SETTINGS: RunSettings = {
  schools: null,
  threshold: DEFAULT_DELETION_THRESHOLD,
  alwaysAllow: 0,
  withhold: 'sync',
  maxSkippedPercent: 5,
  restoreUserArchived: false,
};

/** The settings that a run of this sync takes with it; of its source, only the overrides of the type (guard §4). */
export function runSettings(sync: Omit<SyncConfig, 'id' | 'schedule' | 'enabled'>): RunSettings {
  return {
    schools: sync.schools,
    threshold: thresholdFor(sync.deletionThreshold, sync.source.type),
    alwaysAllow: sync.alwaysAllow,
    withhold: sync.withhold,
    maxSkippedPercent: sync.maxSkippedPercent,
    restoreUserArchived: sync.restoreUserArchived,
  };
}
