import { PostgresRuns, readRun, releaseUndone } from '@rollbook/store';
import { enqueueStage } from '@rollbook/pipeline';
import { counted } from '@rollbook/core';
import type { Command } from 'commander';
import { actor, idFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { CommandError } from '../problem.ts';
import { showRun, waitForRun } from '../run-sync.ts';
import { withServices } from '../session.ts';
import { outJson, type Terminal } from '../terminal.ts';

interface UndoOptions {
  readonly comment?: string;
  readonly keep: boolean;
  readonly release?: boolean;
  readonly wait: boolean;
  readonly json?: boolean;
}

/** `undo RUN`. */
export function registerUndo(program: Command, { terminal, end }: CommandLine): void {
  program
    .command('undo <run>')
    .description('restore what a run of the last 30 days archived, with its enrollments, and take back its relinks')
    .option('--no-keep', 'do not keep what is restored: the next sync measures it like all else')
    .option('--release', 'restore nothing, but keep no longer what an undo of this run restored')
    .option('--comment <text>', 'why, for the record')
    .option('--no-wait', 'do not wait for the run that does it')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nWhat was changed by hand since is left as it is, and listed. What is restored stays active until it was back in\nthe data; --release takes that back.\n\nExamples:\n  rollbook undo 12 --comment "the file was cut short"\n  rollbook undo 12 --release',
    )
    .action(async (id: string, options: UndoOptions) => {
      const runId = idFrom('run', id);
      if (options.release === true) return release(terminal, runId, options);
      const status = await withServices({ terminal, purpose: 'command' }, async (session) => {
        const { database } = session;
        const queue = await session.queues();
        const ledger = new PostgresRuns(database.pool);
        const { comment = null, keep } = options;
        const run = await ledger.requestUndo({ runId, keep, actor: actor(), comment });
        await enqueueStage(queue, run);
        const shown = options.wait ? await waitForRun(session, run) : await readRun(database, run.runId);
        return showRun(terminal, shown, { json: options.json ?? false });
      });
      end(status);
    });
}

/** Takes back that what an undo restored is kept. */
async function release(terminal: Terminal, runId: number, options: UndoOptions): Promise<void> {
  const { keep, json = false } = options;
  const comment = options.comment ?? null;
  if (!keep)
    throw new CommandError('--release and --no-keep cannot be given together', {
      advice: 'Use --no-keep with a new undo, and --release after one that keeps what it restored.',
    });
  const { syncId, recordCount } = await withServices({ terminal, purpose: 'command' }, ({ database }) =>
    releaseUndone(database.pool, { runId, actor: actor(), comment }),
  );
  if (json) return outJson(terminal, { run: String(runId), sync: syncId, records: recordCount });
  terminal.out(
    `${counted(recordCount, 'record')} that the undo of run ${runId} restored ${recordCount === 1 ? 'is' : 'are'} no longer kept. "rollbook sync ${syncId}" measures them again.`,
  );
}
