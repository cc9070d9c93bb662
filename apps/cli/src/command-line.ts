import type { Terminal } from './terminal.ts';

/** What commands are given by the program that registers them. */
export interface CommandLine {
  readonly terminal: Terminal;
  /** Ends the command with an exit status; 0 if it is never called. */
  readonly end: (status: number) => void;
}
