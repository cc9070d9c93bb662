import { explain, judgeUpdates, type GuardResult, type RunSettings, type UpdateJudgement } from '@rollbook/core';
import type { Difference } from './difference.ts';
import { judge } from './judge.ts';
import type { RunKind } from './ledger.ts';
import type { SnapshotContents } from './snapshot.ts';

/** What the guard says of a run: of its archives and of its updates, and what to tell people of both. */
export interface WholeJudgement {
  readonly archives: GuardResult;
  readonly updates: UpdateJudgement;
  readonly verdict: 'pass' | 'hold' | 'reject';
  readonly reason: GuardResult['reason'];
  readonly message: string | null;
  readonly advice: string | null;
}

/** Judges the archives of a run (guard §1-§17) and its updates (guard §36). Either can hold it. */
export function judgeRun(
  difference: Difference,
  contents: SnapshotContents,
  settings: RunSettings,
  kind: RunKind = 'sync',
): WholeJudgement {
  const archives = judge(difference, contents, settings, kind);
  const updates = judgeUpdates({
    counts: difference.updates ?? [],
    threshold: settings.updateThreshold,
    withhold: settings.withhold,
  });
  const areUpdatesHeld = archives.verdict !== 'reject' && updates.verdict === 'hold';
  const texts = [explain(archives, { areUpdatesHeld }), areUpdatesHeld ? updates.explanation : null].filter(
    (text) => text !== null,
  );
  const joined = (parts: readonly string[]): string | null => (parts.length === 0 ? null : parts.join(' '));
  return {
    archives,
    updates,
    verdict: areUpdatesHeld ? 'hold' : archives.verdict,
    reason: areUpdatesHeld ? 'threshold' : archives.reason,
    message: joined(texts.map(({ message }) => message)),
    advice: joined(texts.map(({ advice }) => advice)),
  };
}
