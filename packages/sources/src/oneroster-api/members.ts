import type { CollectionReport } from './collection-report.ts';

/** An object of a collection, of unknown contents. */
export type ApiObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is ApiObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads members as the servers in the field write them: texts may come as numbers, flags as real booleans, references
 * as bare ids, lists as single values, and what has no value as null, as '' or not at all (then '' here).
 */
export class Members {
  readonly #object: ApiObject;
  readonly #report: CollectionReport;

  constructor(object: ApiObject, report: CollectionReport) {
    this.#object = object;
    this.#report = report;
  }

  text(member: string): string {
    return this.#textOf(this.#object[member], member);
  }

  /** The items of a list; a text is given back as it is, and may hold several separated by commas. */
  list(member: string): string | string[] {
    const value = this.#object[member];
    return Array.isArray(value) ? value.map((item) => this.#textOf(item, member)) : this.#textOf(value, member);
  }

  /** The `sourcedId` that a reference names; its `href` may lead anywhere and is not looked at (oneroster §0.9). */
  ref(member: string): string {
    return this.#refOf(this.#object[member], member);
  }

  refs(member: string): string[] {
    return this.objects(member).map((item) => this.#refOf(item, member));
  }

  /** What stands in a list, or the one that stands there alone. */
  objects(member: string): readonly unknown[] {
    const value = this.#object[member];
    if (Array.isArray(value)) return value;
    return value === undefined || value === null || value === '' ? [] : [value];
  }

  #refOf(value: unknown, member: string): string {
    return this.#textOf(isObject(value) ? value['sourcedId'] : value, member);
  }

  #textOf(value: unknown, member: string): string {
    if (typeof value === 'string') return value;
    if (value === undefined || value === null) return '';
    if (typeof value === 'boolean') return String(value);
    if (typeof value === 'number') return this.#digitsOf(value, member);
    this.#report.note('bad_value', 0, `\`${member}\`: expected a text; it was left empty`);
    return '';
  }

  /** Beyond 2^53 a number in JSON is not what the server wrote, and a wrong id is worse than none. */
  #digitsOf(value: number, member: string): string {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#report.note(
        'number_for_text',
        0,
        `\`${member}\`: a number too large to be exact stands for a text; it was left empty`,
      );
      return '';
    }
    this.#report.note('number_for_text', 0, `\`${member}\`: a number stands for a text; its digits were taken`);
    return String(value);
  }
}
