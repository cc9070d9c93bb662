import { listRunChanges, readRun, type RunDetails } from '@rollbook/store';
import type { Command } from 'commander';
import { formatOf, writeChangesFile } from '../changes-output.ts';
import type { CommandLine } from '../command-line.ts';
import { InProcessWorkers } from '../in-process-workers.ts';
import { findSync } from '../lookup.ts';
import { CommandError } from '../problem.ts';
import { carriesOut, requestOwnRun, requestRun, showRun, waitForRun } from '../run-sync.ts';
import { withServices } from '../session.ts';

interface Options {
  readonly preview?: boolean;
  readonly changes?: string;
  readonly anyway?: boolean;
  readonly wait: boolean;
  readonly json?: boolean;
}

/** `sync SYNC`. */
export function registerSync(program: Command, { terminal, end }: CommandLine): void {
  program
    .command('sync <sync>')
    .description('request a run of a sync, show its progress and wait for its end')
    .option('--preview', 'stop before anything is written: say what would be done')
    .option('--changes <file>', 'write every change, field by field, to this .csv or .json file')
    .option('--anyway', 'run it although it is paused, or on a blackout day')
    .option('--no-wait', 'only request the run')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExit status: 0 succeeded, 2 held, 3 failed, 1 usage or internal error.\n\nExamples:\n  rollbook sync riverside-sis\n  rollbook sync riverside-sis --preview --json',
    )
    .action(async (syncId: string, { preview = false, changes, anyway = false, wait, json = false }: Options) => {
      if (changes !== undefined) formatOf(changes);
      if (changes !== undefined && !wait)
        throw new CommandError('--changes lists what a run did, and --no-wait does not wait for its end.', {
          advice: '"rollbook changes RUN" lists the changes of a run that has ended.',
        });
      const status = await withServices({ terminal, purpose: 'command' }, async (session) => {
        const { database } = session;
        await findSync(database, syncId);
        const run = await (wait ? requestOwnRun : requestRun)(session, syncId, { trigger: 'cli', preview, anyway });
        const requested = await readRun(database, run.runId);
        if (run.willFollow)
          terminal.say(`${carriesOut(run.runId, syncId)}. The sync that was asked for starts when it has ended.`);
        else if (!run.created) terminal.say(alreadyActive(requested, { wait }));
        else if (terminal.isWatched) terminal.say(`Run ${run.runId} of "${syncId}"`);
        if (wait) {
          const ended = await waitForRun(session, run);
          if (changes !== undefined && ended.run.status !== 'failed')
            await writeChangesFile(changes, listRunChanges(database.pool, run.runId));
          return showRun(terminal, ended, { json });
        }
        if (!(await new InProcessWorkers(session, run).areElsewhere()))
          terminal.say(
            'No worker is running: the run waits until one is started ("rollbook worker" or "rollbook serve").',
          );
        return showRun(terminal, requested, { json });
      });
      end(status);
    });
}

/** Somebody else requested the active run, or preview. */
function alreadyActive({ run, preview }: RunDetails, { wait }: { readonly wait: boolean }): string {
  const what = preview ? `Preview ${run.id}` : `Run ${run.id}`;
  return `${what} of "${run.sync}" is active already${wait ? ': waiting for that one' : ''}.`;
}
