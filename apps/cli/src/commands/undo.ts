import { PostgresRuns, readRun } from '@rollbook/store';
import { enqueueStage } from '@rollbook/pipeline';
import type { Command } from 'commander';
import { actor, idFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { showRun, waitForRun } from '../run-sync.ts';
import { withServices } from '../session.ts';

/** `undo RUN`. */
export function registerUndo(program: Command, { terminal, end }: CommandLine): void {
  program
    .command('undo <run>')
    .description('restore what a run of the last 30 days archived, with its enrollments, and take back its relinks')
    .option('--comment <text>', 'why, for the record')
    .option('--no-wait', 'do not wait for the run that does it')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nWhat was changed by hand since is left as it is, and listed. The next sync measures the restored records again,\nand archives them only as far as the guard permits.\n\nExample:\n  rollbook undo 12 --comment "the file was cut short"',
    )
    .action(async (id: string, options: { comment?: string; wait: boolean; json?: boolean }) => {
      const runId = idFrom('run', id);
      const status = await withServices({ terminal, purpose: 'command' }, async (session) => {
        const { database } = session;
        const queue = await session.queues();
        const ledger = new PostgresRuns(database.pool);
        const run = await ledger.requestUndo({ runId, actor: actor(), comment: options.comment ?? null });
        await enqueueStage(queue, run);
        const shown = options.wait ? await waitForRun(session, run) : await readRun(database, run.runId);
        return showRun(terminal, shown, { json: options.json ?? false });
      });
      end(status);
    });
}
