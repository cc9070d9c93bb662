import { createLogger } from '@rollbook/runtime';
import { CommanderError } from 'commander';
import { Interrupted, problemOf, sayProblem } from './problem.ts';
import { createProgram } from './program.ts';
import { outJson, type Terminal } from './terminal.ts';

/** 1: a usage or an internal error. Held and failed runs are results, and commands say so themselves. */
const ERROR_STATUS = 1;

/**
 * Runs one command.
 *
 * @param args without the names of Node and of the program.
 * @returns the exit status.
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0;
  const program = createProgram({ terminal, end: (given) => (status = given) });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    // The program has said what is wrong already, or has shown its help or version, with status 0.
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof Interrupted) return ERROR_STATUS;
    const problem = problemOf(error, ['rollbook', ...commandOf(args)].join(' '));
    sayProblem(terminal, problem);
    if (args.includes('--json')) outJson(terminal, { error: problem });
    logDetails(error);
    return ERROR_STATUS;
  }
}

/** The words before the first option, as far as they name a command. */
function commandOf(args: readonly string[]): string[] {
  return ['config', 'source', 'sandbox'].includes(args[0] ?? '') ? args.slice(0, 2) : args.slice(0, 1);
}

function logDetails(error: unknown): void {
  const { ROLLBOOK_LOG_LEVEL: level } = process.env;
  if (level !== 'debug' && level !== 'trace') return;
  createLogger({ purpose: 'command', level }).debug({ err: error }, 'the command failed');
}
