import { nextRun, pauseSync, resumeSync } from '@rollbook/store';
import type { Command } from 'commander';
import { actor, dateFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { findSync } from '../lookup.ts';
import { withServices } from '../session.ts';
import { outJson } from '../terminal.ts';

interface PauseOptions {
  readonly until: string;
  readonly exceptContacts?: boolean;
  readonly comment?: string;
  readonly json?: boolean;
}

/** `pause SYNC` and `resume SYNC`. */
export function registerPause(program: Command, { terminal }: CommandLine): void {
  program
    .command('pause <sync>')
    .description('stop a sync until a day, when it runs again by itself')
    .requiredOption('--until <date>', "the first day it runs again, in the district's time zone")
    .option('--except-contacts', 'go on syncing guardians and guardianships')
    .option('--comment <text>', 'why, for the record')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  rollbook pause riverside-sis --until 2027-08-16 --comment "rollover in the SIS"',
    )
    .action(async (syncId: string, options: PauseOptions) => {
      const until = dateFrom('--until', options.until);
      const what = options.exceptContacts ? 'all-but-contacts' : 'all';
      const comment = options.comment ?? null;
      const next = await withServices({ terminal, purpose: 'command' }, async ({ database }) => {
        await findSync(database, syncId);
        const now = new Date();
        await pauseSync(database.pool, { syncId, until, what, actor: actor(), comment }, now);
        return nextRun(database.pool, syncId, now);
      });
      if (options.json) outJson(terminal, { sync: syncId, until, what, notes: next.calendar.notes });
      else terminal.out(`"${syncId}": ${next.calendar.notes.join(' ')}`);
    });

  program
    .command('resume <sync>')
    .description('end a pause now')
    .option('--comment <text>', 'why, for the record')
    .option('--json', 'print one JSON document')
    .action(async (syncId: string, { comment = null, json = false }: { comment?: string | null; json?: boolean }) => {
      await withServices({ terminal, purpose: 'command' }, async ({ database }) => {
        await findSync(database, syncId);
        await resumeSync(database.pool, { syncId, actor: actor(), comment }, new Date());
      });
      if (json) outJson(terminal, { sync: syncId });
      else terminal.out(`"${syncId}" runs again.`);
    });
}
