import { listRunChanges } from '@rollbook/store';
import type { Command } from 'commander';
import { idFrom, wordFrom } from '../arguments.ts';
import { CHANGE_FORMATS, writeChanges } from '../changes-output.ts';
import type { CommandLine } from '../command-line.ts';
import { ignoreClosedPipe, withServices } from '../session.ts';

/** `changes RUN`. */
export function registerChanges(program: Command, { terminal }: CommandLine): void {
  program
    .command('changes <run>')
    .description(
      'exactly what a run did, or a preview would do: every create, update, archive and restore, field by field',
    )
    .option('--format <format>', CHANGE_FORMATS.join(' or '), 'csv')
    .addHelpText(
      'after',
      '\nArchives that were withheld are listed too, and marked. A preview is kept for a day, and as long as the roster is\nwhat it was compared with.\n\nExamples:\n  rollbook changes 12 > changes.csv\n  rollbook changes 12 --format json',
    )
    .action(async (id: string, options: { format: string }) => {
      const runId = idFrom('run', id);
      const format = wordFrom('format', options.format, CHANGE_FORMATS);
      await withServices({ terminal, purpose: 'command' }, ({ database }) =>
        writeChanges(listRunChanges(database.pool, runId), format, process.stdout, { end: false }).catch(
          ignoreClosedPipe,
        ),
      );
    });
}
