/** The value of an object's own key; undefined where there is none. */
export function valueAt(owner: unknown, key: string | number): unknown {
  if (typeof owner !== 'object' || owner === null || !Object.hasOwn(owner, key)) return undefined;
  return (owner as Readonly<Record<string | number, unknown>>)[key];
}
