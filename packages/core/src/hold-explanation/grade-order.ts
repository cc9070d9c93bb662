import { quoted } from '../received.ts';

/** A grade as it is compared and shown. Two spellings of one grade, `9` and `09`, have the same key. */
export interface Grade {
  readonly key: string;
  /** Its place in the order of grades; null for grades without one, such as `UG`, `Other` and a district's own. */
  readonly rank: number | null;
  /** Fits "students of …". */
  readonly label: string;
}

const FIRST_NUMBER = 1;
const LAST_NUMBER = 13;

/** The CEDS codes that OneRoster uses, then other words for the same. Youngest first; the numbers come after these. */
const BEFORE_NUMBERS = [
  { words: ['it', 'infanttoddler'], label: 'the infant and toddler group' },
  { words: ['pr', 'preschool'], label: 'preschool' },
  { words: ['pk', 'prek', 'prekindergarten', '-1'], label: 'pre-kindergarten' },
  { words: ['tk', 'transitionalkindergarten'], label: 'transitional kindergarten' },
  { words: ['kg', 'k', 'kindergarten', '0', '00'], label: 'kindergarten' },
];
const AFTER_NUMBERS = [{ words: ['ps', 'pg', 'postgraduate'], label: 'the postsecondary grade' }];

const GRADES = new Map<string, Grade>([
  ...ranked(BEFORE_NUMBERS, FIRST_NUMBER - BEFORE_NUMBERS.length),
  ...ranked(AFTER_NUMBERS, LAST_NUMBER + 1),
]);

function ranked(
  grades: readonly { readonly words: readonly string[]; readonly label: string }[],
  firstRank: number,
): [word: string, grade: Grade][] {
  return grades.flatMap(({ words, label }, index) => {
    const grade = { key: label, rank: firstRank + index, label };
    return words.map((word): [string, Grade] => [word, grade]);
  });
}

/** Reads a grade as a source gives it; null where there is none. */
export function readGrade(text: string | null): Grade | null {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return null;
  const word = trimmed.toLowerCase();
  const known = GRADES.get(word.replaceAll(/(?<=[a-z])[\s/-]+(?=[a-z])/g, '')) ?? numbered(word);
  return known ?? { key: `"${word}"`, rank: null, label: `grade ${quoted(trimmed)}` };
}

/** `9`, `09`, `9th` and `Grade 9`. */
function numbered(word: string): Grade | null {
  const digits = /^(?:grade\s*)?(\d{1,2})(?:st|nd|rd|th)?(?:\s*grade)?$/.exec(word)?.[1];
  const rank = Number(digits ?? Number.NaN);
  return rank >= FIRST_NUMBER && rank <= LAST_NUMBER ? { key: `grade ${rank}`, rank, label: `grade ${rank}` } : null;
}
