/** Clever's own words for what the pretend district has in those of OneRoster. */

const GRADE_WORDS: Readonly<Record<string, string>> = {
  IT: 'InfantToddler',
  PR: 'Preschool',
  PK: 'PreKindergarten',
  TK: 'TransitionalKindergarten',
  KG: 'Kindergarten',
  PS: 'PostGraduate',
  UG: 'Ungraded',
};

/** `9` for `09`, `Kindergarten` for `KG`. */
export const gradeWord = (grade: string): string => GRADE_WORDS[grade] ?? grade.replace(/^0/, '');

const SUBJECT_WORDS: Readonly<Record<string, string>> = {
  English: 'english/language arts',
  Mathematics: 'math',
  Science: 'science',
  'Social Studies': 'social studies',
  'World Languages': 'language',
  Advisory: 'homeroom/advisory',
  'Computer Science': 'technology and engineering',
  'Physical Education': 'PE and health',
  Art: 'arts and music',
  Music: 'arts and music',
};

export const subjectWord = (subject: string | undefined): string | undefined =>
  subject === undefined ? undefined : (SUBJECT_WORDS[subject] ?? 'other');

const RELATIONSHIP_WORDS: Readonly<Record<string, string>> = {
  Mother: 'Parent',
  Father: 'Parent',
  Grandparent: 'Grandparent',
  'Aunt/Uncle': 'Aunt/Uncle',
};

export const relationshipWord = (relationship: string | null): string | undefined =>
  relationship === null ? undefined : (RELATIONSHIP_WORDS[relationship] ?? 'Other');

const CONTACT_TYPES: Readonly<Record<string, string>> = {
  'parent/guardian': 'Parent/Guardian',
  emergency: 'Emergency',
};

export const contactTypeWord = (kind: string | null): string | undefined =>
  kind === null ? undefined : (CONTACT_TYPES[kind] ?? 'Other');

export const PHONE_WORDS = { cell: 'Cell', home: 'Home', work: 'Work' } as const;

const RACE_WORDS: Readonly<Record<string, string>> = {
  americanIndianOrAlaskaNative: 'American Indian',
  asian: 'Asian',
  blackOrAfricanAmerican: 'Black or African American',
  nativeHawaiianOrOtherPacificIslander: 'Hawaiian or Other Pacific Islander',
  white: 'Caucasian',
};

export const raceWord = (races: readonly string[]): string =>
  races.length > 1 ? 'Two or More Races' : (RACE_WORDS[races[0] ?? ''] ?? '');

export const genderWord = (sex: string): string => ({ female: 'F', male: 'M', other: 'X' })[sex] ?? '';

const languageNames = new Intl.DisplayNames('en', { type: 'language' });

/** `Spanish` for `es`. */
export const languageWord = (code: string): string => languageNames.of(code) ?? code;

/** `6/18/1998` for `1998-06-18`. */
export function americanDate(date: string): string {
  const [year, month, day] = date.split('-').map(Number);
  return `${month}/${day}/${year}`;
}

/** The last day of something that ends before this day, both `YYYY-MM-DD`. */
export const dayBefore = (date: string): string => new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
