/** Clever's words for relationships; it knows no mothers and fathers. */
export const CLEVER_RELATIONSHIPS: Readonly<Record<string, string>> = {
  Mother: 'Parent',
  Father: 'Parent',
  Grandparent: 'Grandparent',
  'Aunt/Uncle': 'Aunt/Uncle',
  Guardian: 'Other',
};

const SUBJECTS: Readonly<Record<string, string>> = {
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

/** The one subject that Clever has of a class. */
export function cleverSubjectOf({
  kind,
  subjects,
}: {
  readonly kind: string | null;
  readonly subjects: readonly string[];
}): string {
  if (kind === 'homeroom') return 'homeroom/advisory';
  return SUBJECTS[subjects[0] ?? ''] ?? 'other';
}

/** Clever's word for a grade of the model. */
export const cleverGradeOf = (grade: string): string => (grade === 'KG' ? 'Kindergarten' : String(Number(grade)));

/** `2009-03-07` as `3/7/2009`, the form of Clever's birth dates. */
export function americanDate(date: string | null): string | null {
  const [year, month, day] = date?.split('-') ?? [];
  return year === undefined ? null : `${Number(month)}/${Number(day)}/${year}`;
}
