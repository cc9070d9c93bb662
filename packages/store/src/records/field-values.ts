import { ROSTER_MODEL, UsageError, kindOf, nearest, quoted, type FieldKind, type RecordType } from '@rollbook/core';

/** What a field of a record holds; null and an empty set are no value. */
export type FieldValue = string | boolean | readonly string[] | null;

/** Fields under their names in the roster model. */
export type FieldValues = Readonly<Record<string, FieldValue>>;

/**
 * Reads the fields that a person gives for a record. Blank text is no value; a set loses repetitions and blanks, and its
 * members are put in the order in which the sync keeps them. `isWhole`: what is left out has no value.
 *
 * @returns the fields that were given.
 * @throws UsageError with all that is wrong: unknown fields with the nearest known one, values of another kind, required
 *   fields without a value. Values are not repeated, for they may be personal.
 */
export function fieldValuesFrom(
  recordType: RecordType,
  given: Readonly<Record<string, unknown>>,
  { isWhole }: { readonly isWhole: boolean },
): FieldValues {
  const { fields } = ROSTER_MODEL[recordType];
  const names = fields.map(({ name }) => name);
  const problems = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => unknownField(name, names));
  const values: Record<string, FieldValue> = {};
  for (const { name, kind, required = false } of fields) {
    const received = Object.hasOwn(given, name) ? given[name] : undefined;
    if (received === undefined) {
      if (isWhole && required) problems.push(`${name} is missing.`);
      continue;
    }
    const value = received === null ? NOTHING[kind] : READERS[kind](received);
    if (value === undefined) problems.push(`${name}: expected ${EXPECTED[kind]}, received ${kindOf(received)}.`);
    else if (required && value === null) problems.push(`${name} must have a value.`);
    else values[name] = value;
  }
  if (problems.length > 0) throw new UsageError(`These fields of ${recordType} cannot be taken: ${problems.join(' ')}`);
  return values;
}

function unknownField(name: string, names: readonly string[]): string {
  const [meant] = nearest(name, names);
  const hint = meant === undefined ? `There are: ${names.join(', ')}.` : `Is "${meant}" meant?`;
  return `There is no field ${quoted(name)}. ${hint}`;
}

const NOTHING: Readonly<Record<FieldKind, FieldValue>> = { text: null, date: null, flag: null, set: [] };

const EXPECTED: Readonly<Record<FieldKind, string>> = {
  text: 'one line of text',
  date: 'a date that exists, such as 2026-12-24',
  flag: 'true or false',
  set: 'a list of texts',
};

/** Undefined: the value is of another kind. */
const READERS: Readonly<Record<FieldKind, (value: unknown) => FieldValue | undefined>> = {
  text: (value) => (isLine(value) ? orNothing(value) : undefined),
  date: (value) => (value === '' || (typeof value === 'string' && isDay(value)) ? orNothing(value) : undefined),
  flag: (value) => (typeof value === 'boolean' ? value : undefined),
  set: (value) =>
    Array.isArray(value) && value.every(isLine)
      ? [...new Set(value.filter((member) => orNothing(member) !== null))].sort()
      : undefined,
};

/** PostgreSQL keeps no NUL, and a line break in a name breaks whatever lists it. */
export const isLine = (value: unknown): value is string =>
  typeof value === 'string' && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value);

const orNothing = (text: string): string | null => (text.trim() === '' ? null : text);

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Whether two values mean the same; sets have no order. */
export function isSameValue(a: FieldValue, b: FieldValue): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}

/** The fields among `wanted` of which `current` has another value. */
export const changedValues = (current: FieldValues, wanted: FieldValues): FieldValues =>
  Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => !isSameValue(current[name] ?? null, value ?? null)),
  );

/** Of some fields their values in a record. */
export const valuesOf = (fields: FieldValues, names: readonly string[]): FieldValues =>
  Object.fromEntries(names.map((name) => [name, fields[name] ?? null]));

/** Those that have a value. */
export const filledValues = (fields: FieldValues): FieldValues =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
  );
