/**
 * Where a class is, as its rows and the roster say together. `unknown`: no row of the data can be used for it, and the
 * roster does not hold it either.
 */
export type ClassPlace =
  | { readonly kind: 'inside'; readonly school: string | null }
  | { readonly kind: 'outside'; readonly school: string }
  | { readonly kind: 'unknown'; readonly isInData: boolean };

/**
 * The schools of classes, for judging their enrollments. Several rows of one class are settled as the store settles them
 * (guard §38), so that class and enrollments agree whatever the order of rows: a row in scope before one whose place
 * cannot be told, before one marked as deleted, before one that cannot be used, before one outside.
 */
export class ClassPlaces {
  readonly #isLinked: (school: string) => boolean;
  /** Whether the first row of a class says which school it is counted in, or the last. */
  isFirstRowTaken = false;
  readonly #inside = new Map<string, string>();
  /** Classes with rows in several schools in scope, in the order of the rows. */
  readonly #severalInside = new Map<string, string[]>();
  readonly #placeless = new Set<string>();
  readonly #gone = new Set<string>();
  readonly #unusable = new Set<string>();
  readonly #outside = new Map<string, string>();
  readonly #roster = new Map<string, string | null>();
  #hasRoster = false;
  #isRosterPartOfData = false;

  constructor(isLinked: (school: string) => boolean) {
    this.#isLinked = isLinked;
  }

  noteInside(sisId: string, school: string): void {
    const known = this.#inside.get(sisId);
    if (known === undefined) this.#inside.set(sisId, school);
    else if (known !== school || this.#severalInside.has(sisId)) this.#addSchool(sisId, known, school);
  }

  noteOutside(sisId: string, school: string): void {
    this.#outside.set(sisId, school);
  }

  notePlaceless(sisId: string): void {
    this.#placeless.add(sisId);
  }

  noteGone(sisId: string): void {
    this.#gone.add(sisId);
  }

  noteUnusable(sisId: string): void {
    this.#unusable.add(sisId);
  }

  /** Active classes of the roster. `isPartOfData`: the data does not deliver all classes, and may refer to these. */
  learn(
    classes: readonly { readonly sisId: string; readonly school: string | null }[],
    { isPartOfData }: { readonly isPartOfData: boolean },
  ): void {
    this.#hasRoster = true;
    if (isPartOfData) this.#isRosterPartOfData = true;
    for (const { sisId, school } of classes) this.#roster.set(sisId, school);
  }

  /** Whether some class cannot be placed without the roster, which was not learnt yet. */
  get needsRoster(): boolean {
    return !this.#hasRoster && this.#severalInside.size + this.#placeless.size + this.#unusable.size > 0;
  }

  placeOf(sisId: string): ClassPlace {
    const school = this.#inside.get(sisId);
    if (school !== undefined) return { kind: 'inside', school: this.#homeOf(sisId) ?? school };
    if (this.#placeless.has(sisId)) return this.#asInRoster(sisId);
    if (this.#gone.has(sisId)) return { kind: 'unknown', isInData: true };
    if (this.#unusable.has(sisId)) return this.#asInRoster(sisId);
    const elsewhere = this.#outside.get(sisId);
    if (elsewhere !== undefined) return { kind: 'outside', school: elsewhere };
    const known = this.#isRosterPartOfData ? this.#roster.get(sisId) : undefined;
    return known === undefined ? { kind: 'unknown', isInData: false } : { kind: 'inside', school: known };
  }

  #addSchool(sisId: string, first: string, school: string): void {
    const schools = this.#severalInside.get(sisId) ?? [first];
    // Of rows of one school the last counts as the last row.
    this.#severalInside.set(
      sisId,
      this.isFirstRowTaken && schools.includes(school)
        ? schools
        : [...schools.filter((known) => known !== school), school],
    );
  }

  /** Of several schools: the one that the roster has, else that of the row that wins. */
  #homeOf(sisId: string): string | undefined {
    const schools = this.#severalInside.get(sisId);
    if (!schools) return undefined;
    const home = this.#roster.get(sisId) ?? null;
    if (home !== null && schools.includes(home)) return home;
    return this.isFirstRowTaken ? this.#inside.get(sisId) : schools.at(-1);
  }

  /** A class that is in the data, nobody knows where: it stays where the roster has it (guard §20, §37). */
  #asInRoster(sisId: string): ClassPlace {
    const school = this.#roster.get(sisId);
    if (school === undefined) return { kind: 'unknown', isInData: true };
    return school === null || this.#isLinked(school) ? { kind: 'inside', school } : { kind: 'outside', school };
  }
}
