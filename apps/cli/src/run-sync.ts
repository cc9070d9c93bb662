import { setTimeout as pause } from 'node:timers/promises';
import { STAGES, requestSync, type ActiveRun, type RequestedRun, type SyncRequest } from '@rollbook/pipeline';
import { PostgresRuns, listRuns, readRun, readRunState, type RunDetails, type RunState } from '@rollbook/store';
import { actor } from './arguments.ts';
import { InProcessWorkers } from './in-process-workers.ts';
import { reportText, totalsText } from './report-text.ts';
import type { Session } from './session.ts';
import { outJson, printable, type Colors, type Terminal } from './terminal.ts';

const LOOK_EVERY_MS = 200;
/** Among so many of the latest runs of a sync the one is found that followed another. */
const LATER_RUNS = 20;
/** Workers elsewhere may stop while a run waits for them. */
const CHECK_WORKERS_EVERY_MS = 2_000;

type SyncAsked = Pick<SyncRequest, 'trigger' | 'preview' | 'anyway'>;

/** Requests a run; if the sync has an active one already, gives that. */
export async function requestRun(session: Session, syncId: string, request: SyncAsked): Promise<RequestedRun> {
  const queue = await session.queues();
  const ledger = new PostgresRuns(session.database.pool);
  return requestSync({ ledger, queue }, syncId, { ...request, requestedBy: actor() });
}

/** The same, but that a run which only carries out an approval or an undo is waited for: the sync follows it. */
export async function requestOwnRun(session: Session, syncId: string, request: SyncAsked): Promise<RequestedRun> {
  for (;;) {
    const run = await requestRun(session, syncId, request);
    if (!run.willFollow) return run;
    session.terminal.say(`${carriesOut(run.runId, syncId)}: waiting for its end. Then the sync runs.`);
    await waitForRun(session, run);
    const later = await listRuns(session.database, { syncId, limit: LATER_RUNS });
    const own = later.findLast(({ id, kind, preview }) => Number(id) > run.runId && kind === 'sync' && !preview);
    if (own) return { ...run, runId: Number(own.id), round: 1, stage: 'fetch', created: true, willFollow: false };
  }
}

export const carriesOut = (runId: number, syncId: string): string =>
  `Run ${runId} of "${syncId}" carries out an approval or an undo`;

/** Waits until a run has ended, working on it in this process if nobody else does; shows its progress to people. */
export async function waitForRun(session: Session, run: ActiveRun): Promise<RunDetails> {
  const { database, terminal } = session;
  const workers = new InProcessWorkers(session, run);
  const progress = new ProgressLines(terminal);
  let nextCheck = 0;
  try {
    for (;;) {
      const state = await readRunState(database, run.runId);
      if (state.status !== 'queued' && state.status !== 'running') break;
      progress.show(state);
      if (Date.now() >= nextCheck) {
        await workers.startIfNeeded();
        nextCheck = Date.now() + CHECK_WORKERS_EVERY_MS;
      }
      await pause(LOOK_EVERY_MS, undefined, { signal: session.shutdown.signal });
    }
  } finally {
    await workers.stop();
  }
  return readRun(database, run.runId);
}

/** One line for each stage begun and each thing a worker says, on a terminal only. */
class ProgressLines {
  readonly #terminal: Terminal;
  #last = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show({ status, stage, round, progress }: RunState): void {
    if (!this.#terminal.isWatched) return;
    const again = round === 1 ? '' : ` (round ${round})`;
    const step = `${STAGES.indexOf(stage) + 1}/${STAGES.length} ${stage}${again}`;
    const what = status === 'queued' ? 'waiting for a worker' : (progress ?? 'working');
    const line = this.#terminal.sayColors.dim(`  ${step}  ${printable(what)}`);
    if (line === this.#last) return;
    this.#last = line;
    this.#terminal.say(line);
  }
}

/** 0 succeeded, 2 held, 3 failed. A run that was not waited for has not failed. */
export function exitStatusOf({ run }: Pick<RunDetails, 'run'>): number {
  if (run.status === 'held') return 2;
  return run.status === 'failed' ? 3 : 0;
}

/** Shows a run that has ended, or was requested, and gives the exit status. */
export function showRun(terminal: Terminal, run: RunDetails, { json }: { readonly json: boolean }): number {
  if (json) outJson(terminal, run);
  else terminal.out(runText(run, terminal.colors));
  return exitStatusOf(run);
}

function runText(details: RunDetails, colors: Colors): string {
  const body = reportText(details, colors);
  return [body, closing(details, colors)].filter((part) => part !== '').join('\n\n');
}

function closing(details: RunDetails, { bold, green, yellow, red }: Colors): string {
  const { run, counts, preview, hold } = details;
  const round = details.round === 1 ? '' : ` in round ${details.round}`;
  const what = `Run ${run.id} of "${run.sync}"${round}${KINDS[details.kind](details)}${preview ? ' (preview, nothing was written)' : ''}`;
  const totals = totalsText(counts);
  switch (run.status) {
    case 'succeeded':
      return `${bold(green('Succeeded'))}: ${what}: ${totals}.`;
    case 'held':
      return [`${bold(yellow('Held'))}: ${what}: ${totals}.`, ...(hold === null ? [] : [nextSteps(hold)])].join('\n');
    case 'failed':
      return `${bold(red('Failed'))}: ${what}. Nothing was written.`;
    case 'queued':
    case 'running':
      return `${what} is ${run.status}. "rollbook run ${run.id}" shows how it goes on.`;
  }
}

const KINDS: Readonly<Record<RunDetails['kind'], (details: RunDetails) => string>> = {
  sync: () => '',
  approval: () => ' (carries out an approval)',
  undo: ({ undoes }) => ` (undoes run ${undoes})`,
};

/** The commands that show and end a hold. */
export const nextSteps = (hold: string): string =>
  steps([
    [`rollbook hold ${hold}`, 'shows the records that were kept'],
    [`rollbook approve ${hold}`, 'archives exactly these records'],
    [`rollbook reject ${hold} --comment "…"`, 'keeps them, and asks no more about these'],
  ]);

/** Commands and what they do, in two columns. */
export function steps(lines: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return lines.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`).join('\n');
}
