import type { Command } from 'commander';
import type { CommandLine } from '../command-line.ts';
import { findSync } from '../lookup.ts';
import { schoolsYaml } from '../schools-yaml.ts';
import { withServices } from '../session.ts';
import { sourceSchoolsText, sourceTestText } from '../source-text.ts';
import { testSource, type SourceTest } from '../source-test.ts';
import { outJson, type Terminal } from '../terminal.ts';

const FAILED_STATUS = 3;

/** `source test|schools`. */
export function registerSource(program: Command, { terminal, end }: CommandLine): void {
  const source = program.command('source').description('what the source of a sync lets us see');

  source
    .command('test <sync>')
    .description('connect with the stored credentials and say what is seen, or why it does not work; writes nothing')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExit status: 0 it connects and every linked school is there, 3 not so, 1 usage or internal error.\n\nExample:\n  rollbook source test riverside-sis',
    )
    .action(async (syncId: string, { json = false }: { json?: boolean }) => {
      const test = await ask(terminal, syncId);
      if (json) outJson(terminal, test);
      else terminal.out(sourceTestText(test, terminal.colors));
      end(test.reason === null ? 0 : FAILED_STATUS);
    });

  source
    .command('schools <sync>')
    .description('the schools in the data, which of them are linked, and the lines that link them')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExit status: 0 it connects, 3 it does not, 1 usage or internal error.\n\nExample:\n  rollbook source schools riverside-sis',
    )
    .action(async (syncId: string, { json = false }: { json?: boolean }) => {
      const test = await ask(terminal, syncId);
      if (json) outJson(terminal, { ...test, yaml: schoolsYaml(test) });
      else terminal.out(sourceSchoolsText(test, terminal.colors));
      end(test.connected ? 0 : FAILED_STATUS);
    });
}

async function ask(terminal: Terminal, syncId: string): Promise<SourceTest> {
  return withServices({ terminal, purpose: 'command' }, async (session) => {
    const sync = await findSync(session.database, syncId);
    if (terminal.isWatched) terminal.say(terminal.sayColors.dim(`Asking the source of "${syncId}" …`));
    return testSource(session, sync);
  });
}
