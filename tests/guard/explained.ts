import { HoldExplanations, type HoldExplanation } from '@rollbook/core';
import type { PipelineHarness } from '../pipeline-harness.ts';

/** Runs the sync, which must be held, and gives what it says of its hold: the most telling first. */
export async function explainedHold(harness: PipelineHarness): Promise<HoldExplanation[]> {
  const { runId, status, reason } = await harness.run('sis');
  expect({ status, reason }).toEqual({ status: 'held', reason: 'threshold' });
  const [run] = await harness.sql<{ explanations: unknown }>('SELECT explanations FROM runs WHERE id = $1', [runId]);
  return HoldExplanations.parse(run?.explanations);
}

export const causesOf = (explanations: readonly HoldExplanation[]): string[] => explanations.map(({ cause }) => cause);

/** `a1` to `a12` for ('a', 1, 12). */
export const someOf = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`);
