import { ConfigError, REASON_TITLES, SyncError, UsageError } from '@rollbook/core';
import { printable, type Terminal } from './terminal.ts';

/** What a command says when it fails: a title, what was seen, and what to do. */
export interface Problem {
  readonly title: string;
  readonly message: string;
  readonly advice: string;
}

/** A mistake at the command line, or a state of things, that comes with advice of its own. */
export class CommandError extends UsageError {
  override readonly name = 'CommandError';
  readonly title: string;
  readonly advice: string;

  constructor(message: string, options: { readonly title?: string; readonly advice: string }) {
    super(message);
    this.title = options.title ?? 'Usage';
    this.advice = options.advice;
  }
}

/** The signal that interrupted a command ends the process: there is nothing left to say. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Codes of PostgreSQL and of sockets that tell that the database is not there or lets nobody in. */
const DATABASE_PROBLEMS: Readonly<Record<string, string>> = {
  '28P01': 'it refuses the user or the password',
  '28000': 'it refuses the user or the password',
  '3D000': 'it has no such database',
  '42501': 'the user lacks a right that is needed',
  '53300': 'it has no connection left',
  '53100': 'its disk is full',
  '57P01': 'it is shutting down',
  '57P03': 'it is starting up or shutting down',
  ECONNREFUSED: 'nothing listens at its address',
  ECONNRESET: 'it closed the connection',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name cannot be looked up now',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'its host cannot be reached',
};

/** An error in the words of people. Of errors that nobody foresaw no message is shown: nobody knows what it holds. */
export function problemOf(error: unknown, command: string): Problem {
  if (error instanceof CommandError) return { title: error.title, message: error.message, advice: error.advice };
  if (error instanceof ConfigError)
    return {
      title: 'Configuration',
      message: error.message,
      advice: 'Correct the file and load it again. Nothing was changed.',
    };
  if (error instanceof UsageError)
    return { title: 'Usage', message: error.message, advice: `"${command} --help" tells what it takes.` };
  if (error instanceof SyncError)
    return { title: REASON_TITLES[error.reason], message: error.message, advice: error.advice };
  const code = codeOf(error);
  const databaseProblem = code === null ? undefined : DATABASE_PROBLEMS[code];
  if (databaseProblem !== undefined)
    return {
      title: 'Database Unavailable',
      message: `The database cannot be used: ${databaseProblem} (${code}).`,
      advice: 'Operator: check DATABASE_URL and the server; "rollbook doctor" looks at everything that is needed.',
    };
  return {
    title: 'Internal Error',
    message: `Something went wrong in Rollbook itself${code === null ? '' : ` (${code})`}.`,
    advice: 'Run it again with ROLLBOOK_LOG_LEVEL=debug to see the details on standard error, and report them.',
  };
}

/** Codes are short words; a cause may have the one that matters. */
function codeOf(error: unknown): string | null {
  const { code, cause, errors } = (error ?? {}) as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code)) return code;
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  return cause === undefined ? null : codeOf(cause);
}

/** Shows a problem on standard error. */
export function sayProblem(terminal: Terminal, { title, message, advice }: Problem): void {
  const { bold, red } = terminal.sayColors;
  const indented = printable(message)
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
  terminal.say(`${bold(red(title))}\n${indented}\n  ${printable(advice)}`);
}
