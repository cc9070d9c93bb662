import { editDistance } from './edit-distance.ts';

/** Below this length a word inside another says nothing: `id` is in half of all headers. */
const SHORTEST_PART = 5;
const PART_OF_ANOTHER = 10;

/**
 * A text with everything taken away that people do not see or do not mean: case, spaces, invisible characters (BOM,
 * zero-width, soft hyphen), and the separators `_`, `-` and `.`; full-width and composed forms are made one.
 */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\s\p{Cf}\p{Cc}_.-]/gu, '')
    .toLowerCase();
}

/**
 * The candidates that a misspelt word may have meant, best first: equal but for case, spaces and separators; then by
 * the number of typos, at most one for every three characters and never over three; then those that contain the word.
 *
 * @param max how many to return at most, 1 by default.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
  { max = 1 }: { readonly max?: number } = {},
): string[] {
  const wanted = fold(word);
  if (wanted === '') return [];
  const bound = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  const ranked: { candidate: string; rank: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const rank = likeness(wanted, fold(candidate), bound);
    if (rank !== null) ranked.push({ candidate, rank });
  }
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.slice(0, max).map(({ candidate }) => candidate);
}

function likeness(wanted: string, candidate: string, bound: number): number | null {
  const distance = editDistance(wanted, candidate, bound);
  if (distance !== Infinity && distance < Math.max(wanted.length, candidate.length)) return distance;
  return wanted.length >= SHORTEST_PART && candidate.includes(wanted) ? PART_OF_ANOTHER : null;
}
