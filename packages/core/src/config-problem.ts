import { UsageError } from './errors.ts';
import { SECRET_KEYS } from './source-config.ts';

/** A key or a 1st, 2nd, … place in a list, from the top of the file down. */
export type ConfigKeys = readonly (string | number)[];

/** One thing that is wrong in a configuration file. */
export interface ConfigProblem {
  /** For looking up the line and column in the file. */
  readonly keys: ConfigKeys;
  /** The same for people: `districts[0].syncs[0].source.port`. */
  readonly path: string;
  /** What was expected and what was received, without the values of secrets. */
  readonly message: string;
}

/** Everything that is wrong with a configuration. */
export class ConfigError extends UsageError {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ path, message }) => `${path}: ${message}`);
    super(
      lines.length === 1
        ? `The configuration has a mistake at ${lines[0]}.`
        : `The configuration has ${lines.length} mistakes:\n${lines.map((line) => `  ${line}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

export function configProblem(keys: ConfigKeys, message: string): ConfigProblem {
  return { keys, path: configPath(keys), message };
}

/** `districts[0].syncs[0].id`; a key that is not a plain word stands in brackets and quotes. */
export function configPath(keys: ConfigKeys): string {
  if (keys.length === 0) return 'the top of the file';
  const parts = keys.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return /^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return parts.join('').replace(/^\./, '');
}

const SECRET_NAMES = new Set(Object.values(SECRET_KEYS).flat());
const SECRET_LOOKING = /pass|secret|token|credential|private/i;

/** Whether the value at a place must not be shown: a sealed key, or one named like a secret, there or above it. */
export function isSecret(keys: ConfigKeys): boolean {
  return keys.some((key) => typeof key === 'string' && (SECRET_NAMES.has(key) || SECRET_LOOKING.test(key)));
}
