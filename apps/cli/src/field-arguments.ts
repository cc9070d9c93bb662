import { ROSTER_MODEL, type RecordType } from '@rollbook/core';
import { CommandError } from './problem.ts';

/**
 * The fields of `--set name=value` and `--clear name`, for the store, which checks them. A field that holds a list is set
 * once for each of its values; `true` and `false` are truth values where the field holds one.
 *
 * @throws CommandError for a text without `=`, a field that is set twice and holds one value, and one set and cleared.
 */
export function fieldsFrom(
  recordType: RecordType,
  { set = [], clear = [] }: { readonly set?: readonly string[]; readonly clear?: readonly string[] },
): Record<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const text of set) {
    const [name = '', value] = text.split(/=(.*)/s);
    // The value is not repeated: it may be personal.
    if (value === undefined) throw new CommandError('--set: expected name=value.', USAGE);
    const kind = ROSTER_MODEL[recordType].fields.find((field) => field.name === name)?.kind;
    if (kind === 'set') fields.set(name, [...((fields.get(name) as string[] | undefined) ?? []), value]);
    else if (fields.has(name)) throw new CommandError(`--set: ${name} is given twice, and holds one value.`, USAGE);
    else fields.set(name, kind === 'flag' ? (TRUTH.get(value) ?? value) : value);
  }
  for (const name of clear) {
    if (fields.has(name)) throw new CommandError(`${name} is both set and cleared.`, USAGE);
    fields.set(name, null);
  }
  return Object.fromEntries(fields);
}

const TRUTH: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);
const USAGE = { advice: '"rollbook record edit --help" shows examples.' };
