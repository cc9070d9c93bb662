import type { Command } from 'commander';
import type { CommandLine } from '../command-line.ts';
import { checkEverything, type Check } from '../doctor-checks.ts';
import { openEnvironment } from '../session.ts';
import { outJson, printable, type Colors } from '../terminal.ts';

/** `doctor`. */
export function registerDoctor(program: Command, { terminal, end }: CommandLine): void {
  program
    .command('doctor')
    .description('check that everything it needs is there')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExit status: 0 if nothing fails, else 1. Warnings do not count.')
    .action(async ({ json = false }: { json?: boolean }) => {
      const checks = await checkEverything(openEnvironment(terminal));
      if (json) outJson(terminal, { checks });
      else terminal.out(checks.map((check) => checkText(check, terminal.colors)).join('\n'));
      end(checks.some(({ outcome }) => outcome === 'fail') ? 1 : 0);
    });
}

function checkText({ name, outcome, seen, advice }: Check, colors: Colors): string {
  const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red }[outcome];
  const line = `${paint(outcome.padEnd(4))}  ${name.padEnd(11)}  ${printable(seen)}`;
  return advice === null ? line : `${line.replace(/\.$/, '')}. ${advice}`;
}
