import { z } from 'zod';
import { BasisPoints } from './deletion-threshold.ts';
import { allowedOf, isOverLimit } from './guard.ts';
import { RECORD_TYPES, type RecordType } from './record-types.ts';

const Count = z.int().min(0);

/** What the guard measured in a past run, and the limits that it measured by. */
export const RunFindings = z.object({
  runId: z.string(),
  finishedAt: z.iso.datetime(),
  /** Whether it was held then. */
  wasHeld: z.boolean(),
  alwaysAllow: Count,
  findings: z.array(
    z.object({
      recordType: z.enum(RECORD_TYPES),
      school: z.string().nullable(),
      active: Count,
      toArchive: Count,
      approved: Count,
      /** As many as the window held then (guard §35), and as waited in the hold (guard §33). */
      archivedBefore: Count,
      waiting: Count,
      basisPoints: BasisPoints,
    }),
  ),
});
export type RunFindings = z.infer<typeof RunFindings>;

type PastFinding = RunFindings['findings'][number];

export interface WhatIf {
  /** How many runs were replayed. */
  readonly runs: number;
  /** How many of them were held. */
  readonly held: number;
  /** Those that would have been, newest first, with the groups over the proposed threshold. */
  readonly wouldHold: readonly {
    readonly runId: string;
    readonly finishedAt: string;
    readonly wasHeld: boolean;
    readonly over: readonly (Pick<
      PastFinding,
      'recordType' | 'school' | 'active' | 'toArchive' | 'archivedBefore' | 'waiting'
    > & {
      readonly allowed: number;
    })[];
  }[];
}

/**
 * Replays the findings of past runs against a proposed threshold (guard §31), with the baseline and the window that each
 * had (guard §32, §35). Each run is taken as it was: what an earlier hold would have kept, later runs do not know.
 *
 * @param recordType only this type is judged by the proposed threshold, the others by theirs; null: all are.
 */
export function whatIf(
  runs: readonly RunFindings[],
  { basisPoints, recordType }: { readonly basisPoints: number; readonly recordType: RecordType | null },
): WhatIf {
  const replayed = runs.map((run) => {
    const over = run.findings.flatMap((finding) => {
      const { active, toArchive, approved, school, archivedBefore, waiting } = finding;
      const applied = recordType === null || finding.recordType === recordType ? basisPoints : finding.basisPoints;
      const share = { part: toArchive + archivedBefore + waiting, whole: active + archivedBefore };
      if (approved === toArchive || !isOverLimit(share, applied, run.alwaysAllow)) return [];
      const allowed = allowedOf(share.whole, applied, run.alwaysAllow);
      return [{ recordType: finding.recordType, school, active, toArchive, archivedBefore, waiting, allowed }];
    });
    return { runId: run.runId, finishedAt: run.finishedAt, wasHeld: run.wasHeld, over };
  });
  return {
    runs: runs.length,
    held: runs.filter(({ wasHeld }) => wasHeld).length,
    wouldHold: replayed.filter(({ over }) => over.length > 0),
  };
}
