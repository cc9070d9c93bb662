import {
  RECORD_TYPES,
  type Class,
  type Person,
  type RecordType,
  type RosterRecord,
  type RunSettings,
} from '@rollbook/core';
import { ClassPlaces } from './class-places.ts';
import type { KnownRecord, Presence, SnapshotContents } from './snapshot.ts';
import type { Delivery, PulledRow } from './source.ts';
import { WarningList } from './warning-list.ts';

/** The types small enough to keep the ids of: a district of a million enrollments has some ten thousand classes. */
export const INDEXED_TYPES = ['schools', 'terms', 'courses', 'classes'] as const satisfies readonly RecordType[];
type IndexedType = (typeof INDEXED_TYPES)[number];
type ReferredType = Exclude<IndexedType, 'classes'>;

interface Judged {
  readonly record: RosterRecord;
  readonly presence: Presence;
}

/**
 * Judges rows as they arrive: which lie outside the linked schools (guard §16), and which refer to schools, terms,
 * courses or classes that are not there (guard §21). References to people are judged later, as sets. Relies on the order
 * of arrival: schools, terms, courses, classes before what refers to them.
 */
export class Intake {
  readonly warnings = new WarningList();
  readonly #linked: ReadonlySet<string> | null;
  readonly #hasPhonesSwapped: boolean;
  readonly #known: Readonly<Record<ReferredType, Set<string>>> = {
    schools: new Set(),
    terms: new Set(),
    courses: new Set(),
  };
  readonly #classes = new ClassPlaces((school) => this.#isLinked(school));
  readonly #schools: { sisId: string; name: string | null }[] = [];
  readonly #otherOrgs = new Set<string>();
  readonly #unlinked = new Map<string, number>();

  constructor(settings: Pick<RunSettings, 'schools' | 'phoneCredentialColumn'>) {
    this.#hasPhonesSwapped = settings.phoneCredentialColumn === 'phone';
    this.#linked = settings.schools && new Set(settings.schools.map(({ sisId }) => sisId));
  }

  /** Records of the roster that the data may refer to, for types it does not deliver whole. */
  know(recordType: IndexedType, records: readonly KnownRecord[]): void {
    if (recordType === 'classes') return this.#classes.learn(records, { isPartOfData: true });
    for (const { sisId } of records) {
      this.#known[recordType].add(sisId);
      if (recordType === 'schools') this.#schools.push({ sisId, name: null });
    }
  }

  /** The active classes of the roster, for those whose rows do not say where they are. */
  learnClasses(records: readonly KnownRecord[]): void {
    this.#classes.learn(records, { isPartOfData: false });
  }

  /** Whether enrollments can be judged only after {@link learnClasses}. */
  get needsClassesOfRoster(): boolean {
    return this.#classes.needsRoster;
  }

  /** Of several rows of a class, the first says what it is, or the last (guard §38). */
  set isFirstClassRowTaken(isFirst: boolean) {
    this.#classes.isFirstRowTaken = isFirst;
  }

  /** A class whose row could not be used. */
  noteUnusableClass(sisId: string): void {
    this.#classes.noteUnusable(sisId);
  }

  get schools(): SnapshotContents['schools'] {
    return this.#schools;
  }

  get otherOrgs(): string[] {
    return [...this.#otherOrgs];
  }

  /** False for departments, districts and the like. */
  isSchool(sisId: string): boolean {
    return !this.#otherOrgs.has(sisId);
  }

  /** The school of a class that is present and linked; undefined for any other. */
  schoolOfPresentClass(sisId: string): string | null | undefined {
    const place = this.#classes.placeOf(sisId);
    return place.kind === 'inside' ? place.school : undefined;
  }

  /** Schools in the data that are not linked, with the number of records left out with each. */
  get unlinkedSchools(): ReadonlyMap<string, number> {
    return this.#unlinked;
  }

  judge<T extends RecordType>(recordType: T, row: PulledRow<T>, file: string): Judged {
    const judge = JUDGES[recordType] as (intake: Intake, row: PulledRow, file: string) => Judged;
    return judge(this, row, file);
  }

  /** Keeps the reference if its record is known; else says so. */
  #keep(type: ReferredType, id: string | null, field: string, row: PulledRow, file: string): string | null {
    if (id === null || this.#known[type].has(id)) return id;
    this.#unknown(field, id, row, file, 'the reference was left out');
    return null;
  }

  #keepAll(type: ReferredType, ids: readonly string[], field: string, row: PulledRow, file: string): string[] {
    const known = this.#known[type];
    if (ids.every((id) => known.has(id))) return ids as string[];
    return ids.filter((id) => this.#keep(type, id, field, row, file) !== null);
  }

  #unknown(field: string, id: string, row: PulledRow, file: string, consequence: string): void {
    this.#refer(`${field} "${id}" is not in the data; ${consequence}`, row, file);
  }

  #refer(message: string, row: PulledRow, file: string): void {
    this.warnings.add({ code: 'unknown_reference', file, line: row.line || null, message });
  }

  #isLinked(school: string): boolean {
    return this.#linked === null || this.#linked.has(school);
  }

  #outside(school: string | null): void {
    if (school !== null && this.#known.schools.has(school))
      this.#unlinked.set(school, (this.#unlinked.get(school) ?? 0) + 1);
  }

  judgeSchool(row: PulledRow<'schools'>): Judged {
    const { record } = row;
    if (row.gone) return { record, presence: 'g' };
    this.#known.schools.add(record.sisId);
    this.#schools.push({ sisId: record.sisId, name: record.name });
    if (record.kind !== null && record.kind !== 'school') this.#otherOrgs.add(record.sisId);
    else if (!this.#isLinked(record.sisId)) this.#unlinked.set(record.sisId, this.#unlinked.get(record.sisId) ?? 0);
    return { record, presence: this.#isLinked(record.sisId) ? 'p' : 'o' };
  }

  judgeTerm(row: PulledRow<'terms'>): Judged {
    if (row.gone) return { record: row.record, presence: 'g' };
    // Terms name parents that may stand further down: only the id is noted, and the parent is kept as given.
    this.#known.terms.add(row.record.sisId);
    return { record: row.record, presence: 'p' };
  }

  judgeCourse(row: PulledRow<'courses'>, file: string): Judged {
    if (row.gone) return { record: row.record, presence: 'g' };
    this.#known.courses.add(row.record.sisId);
    const school = this.#keep('schools', row.record.school, 'school', row, file);
    const record = school === row.record.school ? row.record : { ...row.record, school };
    const isInside = school === null || this.#isLinked(school) || this.#otherOrgs.has(school);
    if (!isInside) this.#outside(school);
    return { record, presence: isInside ? 'p' : 'o' };
  }

  /** Without a school that is in the data, its place cannot be told (guard §37). */
  judgeClass(row: PulledRow<'classes'>, file: string): Judged {
    const { record } = row;
    const { sisId, school } = record;
    if (row.gone) {
      this.#classes.noteGone(sisId);
      return { record, presence: 'g' };
    }
    if (school === null || !this.#known.schools.has(school)) {
      this.#classes.notePlaceless(sisId);
      return { record, presence: 'u' };
    }
    if (!this.#isLinked(school)) {
      this.#classes.noteOutside(sisId, school);
      this.#outside(school);
      return { record, presence: 'o' };
    }
    this.#classes.noteInside(sisId, school);
    return { record: this.#withKnownReferences(record, row, file), presence: 'p' };
  }

  #withKnownReferences(record: Class, row: PulledRow, file: string): Class {
    const course = this.#keep('courses', record.course, 'course', row, file);
    const terms = this.#keepAll('terms', record.terms, 'term', row, file);
    return course === record.course && terms === record.terms ? record : { ...record, course, terms };
  }

  /**
   * The home school is the first linked one (guard §5); someone of no linked school is outside. The place of someone of
   * whose schools none is in the data cannot be told (guard §37), unless all schools are taken and the row names none.
   */
  judgePerson(row: PulledRow<'students' | 'staff'>, file: string): Judged {
    if (row.gone) return { record: row.record, presence: 'g' };
    const given = this.#withPhones(row.record);
    const known = this.#known.schools;
    const isKnown = given.school !== null && known.has(given.school);
    if (!isKnown && !given.schools.some((id) => known.has(id))) {
      const isNamed = given.school !== null || given.schools.length > 0;
      return { record: given, presence: isNamed || this.#linked !== null ? 'u' : 'p' };
    }
    const schools = this.#keepAll('schools', given.schools, 'school', row, file);
    const home = isKnown ? given.school : (schools[0] ?? null);
    if (this.#linked === null) return { record: this.#atHome(given, home, schools), presence: 'p' };
    const linkedHome = home !== null && this.#isLinked(home) ? home : schools.find((id) => this.#isLinked(id));
    if (linkedHome !== undefined) return { record: this.#atHome(given, linkedHome, schools), presence: 'p' };
    if (given.school !== null && !isKnown) return { record: given, presence: 'u' };
    this.#outside(home);
    return { record: this.#atHome(given, home, schools), presence: 'o' };
  }

  /** `sms` is the number for login and messages, whatever the source calls its column. */
  #withPhones<P extends Person>(person: P): P {
    return this.#hasPhonesSwapped ? { ...person, sms: person.phone, phone: person.sms } : person;
  }

  judgeGuardian(row: PulledRow<'guardians'>): Judged {
    return { record: this.#withPhones(row.record), presence: row.gone ? 'g' : 'p' };
  }

  #atHome<P extends PulledRow<'students' | 'staff'>['record']>(person: P, school: string | null, schools: string[]): P {
    return school === person.school && schools === person.schools ? person : { ...person, school, schools };
  }

  /** An enrollment belongs to the school of its class, whatever else it says. */
  judgeEnrollment(row: PulledRow<'enrollments'>, file: string): Judged {
    if (row.gone) return { record: row.record, presence: 'g' };
    const { record } = row;
    const place = this.#classes.placeOf(record.class);
    if (place.kind === 'inside')
      return { record: place.school === record.school ? record : { ...record, school: place.school }, presence: 'p' };
    if (place.kind === 'outside') {
      this.#outside(place.school);
      return { record, presence: 'o' };
    }
    if (place.isInData) this.#refer(`class "${record.class}" cannot be used; the row was skipped`, row, file);
    else this.#unknown('class', record.class, row, file, 'the row was skipped');
    return { record, presence: 's' };
  }
}

const asIs = (_: Intake, row: PulledRow): Judged => ({ record: row.record, presence: row.gone ? 'g' : 'p' });

type Judge<T extends RecordType> = (intake: Intake, row: PulledRow<T>, file: string) => Judged;
const JUDGES: { readonly [T in RecordType]: Judge<T> } = {
  schools: (intake, row) => intake.judgeSchool(row),
  terms: (intake, row) => intake.judgeTerm(row),
  courses: (intake, row, file) => intake.judgeCourse(row, file),
  classes: (intake, row, file) => intake.judgeClass(row, file),
  students: (intake, row, file) => intake.judgePerson(row, file),
  staff: (intake, row, file) => intake.judgePerson(row, file),
  guardians: (intake, row) => intake.judgeGuardian(row),
  enrollments: (intake, row, file) => intake.judgeEnrollment(row, file),
  guardianships: asIs,
};

/** What kinds of delivery there were, in the order of the record types. */
export function inModelOrder(delivered: ReadonlyMap<RecordType, Delivery>): Map<RecordType, Delivery> {
  return new Map(
    RECORD_TYPES.flatMap((type) => (delivered.has(type) ? [[type, delivered.get(type) as Delivery]] : [])),
  );
}
