import { type Bindings, type Logger, destination, pino } from 'pino';
import { redact, redactText } from './redaction.ts';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  /** Overrides the level that goes with `purpose`. */
  readonly level?: LogLevel | undefined;
  /** A `command` ends soon and speaks through its output: warnings only. A `service` tells what it does. */
  readonly purpose: 'command' | 'service';
  /** Where lines go instead of standard error. */
  readonly write?: (line: string) => void;
}

/**
 * A logger of JSON lines on standard error; standard output belongs to a command's result. Credentials and personal
 * data are replaced by key, passwords in URLs are cut out, and of errors only name, code, message and stack are kept.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { write } = options;
  const logger = pino(
    {
      level: options.level ?? (options.purpose === 'service' ? 'info' : 'warn'),
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redact(fields) as Record<string, unknown>,
      },
      // The formatter above has reduced errors already; pino's own would add every field again.
      serializers: { err: (error: unknown) => redact(error), error: (error: unknown) => redact(error) },
      hooks: {
        logMethod(args, method) {
          const clean = args.map((arg) => (typeof arg === 'string' ? redactText(arg) : arg)) as typeof args;
          method.apply(this, clean);
        },
      },
    },
    // Synchronous: the last line before a crash is the one that is wanted.
    write === undefined ? destination({ dest: 2, sync: true }) : { write },
  );
  // Pino's formatters pass over what is bound to a child; children inherit this method.
  const bind: (this: unknown, ...args: unknown[]) => Logger = Reflect.get<object, 'child'>(logger, 'child');
  return Object.assign(logger, {
    child(this: unknown, bindings: Bindings, childOptions?: unknown): Logger {
      return bind.call(this, redact(bindings), childOptions);
    },
  });
}
