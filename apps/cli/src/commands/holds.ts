import { listHolds, readHold } from '@rollbook/store';
import type { Command } from 'commander';
import { idFrom } from '../arguments.ts';
import type { CommandLine } from '../command-line.ts';
import { SHOWN_RECORDS, holdText, holdsText } from '../hold-text.ts';
import { withServices } from '../session.ts';
import { outJson } from '../terminal.ts';

/** `holds` and `hold ID`. */
export function registerHolds(program: Command, { terminal }: CommandLine): void {
  program
    .command('holds')
    .description('the holds that wait for a decision')
    .option('--all', 'those that are over too')
    .option('--json', 'print one JSON document')
    .action(async ({ all = false, json = false }: { all?: boolean; json?: boolean }) => {
      const holds = await withServices({ terminal, purpose: 'command' }, ({ database }) =>
        listHolds(database, { all }),
      );
      if (json) outJson(terminal, { holds });
      else terminal.out(holdsText(holds, terminal.colors));
    });

  program
    .command('hold <id>')
    .description('one hold: what was kept and why, the records with names and grades, and what can be done')
    .option('--json', 'print one JSON document, with all records')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const holdId = idFrom('hold', id);
      const page = json ? {} : { limit: SHOWN_RECORDS };
      const hold = await withServices({ terminal, purpose: 'command' }, ({ database }) =>
        readHold(database, holdId, page),
      );
      if (json) outJson(terminal, hold);
      else terminal.out(holdText(hold, terminal.colors));
    });
}
