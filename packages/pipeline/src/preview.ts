import { explainHold, type GuardResult, type HoldExplanation, type RunSettings } from '@rollbook/core';
import type { Difference } from './difference.ts';
import { SnapshotLost } from './faults.ts';
import { judgeRun, type WholeJudgement } from './judge-updates.ts';
import { loadSnapshot } from './load-snapshot.ts';
import type { CountedWarning, SnapshotContents, SnapshotStore } from './snapshot.ts';
import type { RosterSource } from './source.ts';

export interface PreviewOptions {
  readonly source: RosterSource;
  /** The roster to compare with; one that does not exist is an empty one. */
  readonly districtId: string;
  readonly syncId: string;
  readonly settings: RunSettings;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
  /** Called before everything is dropped again: the change set stands in the database under this prefix. */
  readonly onCompared?: (prefix: string, preview: Preview) => Promise<void>;
}

export interface Preview {
  readonly contents: SnapshotContents;
  readonly difference: Difference;
  readonly judgement: GuardResult;
  /** Of the updates too, with what to tell people of both. */
  readonly whole: WholeJudgement;
  readonly explanations: readonly HoldExplanation[];
  readonly warnings: readonly CountedWarning[];
}

const MAX_TRIES = 3;

/**
 * What a source would do to a roster, by the same reading, comparing and judging as a run, and without a trace: the
 * snapshot is dropped in any case.
 *
 * @throws SyncError as a fetch would.
 */
export async function preview(snapshots: SnapshotStore, options: PreviewOptions): Promise<Preview> {
  for (let tries = 1; ; tries++) {
    try {
      // The last time all rows are kept: then it does not matter what is done to the roster meanwhile.
      return await previewOnce(snapshots, options, tries < MAX_TRIES);
    } catch (error) {
      // A run of the district was applied meanwhile.
      if (!(error instanceof SnapshotLost) || tries === MAX_TRIES) throw error;
    }
  }
}

async function previewOnce(snapshots: SnapshotStore, options: PreviewOptions, recognises: boolean): Promise<Preview> {
  const { districtId, syncId, settings } = options;
  const snapshot = await loadSnapshot({ ...options, snapshots, runId: null, appliedRevision: null, recognises });
  if (!snapshot) throw new Error('a preview has no applied delivery to stop at');
  try {
    options.onProgress('comparing');
    const compared = { districtId, syncId, scope: snapshot.scope, settings };
    const difference = await snapshots.compare(snapshot, compared);
    const { contents } = snapshot;
    const whole = judgeRun(difference, contents, settings);
    const judgement = whole.archives;
    const explanations =
      judgement.verdict === 'hold' ? explainHold(await snapshots.evidence(snapshot, compared, difference)) : [];
    const warnings = [...snapshot.warnings, ...difference.warnings];
    const result = { contents, difference, judgement, whole, explanations, warnings };
    await options.onCompared?.(snapshot.prefix, result);
    return result;
  } finally {
    await snapshot.discard();
  }
}
