/**
 * The tree of orgs.csv. Small next to the rest of a roster (one row a school or office), so it is kept in memory.
 */
export class Organisations {
  readonly #orgs = new Map<string, { readonly isSchool: boolean; readonly parent: string }>();

  add(sourcedId: string, kind: string, parent: string): void {
    this.#orgs.set(sourcedId, { isSchool: kind === 'school', parent });
  }

  isSchool(sourcedId: string): boolean {
    return this.#orgs.get(sourcedId)?.isSchool === true;
  }

  /**
   * The school that what is attached to `sourcedId` belongs to: the org itself if it is a school, else the nearest
   * one above it (a department's school), else the org itself. An org that is not in the data is kept as it is.
   */
  schoolOf(sourcedId: string): string {
    let org = this.#orgs.get(sourcedId);
    if (org === undefined || org.isSchool) return sourcedId;
    let above = org.parent;
    // Parents may form a ring in bad data; no honest tree is this deep.
    for (let depth = 0; depth < 32 && above !== ''; depth += 1) {
      org = this.#orgs.get(above);
      if (org === undefined) return sourcedId;
      if (org.isSchool) return above;
      above = org.parent;
    }
    return sourcedId;
  }

  /**
   * The schools of a person attached to these orgs, in order and without repetition, home school first (guard §5).
   * That is the first that is a school: many exports name the district before the school.
   */
  schoolsOf(sourcedIds: readonly string[]): string[] {
    if (sourcedIds.length === 1) return [this.schoolOf(sourcedIds[0]!)];
    const schools = [...new Set(sourcedIds.map((id) => this.schoolOf(id)))];
    const home = schools.findIndex((id) => this.isSchool(id));
    if (home > 0) schools.unshift(...schools.splice(home, 1));
    return schools;
  }
}
