import type { ObjectReport } from './object-report.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A JSON object as its fields; undefined for anything else. */
export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

/** Whether a field has no value: missing, null and blank are one to Clever (clever.md §3). */
export const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

/** One object of Clever's, or a part of one, read field by field. Shares the id for what is to be said of it. */
export class CleverObject {
  readonly id: string;
  readonly #fields: Fields;
  readonly #report: ObjectReport;

  constructor(fields: Fields, id: string, report: ObjectReport) {
    this.#fields = fields;
    this.id = id;
    this.#report = report;
  }

  has(key: string): boolean {
    return !isAbsent(this.#fields[key]);
  }

  /** Verbatim; null where there is none. A number is taken as its decimal text. */
  text(key: string): string | null {
    const value = this.#fields[key];
    if (isAbsent(value)) return null;
    if (typeof value === 'string') return value;
    if (typeof value === 'number') {
      this.#report.note('number_for_text', this.id, `\`${key}\` is a number; its decimal text was taken`);
      return String(value);
    }
    this.#report.note('unreadable_value', this.id, `\`${key}\` is not text; it was left empty`);
    return null;
  }

  /** The texts of a list, each once; a single text counts as a list of one. */
  texts(key: string): string[] {
    const value = this.#fields[key];
    const items = Array.isArray(value) ? (value as unknown[]) : [value];
    const found = new Set<string>();
    for (const item of items) {
      if (isAbsent(item)) continue;
      if (typeof item === 'string') found.add(item);
      else if (typeof item === 'number') found.add(String(item));
      else this.#report.note('unreadable_value', this.id, `\`${key}\` holds what is not text; it was left out`);
    }
    return [...found];
  }

  /** A part, which may be empty. */
  part(key: string): CleverObject {
    return this.partIfAny(key) ?? new CleverObject({}, this.id, this.#report);
  }

  partIfAny(key: string): CleverObject | undefined {
    const fields = fieldsOf(this.#fields[key]);
    return fields && new CleverObject(fields, this.id, this.#report);
  }

  parts(key: string): CleverObject[] {
    const value = this.#fields[key];
    if (!Array.isArray(value)) return [];
    return (value as unknown[]).flatMap((item) => {
      const fields = fieldsOf(item);
      return fields === undefined ? [] : [new CleverObject(fields, this.id, this.#report)];
    });
  }
}

/** The object that an item of a list wraps; undefined if it has no id. */
export function wrappedObject(item: unknown, report: ObjectReport): CleverObject | undefined {
  const fields = fieldsOf(fieldsOf(item)?.['data']);
  const id = fields?.['id'];
  if (fields === undefined || isAbsent(id) || (typeof id !== 'string' && typeof id !== 'number')) return undefined;
  return new CleverObject(fields, String(id), report);
}
