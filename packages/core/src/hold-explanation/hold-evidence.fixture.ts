import type { GradeEvidence, GroupEvidence, HoldEvidence } from '../hold-evidence.ts';

/** Evidence of a day in June, of schools "N" to "W" with names and of "0123" without one, unless told otherwise. */
export const evidenceOf = (parts: Partial<HoldEvidence>): HoldEvidence => ({
  today: '2026-06-15',
  schoolNames: { N: 'North High', S: 'South High', E: 'East High', W: 'West High' },
  groups: [],
  grades: [],
  rekeyed: [],
  zeros: [],
  endedTerms: [],
  classes: [],
  transfers: [],
  ...parts,
});

/** One group of students of North High unless told otherwise. */
export const group = (count: Partial<GroupEvidence>): GroupEvidence => ({
  recordType: 'students',
  school: 'N',
  active: 0,
  toArchive: 0,
  toCreate: 0,
  ...count,
});

/** The grades of one school, each with how many it has and how many of them would be archived. */
export type Grades = readonly (readonly [grade: string | null, active: number, toArchive?: number])[];

/** A school's grades, and the group of students they add up to. */
export function schoolOf(school: string, grades: Grades): { grades: GradeEvidence[]; groups: GroupEvidence[] } {
  const entries = grades.map(([grade, active, toArchive = 0]) => {
    const examples = Array.from({ length: Math.min(toArchive, 5) }, (_, index) => `${school}-${grade}-${index}`);
    return { school, grade, active, toArchive, examples };
  });
  const active = entries.reduce((sum, entry) => sum + entry.active, 0);
  const toArchive = entries.reduce((sum, entry) => sum + entry.toArchive, 0);
  return { grades: entries, groups: [group({ school, active, toArchive })] };
}

/** Evidence of schools by their grades. */
export function gradesOf(schools: Readonly<Record<string, Grades>>, parts: Partial<HoldEvidence> = {}): HoldEvidence {
  const each = Object.entries(schools).map(([school, grades]) => schoolOf(school, grades));
  return evidenceOf({
    groups: each.flatMap(({ groups }) => groups),
    grades: each.flatMap(({ grades }) => grades),
    ...parts,
  });
}
