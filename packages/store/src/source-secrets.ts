import { SECRET_KEYS, type SourceType } from '@rollbook/core';

/** A source's configuration without its secrets, and these by field; keys within keys are joined by dots. */
export interface PartedSource {
  readonly source: Readonly<Record<string, unknown>>;
  readonly secrets: ReadonlyMap<string, string>;
}

type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Takes the secret keys of the source's type out of its configuration, at every depth. */
export function partSource(source: { readonly type: SourceType }): PartedSource {
  const secrets = new Map<string, string>();
  const names = new Set(SECRET_KEYS[source.type]);
  const part = (tree: object, above: string): Tree => {
    const kept: Tree = {};
    for (const [key, value] of Object.entries(tree)) {
      if (names.has(key) && typeof value === 'string') secrets.set(above + key, value);
      else if (value !== undefined) kept[key] = isTree(value) ? part(value, `${above}${key}.`) : value;
    }
    return kept;
  };
  return { source: part(source, ''), secrets };
}

/** Puts the secrets back where {@link partSource} took them from. */
export function joinSource({ source, secrets }: PartedSource): Record<string, unknown> {
  const joined = structuredClone(source) as Tree;
  for (const [field, text] of secrets) {
    const keys = field.split('.');
    const last = keys.pop() as string;
    let tree = joined;
    for (const key of keys) {
      const below = tree[key];
      tree = tree[key] = isTree(below) ? below : {};
    }
    tree[last] = text;
  }
  return joined;
}
