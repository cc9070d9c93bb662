import { editDistance } from './edit-distance.ts';
import { fold } from './nearest.ts';

/** A school by its SIS id (verbatim, leading zeros kept) and its name, if known. */
export interface SchoolIdentity {
  readonly sisId: string;
  readonly name: string | null;
}

/** A linked school that is not in the data, with the ids in the data that may be meant, best first. */
export interface MissingSchool extends SchoolIdentity {
  readonly nearest: readonly string[];
}

const MAX_NEAREST = 5;

/** With one or two characters every id is one typo away from every other. */
const SHORTEST_TYPO = 3;

/** Best first. A name outweighs a typo, because the next id in a numbered list is one typo away too. */
const RANKS = { sameButCaseOrSpaces: 0, sameButZeros: 1, typoAndName: 2, name: 3, typo: 4 } as const;

interface Folded {
  readonly sisId: string;
  readonly id: string;
  readonly idWithoutZeros: string;
  readonly name: string;
}

const withoutZeros = (id: string): string => id.replace(/^0+(?=.)/, '');

function folded(school: SchoolIdentity): Folded {
  const id = fold(school.sisId);
  return { sisId: school.sisId, id, idWithoutZeros: withoutZeros(id), name: fold(school.name ?? '') };
}

/**
 * The linked schools whose id is not in the data, compared as exact strings (guard §15), each with at most five ids that
 * are: equal but for case and spaces, then but for leading zeros, of the same name, or one typo away. An id that is
 * linked already is nobody else's and is not proposed.
 */
export function missingSchools(
  links: readonly SchoolIdentity[],
  schoolsInData: readonly SchoolIdentity[],
): MissingSchool[] {
  const present = new Set(schoolsInData.map(({ sisId }) => sisId));
  const linked = new Map(links.map((link) => [link.sisId, link]));
  const missing = [...linked.values()].filter(({ sisId }) => !present.has(sisId));
  if (missing.length === 0) return [];
  const free = schoolsInData.filter(({ sisId }) => !linked.has(sisId)).map(folded);
  return missing.map(({ sisId, name }) => ({ sisId, name, nearest: nearestSchools(folded({ sisId, name }), free) }));
}

/** Whether two ids differ in their leading zeros and at most in case and spaces besides. */
export function differInLeadingZeros(left: string, right: string): boolean {
  const [a, b] = [fold(left), fold(right)];
  return a !== b && withoutZeros(a) === withoutZeros(b);
}

function nearestSchools(wanted: Folded, candidates: readonly Folded[]): string[] {
  const ranks = new Map<string, number>();
  for (const candidate of candidates) {
    const rank = likeness(wanted, candidate);
    if (rank !== null) ranks.set(candidate.sisId, Math.min(rank, ranks.get(candidate.sisId) ?? rank));
  }
  return [...ranks]
    .sort(([idA, rankA], [idB, rankB]) => rankA - rankB || (idA < idB ? -1 : 1))
    .slice(0, MAX_NEAREST)
    .map(([sisId]) => sisId);
}

function likeness(wanted: Folded, candidate: Folded): number | null {
  if (wanted.id !== '' && wanted.id === candidate.id) return RANKS.sameButCaseOrSpaces;
  if (wanted.id !== '' && wanted.idWithoutZeros === candidate.idWithoutZeros) return RANKS.sameButZeros;
  const isSameName = wanted.name !== '' && wanted.name === candidate.name;
  const isTypo =
    Math.max(wanted.id.length, candidate.id.length) >= SHORTEST_TYPO &&
    editDistance(wanted.id, candidate.id, 1) !== Infinity;
  if (isTypo && isSameName) return RANKS.typoAndName;
  if (isSameName) return RANKS.name;
  return isTypo ? RANKS.typo : null;
}
