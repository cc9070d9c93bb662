/** More of them wait for nobody: so many drafts are rarely written at once. */
const MAX_SPARE = 24;

const spare: Int32Array[] = [];

/**
 * An array of zeros. Large ones are used again and again: the garbage collector, which sees little of them but their
 * heads, would let those of some runs pile up.
 */
export function takeArray(length: number): Int32Array {
  const fitting = spare.filter((array) => array.length >= length && array.length <= length * 4);
  const best = fitting.sort((one, other) => one.length - other.length)[0];
  if (best === undefined) return new Int32Array(length);
  spare.splice(spare.indexOf(best), 1);
  return best.subarray(0, length).fill(0);
}

/** Nobody may use the array after. */
export function giveArrayBack(array: Int32Array): void {
  if (array.length === 0) return;
  if (spare.length === MAX_SPARE) spare.shift();
  spare.push(new Int32Array(array.buffer));
}
