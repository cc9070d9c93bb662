import { checkRoster } from '@rollbook/store';
import type { Command } from 'commander';
import type { CommandLine } from '../command-line.ts';
import { checkEverything, type Check } from '../doctor-checks.ts';
import { rosterChecks, type RosterCheck } from '../roster-checks.ts';
import { openEnvironment, withServices } from '../session.ts';
import { outJson, printable, type Colors, type Terminal } from '../terminal.ts';

interface DoctorOptions {
  readonly roster?: boolean;
  readonly district?: string;
  readonly json?: boolean;
}

/** `doctor`. */
export function registerDoctor(program: Command, { terminal, end }: CommandLine): void {
  program
    .command('doctor')
    .description('check that everything it needs is there')
    .option('--roster', 'check the roster instead: whether it is as the guard promises')
    .option('--district <id>', 'with --roster: of this district only')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExit status: 0 if nothing fails, else 1. Warnings do not count.')
    .action(async ({ roster = false, district, json = false }: DoctorOptions) => {
      const checks = roster
        ? await checkRosters(terminal, district ?? null)
        : await checkEverything(openEnvironment(terminal));
      if (json) outJson(terminal, { checks });
      else terminal.out(checks.map((check) => checkText(check, terminal.colors)).join('\n'));
      end(checks.some(({ outcome }) => outcome === 'fail') ? 1 : 0);
    });
}

const checkRosters = (terminal: Terminal, districtId: string | null): Promise<RosterCheck[]> =>
  withServices({ terminal, purpose: 'command' }, async ({ database }) =>
    rosterChecks(await checkRoster(database.pool, districtId)),
  );

function checkText({ name, outcome, seen, advice }: Check, colors: Colors): string {
  const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red }[outcome];
  const line = `${paint(outcome.padEnd(4))}  ${name.padEnd(13)}  ${printable(seen)}`;
  return advice === null ? line : `${line.replace(/\.$/, '')}. ${advice}`;
}
