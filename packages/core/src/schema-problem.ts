import type { z } from 'zod';
import { configProblem, isSecret } from './config-problem.ts';
import type { ConfigKeys, ConfigProblem } from './config-problem.ts';
import { nearest } from './nearest.ts';
import { kindOf, quoted, received } from './received.ts';
import { valueAt } from './value-at.ts';

type Issue = z.core.$ZodIssue;

/** Our own messages begin so; the schema library's do not and are put into plainer words. */
const OWN_MESSAGE = /^expected /;

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
};

/**
 * What a schema found wrong, in plain words: one problem for each place and each unknown key.
 *
 * @param value what was parsed: its values are quoted, secrets excepted.
 * @param jsonSchema the schema's input as JSON Schema, from which the known keys of a place are taken.
 */
export function problemsOf(error: z.ZodError, value: unknown, jsonSchema: object): ConfigProblem[] {
  return error.issues.flatMap((issue) => issueProblems(issue, [], value, jsonSchema));
}

function issueProblems(issue: Issue, above: ConfigKeys, root: unknown, jsonSchema: object): ConfigProblem[] {
  const keys = [...above, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(key, keys, knownKeys(jsonSchema, keys, root)));
  const branch = issue.code === 'invalid_union' ? branchMeant(issue.errors) : null;
  if (branch !== null) return branch.flatMap((inner) => issueProblems(inner, keys, root, jsonSchema));
  return [configProblem(keys, message(issue, keys, keys.reduce(valueAt, root)))];
}

/** The one alternative whose kind fits the value: the other ones fail at its root. */
function branchMeant(branches: readonly Issue[][]): Issue[] | null {
  const fitting = branches.filter((issues) =>
    issues.every(({ path, code }) => path.length > 0 || code !== 'invalid_type'),
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

function unknownKey(key: string, keys: ConfigKeys, known: readonly string[]): ConfigProblem {
  const [meant] = nearest(key, known);
  const hint = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean \`${meant}\`?`;
  return configProblem([...keys, key], `unknown key; ${hint}`);
}

function message(issue: Issue, keys: ConfigKeys, value: unknown): string {
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) return unknownType(issue, value);
  const expected = OWN_MESSAGE.test(issue.message) ? issue.message : `expected ${expectation(issue)}`;
  const isComplete = issue.code === 'custom' || expected.includes(', received ');
  return isComplete ? expected : `${expected}, received ${shown(issue, keys, value)}`;
}

/** A source's texts may come from the environment and be secrets in the wrong place: shown where a word of a list was expected. */
function shown(issue: Issue, keys: ConfigKeys, value: unknown): string {
  const isHidden = isSecret(keys) || (keys.includes('source') && typeof value === 'string');
  return isHidden && issue.code !== 'invalid_value' ? kindOf(value) : received(value);
}

function unknownType(issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): string {
  const options = ('options' in issue ? (issue.options ?? []) : []).map(String);
  const type = issue.discriminator === undefined ? value : (valueAt(value, issue.discriminator) ?? value);
  const expected = `expected one of ${options.join(', ')}, received ${received(type)}`;
  if (typeof type !== 'string') return expected;
  const [meant] = nearest(type, options);
  return meant === undefined ? expected : `${expected}; did you mean ${quoted(meant)}?`;
}

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type') return KINDS[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_small') return size(issue.origin, 'at least', Number(issue.minimum));
  if (issue.code === 'too_big') return size(issue.origin, 'at most', Number(issue.maximum));
  return 'another value';
}

function size(origin: string, bound: 'at least' | 'at most', limit: number): string {
  if (origin === 'string') return `text of ${bound} ${limit} character${limit === 1 ? '' : 's'}`;
  if (origin === 'array') return `a list of ${bound} ${limit}`;
  return `a number of ${bound} ${limit}`;
}

/** The keys that the schema knows at a place. Of alternatives, those count whose `type` is the value's. */
function knownKeys(schema: unknown, keys: ConfigKeys, value: unknown): string[] {
  const alternatives = valueAt(schema, 'oneOf') ?? valueAt(schema, 'anyOf');
  if (Array.isArray(alternatives))
    return alternatives.filter((one) => isOfType(one, value)).flatMap((one) => knownKeys(one, keys, value));
  const properties = valueAt(schema, 'properties');
  const [key, ...rest] = keys;
  if (key === undefined) return Object.keys(properties ?? {});
  const child = typeof key === 'number' ? valueAt(schema, 'items') : valueAt(properties, key);
  return knownKeys(child, rest, valueAt(value, key));
}

function isOfType(schema: unknown, value: unknown): boolean {
  const type = valueAt(valueAt(valueAt(schema, 'properties'), 'type'), 'const');
  return type === undefined || type === valueAt(value, 'type');
}
