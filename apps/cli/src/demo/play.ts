import { SyncError, UsageError } from '@rollbook/core';
import { readHold, type RunDetails } from '@rollbook/store';
import { NO_CONTENTS, type Contents } from './contents.ts';
import { activeIds, readRosterState } from './roster-state.ts';
import { watchRun } from './run-watch.ts';
import type { Screen } from './screen.ts';
import type { Setting } from './setting.ts';
import type { Step } from './step.ts';
import { problemsOf, statusText } from './verdict.ts';
import { countLines, seconds } from './words.ts';

/** What became of a step; `run` is null if it did not come to its end, `problems` is empty if all is as expected. */
export interface StepResult {
  readonly step: Step;
  readonly run: RunDetails | null;
  readonly problems: readonly string[];
  /** Why the hold of the run looks as it does, a sentence each. */
  readonly explanations: readonly string[];
  readonly activeStudents: number;
  readonly durationMs: number;
}

/** Long against the second that a run takes here. */
const RUN_TIMEOUT_MS = 60_000;

/**
 * Plays the steps in turn and stops at the first that does not end as it should.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function playSteps(
  steps: readonly Step[],
  setting: Setting,
  screen: Screen,
  signal: AbortSignal,
): Promise<StepResult[]> {
  const { colors } = screen;
  const results: StepResult[] = [];
  const rosters = new Map<string, Contents>();
  for (const [index, step] of steps.entries()) {
    screen.line();
    screen.line(`${colors.bold(`${index + 1} of ${steps.length}  ${step.title}`)}`);
    screen.paragraph(step.story);
    const roster = rosters.get(step.districtId) ?? NO_CONTENTS;
    const result = await playStep(step, roster, { setting, screen, signal });
    results.push(result);
    showResult(result, screen);
    if (result.problems.length > 0) return results;
    rosters.set(step.districtId, step.expect(roster).roster);
  }
  return results;
}

interface Means {
  readonly setting: Setting;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

async function playStep(step: Step, roster: Contents, { setting, screen, signal }: Means): Promise<StepResult> {
  const { database } = setting;
  try {
    await step.prepare(setting);
    signal.throwIfAborted();
    const before = await readRosterState(database, step.districtId);
    const startedAtMs = performance.now();
    const runId = await step.start(setting, step.syncId);
    const view = screen.followRun();
    const run = await watchRun(database, runId, {
      signal,
      timeoutMs: RUN_TIMEOUT_MS,
      onState: (state) => view.show(state),
    });
    const durationMs = performance.now() - startedAtMs;
    view.end(run);
    const after = await readRosterState(database, step.districtId);
    const problems = problemsOf(step.expect(roster), run, before, after);
    problems.push(...((await step.check?.(run, setting, roster)) ?? []));
    const explanations = await explanationsOf(run, setting);
    const activeStudents = activeIds(after, 'students').length;
    return { step, run, problems, explanations, activeStudents, durationMs };
  } catch (error) {
    signal.throwIfAborted();
    // Mistakes of ours are for the log; people are told what stopped the step.
    if (!(error instanceof UsageError || error instanceof SyncError)) throw error;
    return { step, run: null, problems: [error.message], explanations: [], activeStudents: 0, durationMs: 0 };
  }
}

async function explanationsOf({ hold }: RunDetails, { database }: Setting): Promise<string[]> {
  if (hold === null) return [];
  const { explanations } = await readHold(database, Number(hold), { limit: 0 });
  return explanations.map(({ message }) => message);
}

function showResult({ run, problems, explanations, durationMs }: StepResult, screen: Screen): void {
  const { green, red, bold } = screen.colors;
  if (run) {
    const { status, reason, message, advice } = run.run;
    screen.paragraph(
      `${statusText(status, reason)} after ${seconds(durationMs)}. ${countLines(run.counts).join('. ')}.`,
      2,
      bold,
    );
    if (message) screen.paragraph(message, 4);
    for (const sentence of explanations) screen.paragraph(sentence, 4, bold);
    if (advice) screen.paragraph(`What to do: ${advice}`, 4);
  }
  if (problems.length === 0) return screen.paragraph('This is as it should be.', 2, green);
  screen.paragraph('This is not as it should be:', 2, red);
  for (const problem of problems) screen.paragraph(problem, 4, red);
}
