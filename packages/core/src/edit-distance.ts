/**
 * Damerau-Levenshtein distance of two texts: how many characters must be inserted, deleted, replaced or swapped with
 * their neighbour to turn one into the other (optimal string alignment: no swapped pair is edited again). Characters are
 * Unicode code points, compared exactly.
 *
 * @param bound the largest distance of interest; the search stops as soon as it must be exceeded.
 * @returns the distance, or `Infinity` if it is more than `bound`.
 */
export function editDistance(left: string, right: string, bound = Infinity): number {
  const [leftRest, rightRest] = withoutCommonEnds(left, right);
  // Both ends differ now, and no single edit mends both of more than two characters (four code units at most).
  const isPastOneEdit = leftRest !== '' && rightRest !== '' && Math.max(leftRest.length, rightRest.length) > 4;
  if (isPastOneEdit && bound < 2) return Infinity;
  const distance = alignment(Array.from(leftRest), Array.from(rightRest), bound);
  return distance > bound ? Infinity : distance;
}

function alignment(a: readonly string[], b: readonly string[], bound: number): number {
  if (Math.abs(a.length - b.length) > bound) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = nextRow(a, b, row, last, beforeLast);
    // No later cell can be less than the least of a whole row: even a swap, which skips a row, costs one.
    if (Math.min(...current) > bound) return Infinity;
    beforeLast = last;
    last = current;
  }
  return cell(last, b.length);
}

function nextRow(
  a: readonly string[],
  b: readonly string[],
  row: number,
  last: readonly number[],
  beforeLast: readonly number[],
): number[] {
  const current = [row];
  for (let column = 1; column <= b.length; column++) {
    const isSame = a[row - 1] === b[column - 1];
    const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
    const deletion = cell(last, column) + 1;
    const insertion = cell(current, column - 1) + 1;
    const replacement = cell(last, column - 1) + (isSame ? 0 : 1);
    const swap = isSwap ? cell(beforeLast, column - 2) + 1 : Infinity;
    current.push(Math.min(deletion, insertion, replacement, swap));
  }
  return current;
}

/** What the texts share at either end costs nothing. A surrogate pair is never cut in two. */
function withoutCommonEnds(left: string, right: string): [string, string] {
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && left.charCodeAt(start) === right.charCodeAt(start)) start++;
  if (start > 0 && isHighSurrogate(left.charCodeAt(start - 1))) start--;
  let end = 0;
  const mostEnd = shorter - start;
  while (end < mostEnd && left.charCodeAt(left.length - 1 - end) === right.charCodeAt(right.length - 1 - end)) end++;
  if (end > 0 && isLowSurrogate(left.charCodeAt(left.length - end))) end--;
  return [left.slice(start, left.length - end), right.slice(start, right.length - end)];
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
const cell = (row: readonly number[], column: number): number => row[column] ?? Infinity;
