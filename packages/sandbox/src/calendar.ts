import type { Term } from '@rollbook/core';
import type { Random } from './random.ts';

const DAY_MS = 86_400_000;

const isoDate = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

/**
 * The terms of a school year: the year and its two semesters. `endDate` is the first day after (OneRoster: exclusive).
 * `schoolYear` is the year in which it ends.
 */
export function termsOf(schoolYear: number): Term[] {
  const year = `SY${schoolYear}`;
  const term = (sisId: string, title: string, kind: string, startDate: string, endDate: string): Term => ({
    sisId,
    title,
    kind,
    startDate,
    endDate,
    schoolYear: String(schoolYear),
    parent: sisId === year ? null : year,
  });
  const [first, middle, last] = [`${schoolYear - 1}-08-17`, `${schoolYear}-01-11`, `${schoolYear}-06-05`];
  return [
    term(year, `${schoolYear - 1}-${schoolYear} School Year`, 'schoolYear', first, last),
    term(`${year}-S1`, 'Semester 1', 'semester', first, middle),
    term(`${year}-S2`, 'Semester 2', 'semester', middle, last),
  ];
}

/**
 * A birth date, `YYYY-MM-DD`, of a student of this grade in this school year: the child is five on 1 September of its kindergarten
 * year. `gradeIndex` is 0 for KG.
 */
export function birthDateFor(schoolYear: number, gradeIndex: number, random: Random): string {
  const firstMs = Date.UTC(schoolYear - 7 - gradeIndex, 8, 2);
  return isoDate(firstMs + random.below(365) * DAY_MS);
}

/** Whole days between two dates, never negative. */
export function daysApart(one: string, other: string): number {
  return Math.round(Math.abs(Date.parse(one) - Date.parse(other)) / DAY_MS);
}

/** When a district's files of this day are written, in the time of this machine. */
export const nightOf = ({ schoolYear, day }: { readonly schoolYear: number; readonly day: number }): Date =>
  new Date(schoolYear - 1, 7, day, 4);

/** The day before a date, both `YYYY-MM-DD`. */
export const dayBefore = (date: string): string => isoDate(Date.parse(date) - DAY_MS);
