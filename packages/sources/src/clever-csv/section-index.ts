import { compositeKey, type Course, type Term } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';
import { cleverDateOf, dayAfter } from '../clever-date.ts';
import type { Sheet } from '../csv-sheet.ts';
import { ownText } from '../own-text.ts';
import type { PullOutput } from '../pull-output.ts';
import { CO_TEACHERS, type Column, type FileRow } from './layout.ts';

/**
 * What other files need of sections.csv: the school of each section, where else a teacher teaches, and the courses and
 * terms, which the format has only as columns of sections. Small next to the rest of a roster.
 */
export class SectionIndex {
  readonly #schools = new Map<string, string>();
  readonly #schoolsOfTeachers = new Map<string, string[]>();
  readonly #courses = new Map<string, { readonly record: Course; readonly line: number }>();
  readonly #terms = new Map<string, { readonly record: Term; readonly line: number }>();

  static async read(sheet: Sheet<Column<'sections'>>, signal: AbortSignal): Promise<SectionIndex> {
    const index = new SectionIndex();
    for await (const { rows, lines } of sheet.rows(signal))
      for (let i = 0; i < rows.length; i += 1) index.#add(rows[i]!, lines[i]!);
    return index;
  }

  schoolOf(section: string): string | undefined {
    return this.#schools.get(section);
  }

  /** The schools of the sections that someone teaches, without repetition. */
  schoolsOfTeacher(teacher: string): readonly string[] {
    return this.#schoolsOfTeachers.get(teacher) ?? [];
  }

  *deliver(out: PullOutput, fileName: string): Generator<PullEvent> {
    out.delivers('terms', 'full', fileName);
    for (const { record, line } of this.#terms.values()) out.add('terms', record, line, false);
    out.delivers('courses', 'full', fileName);
    for (const { record, line } of this.#courses.values()) out.add('courses', record, line, false);
    yield* out.drain();
  }

  #add(row: FileRow<'sections'>, line: number): void {
    if (row.Section_id === '') return;
    if (row.School_id !== '') this.#addSchool(row);
    const course = courseOf(row);
    if (course !== null && !this.#courses.has(course.sisId)) this.#courses.set(course.sisId, { record: course, line });
    const term = termOf(row);
    if (term && !this.#terms.has(term.sisId)) this.#terms.set(term.sisId, { record: term, line });
  }

  /** Of several rows of a section the first counts, as in Clever (guard §38). */
  #addSchool(row: FileRow<'sections'>): void {
    const at = ownText(row.School_id);
    const section = row.Section_id;
    if (!this.#schools.has(section)) this.#schools.set(ownText(section), at);
    for (const teacher of teachersOf(row)) {
      const schools = this.#schoolsOfTeachers.get(teacher);
      if (schools === undefined) this.#schoolsOfTeachers.set(ownText(teacher), [at]);
      else if (!schools.includes(at)) schools.push(at);
    }
  }
}

/** The teachers of a section, the one responsible for it first, each once. */
export function teachersOf(row: FileRow<'sections'>): string[] {
  const teachers = row.Teacher_id === '' ? [] : [row.Teacher_id];
  for (const column of CO_TEACHERS) {
    const teacher = row[column];
    if (teacher !== '' && !teachers.includes(teacher)) teachers.push(teacher);
  }
  return teachers;
}

/** A course is known by its number, or else by its name; as in Clever, it belongs to no school. */
export function courseOf({ Course_number: number, Course_name: name }: FileRow<'sections'>): Course | null {
  if (number === '' && name === '') return null;
  return {
    sisId: compositeKey(number === '' ? name : number),
    title: name === '' ? number : name,
    code: number === '' ? null : number,
    school: null,
    grades: [],
    subjects: [],
  };
}

/** A term is known by its name and dates; null if the section has none of them, undefined for a date that is none. */
export function termOf(row: FileRow<'sections'>): Term | null | undefined {
  const startDate = cleverDateOf(row.Term_start);
  const endDate = cleverDateOf(row.Term_end);
  if (startDate === undefined || endDate === undefined) return undefined;
  const name = row.Term_name;
  if (name === '' && startDate === null && endDate === null) return null;
  return {
    sisId: compositeKey(name, startDate ?? '', endDate ?? ''),
    title: name === '' ? `${startDate ?? ''} to ${endDate ?? ''}`.trim() : name,
    kind: null,
    startDate,
    endDate: endDate === null ? null : dayAfter(endDate),
    schoolYear: null,
    parent: null,
  };
}
