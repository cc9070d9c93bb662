import { Command } from 'commander';
import type { CommandLine } from './command-line.ts';
import { registerChanges } from './commands/changes.ts';
import { registerConfig } from './commands/config.ts';
import { registerDecisions } from './commands/decide.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExport } from './commands/export.ts';
import { registerHolds } from './commands/holds.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerPause } from './commands/pause.ts';
import { registerPreview } from './commands/preview.ts';
import { registerRecord } from './commands/record.ts';
import { registerRuns } from './commands/runs.ts';
import { registerSandbox } from './commands/sandbox.ts';
import { registerServe } from './commands/serve.ts';
import { registerSource } from './commands/source.ts';
import { registerSync } from './commands/sync.ts';
import { registerThreshold } from './commands/threshold.ts';
import { registerUndo } from './commands/undo.ts';
import { registerWhatIf } from './commands/whatif.ts';
import { registerWorker } from './commands/worker.ts';

const EPILOGUE = `
DATABASE_URL and REDIS_URL choose servers; without them built-in ones are used, with their data in .rollbook/
(ROLLBOOK_HOME names another folder).

Exit status: 0 succeeded, 2 held, 3 failed, 1 usage or internal error.

Examples:
  rollbook preview ./export.zip                  what these files hold
  rollbook config load rollbook.yaml             set up districts and syncs
  rollbook source test riverside-sis             does the connection work, and are all schools there?
  rollbook sync riverside-sis                    run one
  rollbook holds                                 what waits for a decision
  rollbook undo 12                               restore what a run archived
  rollbook export riverside students             the roster as CSV
  rollbook sandbox start > rollbook.yaml         pretend sources on this computer, to try it out`;

/** The command line, with every command. It throws CommanderError instead of ending the process. */
export function createProgram(commandLine: CommandLine): Command {
  const program = new Command('rollbook')
    .description('Keeps the school rosters of districts in step with their student information systems.')
    .version('0.1.0')
    .showHelpAfterError('("rollbook --help" lists commands and options)')
    .addHelpText('after', EPILOGUE)
    // Set before the commands are made, or they would not inherit it.
    .exitOverride()
    .configureOutput({ writeErr: (text) => commandLine.terminal.say(text.trimEnd()) });
  registerConfig(program, commandLine);
  registerSource(program, commandLine);
  registerSync(program, commandLine);
  registerPreview(program, commandLine);
  registerRuns(program, commandLine);
  registerHolds(program, commandLine);
  registerDecisions(program, commandLine);
  registerThreshold(program, commandLine);
  registerWhatIf(program, commandLine);
  registerUndo(program, commandLine);
  registerPause(program, commandLine);
  registerChanges(program, commandLine);
  registerRecord(program, commandLine);
  registerExport(program, commandLine);
  registerServe(program, commandLine);
  registerWorker(program, commandLine);
  registerMigrate(program, commandLine);
  registerDoctor(program, commandLine);
  registerSandbox(program, commandLine);
  return program;
}
