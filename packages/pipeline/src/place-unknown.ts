import { counted, countedRecords, listed, missingSchools, type SchoolIdentity } from '@rollbook/core';
import type { CountedWarning, Placeless } from './snapshot.ts';

/** An id that is one typo away is enough of a hint; more would be a list to read. */
const MAX_NEAREST = 2;

/**
 * One warning for each record type and cause (guard §37): how many records have a place that cannot be told, what
 * becomes of them, the first lines and ids, and for unknown school ids what they may stand for.
 */
export function placeUnknown(
  placeless: readonly Placeless[],
  schoolsInData: readonly SchoolIdentity[],
): CountedWarning[] {
  return placeless.map((one) => {
    const { recordType, file, isBlank, count, examples } = one;
    const line = examples[0] !== undefined && examples[0].line > 0 ? examples[0].line : null;
    const named = `${countedRecords(count, recordType)} ${count === 1 ? 'names' : 'name'}`;
    const cause = isBlank
      ? `${named} no school. `
      : `${named} only schools that are not in the data: ${listed(one.schools.map((id) => withNearest(id, schoolsInData)))}. `;
    return {
      code: 'place_unknown',
      file,
      line,
      message: `${cause}${outcome(one)} ${firstOnes(one)}`,
      count,
    };
  });
}

function withNearest(id: string, schoolsInData: readonly SchoolIdentity[]): string {
  const nearest = missingSchools([{ sisId: id, name: null }], schoolsInData)[0]?.nearest.slice(0, MAX_NEAREST) ?? [];
  if (nearest.length === 0) return `"${id}"`;
  return `"${id}" (did you mean ${nearest.map((other) => `"${other}"`).join(' or ')}?)`;
}

function outcome({ count, left }: Placeless): string {
  const stay = count - left;
  const stays = `${counted(stay, 'active record')} ${stay === 1 ? 'stays as it is' : 'stay as they are'}`;
  const leaves = `${counted(left, 'record')} that ${left === 1 ? 'is' : 'are'} not active ${left === 1 ? 'was' : 'were'} left out`;
  if (left === 0) return `${stays}.`;
  return stay === 0 ? `${leaves}.` : `${stays}; ${leaves}.`;
}

function firstOnes({ examples, count }: Placeless): string {
  const ids = examples.map(({ sisId, line }) => (line > 0 ? `"${sisId}" (line ${line})` : `"${sisId}"`));
  const more = count > examples.length ? ', …' : '';
  return `Correct the school of ${ids.join(', ')}${more} in the export.`;
}
