const LONGEST_TEXT = 60;

/** Says what was received, for an error message: text quoted and clipped, lists and objects by kind alone. */
export function received(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return kindOf(value);
}

/** Says of what kind a value is without showing it: for secrets. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string') return value === '' ? 'empty text' : 'text';
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'object' ? 'keys with values' : 'something else';
}

/** An id or a word in quotes, clipped to 60 characters, control characters escaped. */
export function quoted(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= LONGEST_TEXT) return JSON.stringify(text);
  return `${JSON.stringify(characters.slice(0, LONGEST_TEXT).join(''))}…`;
}
