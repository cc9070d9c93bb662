import { REASON_TITLES } from '@rollbook/core';
import { listRuns, readRun, type RunListItem } from '@rollbook/store';
import type { Command } from 'commander';
import { countFrom, idFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { findSync } from '../lookup.ts';
import { showRun } from '../run-sync.ts';
import { withServices } from '../session.ts';
import { table } from '../table.ts';
import { outJson, type Colors } from '../terminal.ts';
import { duration, time } from '../wording.ts';

const MOST_RUNS = 10_000;

/** `runs` and `run ID`. */
export function registerRuns(program: Command, { terminal }: CommandLine): void {
  program
    .command('runs')
    .description('the latest runs, newest first')
    .option('--sync <sync>', 'only those of one sync')
    .option('--limit <n>', 'how many', '20')
    .option('--json', 'print one JSON document')
    .action(async (options: { sync?: string; limit: string; json?: boolean }) => {
      const limit = countFrom('--limit', options.limit, MOST_RUNS);
      const runs = await withServices({ terminal, purpose: 'command' }, async ({ database }) => {
        if (options.sync !== undefined) await findSync(database, options.sync);
        return listRuns(database, { syncId: options.sync, limit });
      });
      if (options.json) outJson(terminal, { runs });
      else terminal.out(runsText(runs, terminal.colors));
    });

  program
    .command('run <id>')
    .description('one run in full: why it ended as it did, counts, findings and warnings')
    .option('--json', 'print one JSON document')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const runId = idFrom('run', id);
      const run = await withServices({ terminal, purpose: 'command' }, ({ database }) => readRun(database, runId));
      // The status tells of this command, not of the run it shows.
      showRun(terminal, run, { json });
    });
}

function runsText(runs: readonly RunListItem[], colors: Colors): string {
  if (runs.length === 0) return 'There is no run yet. Start one: rollbook sync SYNC';
  const columns = [
    { title: 'run', isNumber: true },
    { title: 'district' },
    { title: 'sync' },
    { title: 'status' },
    { title: 'reason' },
    { title: 'started' },
    { title: 'took', isNumber: true },
    { title: 'trigger' },
  ];
  const rows = runs.map((run) => [
    run.id,
    run.district,
    run.sync,
    run.preview ? `${run.status} (preview)` : run.status,
    run.reason === null ? '' : REASON_TITLES[run.reason],
    time(run.startedAt),
    duration(run.startedAt, run.finishedAt),
    run.trigger,
  ]);
  return table(columns, rows, colors);
}
