/** Clever's words for grades, in lower case without blanks and hyphens, and the CEDS codes that OneRoster uses. */
const WORDS = new Map(
  Object.entries({
    infanttoddler: 'IT',
    it: 'IT',
    preschool: 'PR',
    pr: 'PR',
    prekindergarten: 'PK',
    prek: 'PK',
    pk: 'PK',
    transitionalkindergarten: 'TK',
    tk: 'TK',
    kindergarten: 'KG',
    kg: 'KG',
    k: 'KG',
    postgraduate: 'PS',
    pg: 'PS',
    ps: 'PS',
    ungraded: 'UG',
    ug: 'UG',
    other: 'Other',
  }),
);

/**
 * The grade of Clever's API or of a Clever CSV file, as the code the other sources give: `9` is `09`, `Kindergarten`
 * is `KG`, `PreKindergarten` is `PK`. Numbers go to 13; `0` and `-1` are kindergarten and pre-kindergarten, as systems
 * that number all grades write them. `9th` and `Grade 9` are read too. A blank is null; a word nobody knows is kept,
 * trimmed, for a grade of the district's own is better than none.
 */
export function gradeOf(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const word = trimmed.toLowerCase();
  const number = /^(?:grade\s*)?(-?\d{1,2})(?:st|nd|rd|th)?(?:\s*grade)?$/.exec(word)?.[1];
  if (number !== undefined) return numbered(Number(number)) ?? trimmed;
  return WORDS.get(word.replaceAll(/[\s_/-]/g, '')) ?? trimmed;
}

function numbered(grade: number): string | undefined {
  if (grade === -1) return 'PK';
  if (grade === 0) return 'KG';
  return grade >= 1 && grade <= 13 ? String(grade).padStart(2, '0') : undefined;
}
