import { ConfigError, configProblem } from './config-problem.ts';
import type { ConfigKeys, ConfigProblem } from './config-problem.ts';

const OPENING = /\$\{env:/g;
const REFERENCE = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Deeper than any real file: YAML can nest without end through an alias of itself. */
const MAX_DEPTH = 50;

/**
 * Replaces `${env:NAME}` in every text of a parsed configuration by the value of that environment variable. Keys, and
 * whatever else is not text, stay as they are; the input is not changed.
 *
 * @throws ConfigError with every place whose variable is missing or empty, or whose reference is malformed. Names are
 * given, values never.
 */
export function resolveEnv(value: unknown, env: Readonly<Record<string, string | undefined>>): unknown {
  const problems: ConfigProblem[] = [];
  const resolved = resolve(value, [], { env, problems });
  if (problems.length > 0) throw new ConfigError(problems);
  return resolved;
}

interface Resolving {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly problems: ConfigProblem[];
}

function resolve(value: unknown, keys: ConfigKeys, resolving: Resolving): unknown {
  if (typeof value === 'string') return resolveText(value, keys, resolving);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (keys.length >= MAX_DEPTH)
    throw new ConfigError([configProblem(keys.slice(0, 3), `expected at most ${MAX_DEPTH} levels, received more`)]);
  if (Array.isArray(value)) return value.map((item, index) => resolve(item, [...keys, index], resolving));
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, resolve(child, [...keys, key], resolving)]),
  );
}

function resolveText(text: string, keys: ConfigKeys, { env, problems }: Resolving): string {
  const references = text.match(REFERENCE)?.length ?? 0;
  if ((text.match(OPENING)?.length ?? 0) !== references)
    problems.push(configProblem(keys, 'expected ${env:NAME} with letters, digits and _ in the name'));
  return text.replace(REFERENCE, (_reference, name: string) => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined && value !== '') return value;
    const state = value === undefined ? 'is not set' : 'is empty';
    problems.push(configProblem(keys, `expected the environment variable ${name} to hold a value, but it ${state}`));
    return '';
  });
}
