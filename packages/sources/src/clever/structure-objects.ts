import type { Class, Course, School, Term } from '@rollbook/core';
import { cleverDateOf, dayAfter } from '../clever-date.ts';
import { gradeOf } from '../clever-grade.ts';
import type { CleverObject } from './clever-object.ts';
import type { ObjectReport } from './object-report.ts';

/** The word for what a record cannot be without, if it lacks it. */
export type Lack = { readonly lacks: string };
export const isLack = (value: object): value is Lack => 'lacks' in value;

export function schoolOf(object: CleverObject): School | Lack {
  const name = object.text('name');
  if (name === null) return { lacks: 'name' };
  return {
    sisId: object.id,
    name,
    number: object.text('school_number') ?? object.text('sis_id'),
    stateId: object.text('state_id'),
    ncesId: object.text('nces_id'),
    kind: 'school',
    parent: null,
  };
}

/** A term has a name, dates, or both (clever.md §3.4); its last day is a day of it. */
export function termOf(object: CleverObject, report: ObjectReport): Term | Lack {
  const [startDate, lastDate] = (['start_date', 'end_date'] as const).map((key) => dateOf(object, key, report));
  const title = object.text('name') ?? `${startDate ?? ''} to ${lastDate ?? ''}`.trim();
  if (title === 'to') return { lacks: 'name' };
  return {
    sisId: object.id,
    title,
    kind: null,
    startDate: startDate ?? null,
    endDate: lastDate ? dayAfter(lastDate) : null,
    schoolYear: null,
    parent: null,
  };
}

function dateOf(object: CleverObject, key: string, report: ObjectReport): string | null {
  const date = cleverDateOf(object.text(key) ?? '');
  if (date === undefined) report.note('bad_date', object.id, `\`${key}\` is not a date; it was left empty`);
  return date ?? null;
}

export function courseOf(object: CleverObject): Course | Lack {
  const code = object.text('number');
  const title = object.text('name') ?? code;
  if (title === null) return { lacks: 'name' };
  return { sisId: object.id, title, code, school: null, grades: [], subjects: [] };
}

const listOf = (value: string | null): string[] => (value === null ? [] : [value]);

/** A section as a class. It names its course `course`, but its term `term_id`. */
export function classOf(object: CleverObject): Class | Lack {
  const title = object.text('name');
  const school = object.text('school');
  if (title === null) return { lacks: 'name' };
  if (school === null) return { lacks: 'school' };
  return {
    sisId: object.id,
    title,
    code: object.text('section_number') ?? object.text('sis_id'),
    kind: null,
    school,
    course: object.text('course'),
    terms: listOf(object.text('term_id')),
    grades: listOf(gradeOf(object.text('grade') ?? '')),
    subjects: listOf(object.text('subject')),
    periods: listOf(object.text('period')),
    location: null,
  };
}
