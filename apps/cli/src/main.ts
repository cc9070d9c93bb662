import { runCli } from './run-cli.ts';
import { processTerminal } from './terminal.ts';

// Not process.exit: what was written to a pipe may not have left yet.
process.exitCode = await runCli(process.argv.slice(2), processTerminal());
