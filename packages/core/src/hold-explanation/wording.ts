import type { HoldEvidence } from '../hold-evidence.ts';
import { quoted } from '../received.ts';
import type { RecordType } from '../record-types.ts';
import { countedRecords, listed, number, recordNoun } from '../wording.ts';

const MAX_NAMED = 3;
const LONGEST_NAME = 60;

/** `The only class`, `All 128 classes`, `1 of the 128 classes`. */
export function portion(part: number, whole: number, recordType: RecordType): string {
  if (part < whole) return `${number(part)} of the ${countedRecords(whole, recordType)}`;
  return whole === 1 ? `The only ${recordNoun(recordType, 1)}` : `All ${countedRecords(whole, recordType)}`;
}

/** `460 of the 480 students due to be archived at North High`. */
export function dueToBeArchived(
  evidence: HoldEvidence,
  part: number,
  whole: number,
  { recordType, schools }: { readonly recordType: RecordType; readonly schools: readonly string[] },
): string {
  const place = schools.length === 0 ? 'in the district' : `at ${schoolList(evidence, schools)}`;
  return `${portion(part, whole, recordType)} due to be archived ${place}`;
}

/** `"C1", "C2", "C3" and 2 more`. */
export const idList = (ids: readonly string[]): string => firstOf(ids, quoted, (rest) => `${number(rest)} more`);

/** `grade 9, grade 10, grade 11 and 1 more`. */
export const wordList = (words: readonly string[]): string =>
  firstOf(
    words,
    (word) => word,
    (rest) => `${number(rest)} more`,
  );

/** `North High, South High, East High and 3 other schools`. */
export const schoolList = (evidence: HoldEvidence, schools: readonly string[]): string =>
  firstOf(
    schools,
    (school) => schoolName(evidence, school),
    (rest) => `${number(rest)} other ${rest === 1 ? 'school' : 'schools'}`,
  );

/** Three of a list at most, and how many more there are. */
function firstOf<T>(items: readonly T[], show: (item: T) => string, more: (rest: number) => string): string {
  const rest = items.length - MAX_NAMED;
  const shown = items.slice(0, MAX_NAMED).map(show);
  return listed(rest > 0 ? [...shown, more(rest)] : shown);
}

/** A school by its name, with its id where another has the same name; by its id alone where it has none. */
function schoolName({ schoolNames }: HoldEvidence, school: string): string {
  const name = Object.hasOwn(schoolNames, school) ? plain(schoolNames[school] ?? '') : '';
  if (name === '') return `school ${quoted(school)}`;
  const isShared = Object.entries(schoolNames).some(([id, other]) => id !== school && plain(other) === name);
  return isShared ? `${name} (${quoted(school)})` : name;
}

/** A name as one line of visible characters, clipped. */
function plain(name: string): string {
  const line = name.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
  const characters = Array.from(line);
  return characters.length <= LONGEST_NAME ? line : `${characters.slice(0, LONGEST_NAME).join('')}…`;
}
