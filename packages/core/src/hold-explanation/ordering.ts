/** Orders by a count, largest first, and by id where counts are equal: the same whatever the order of the input. */
export function byCount<T>(count: (item: T) => number, id: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => count(b) - count(a) || compareTexts(id(a), id(b));
}

/** Compares character by character: which language a machine speaks makes no difference. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The items by a key they share. `Map.groupBy` is not in Node 20. */
export function grouped<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
