import {
  compositeKey,
  type Class,
  type Enrollment,
  type Guardian,
  type Guardianship,
  type RecordType,
  type RosterRecords,
  type School,
  type Student,
} from '@rollbook/core';
import type { PullEvent, RosterSource, SourceSurvey } from '@rollbook/pipeline';

const SCHOOLS = 12;
const CLASS_SIZE = 25;
const ENROLLMENTS = 5;
/** A student, a guardian, a guardianship and the enrollments. */
const ROWS_OF_STUDENT = 3 + ENROLLMENTS;
const CHUNK = 1_000;

/** What a day's data says; each is told against the first day. */
export type ColdDay = 'first' | 'changed' | 'school' | 'half' | 'rekeyed';

const key = (prefix: string, number: number): string => `${prefix}${String(number).padStart(7, '0')}`;
const schoolOf = (student: number): number => student % SCHOOLS;

/** A district of about `rows` rows in twelve schools, computed from indexes: as large as one likes, and the same every time. */
export class ColdDistrict implements RosterSource {
  day: ColdDay = 'first';
  readonly students: number;
  /** How many students leave, or get other ids, on the two large days. */
  readonly leaving: number;

  /** @param mostRecords as many records are held at most on the large days */
  constructor(rows: number, mostRecords: number) {
    this.students = Math.max(SCHOOLS, Math.round(rows / ROWS_OF_STUDENT));
    // Each student leaves with a guardian.
    this.leaving = Math.min(Math.floor(this.students / 2), Math.floor(mostRecords / 2));
  }

  *#present(): Generator<{ number: number; sisId: string; school: string }> {
    const ofSchool = Math.ceil(this.students / SCHOOLS);
    for (let number = 0; number < this.students; number++) {
      const school = schoolOf(number);
      if (this.day === 'school' && school === 0 && number / SCHOOLS < ofSchool * 0.3) continue;
      if (this.day === 'half' && number < this.leaving) continue;
      const prefix = this.day === 'rekeyed' && number < this.leaving ? 'N' : 'S';
      yield { number, sisId: key(prefix, number), school: key('', school) };
    }
  }

  #person(number: number, domain: string) {
    const isChanged = this.day === 'changed' && number % 100 === 0;
    return {
      givenName: `Given ${number}${isChanged ? ' changed' : ''}`,
      middleName: null,
      familyName: `Family ${number % 997}`,
      preferredName: null,
      email: `p${number}@${domain}.example`,
      username: null,
      phone: null,
      sms: null,
      language: null,
    };
  }

  readonly #records: { readonly [T in RecordType]?: () => Iterable<RosterRecords[T]> } = {
    *schools(): Generator<School> {
      for (let school = 0; school < SCHOOLS; school++)
        yield {
          sisId: key('', school),
          name: `School ${school}`,
          number: null,
          stateId: null,
          ncesId: null,
          kind: 'school',
          parent: null,
        };
    },
    classes: () => this.#classes(),
    students: () => this.#students(),
    guardians: () => this.#guardians(),
    guardianships: () => this.#guardianships(),
    enrollments: () => this.#enrollments(),
  };

  /** So many that a class has the same size in every district. */
  get #classesOfSchool(): number {
    return Math.max(ENROLLMENTS, Math.ceil((this.students * ENROLLMENTS) / SCHOOLS / CLASS_SIZE));
  }

  *#classes(): Generator<Class> {
    for (let school = 0; school < SCHOOLS; school++)
      for (let place = 0; place < this.#classesOfSchool; place++)
        yield {
          sisId: `${key('', school)}-${place}`,
          title: `Class ${place}`,
          code: null,
          kind: 'scheduled',
          school: key('', school),
          course: null,
          terms: [],
          grades: [],
          subjects: [],
          periods: [],
          location: null,
        };
  }

  *#students(): Generator<Student> {
    for (const { number, sisId, school } of this.#present())
      yield {
        sisId,
        ...this.#person(number, 'students'),
        grade: String(1 + (number % 12)).padStart(2, '0'),
        studentNumber: null,
        stateId: null,
        birthDate: '2012-01-01',
        school,
        schools: [school],
        enabled: true,
      };
  }

  *#guardians(): Generator<Guardian> {
    for (const { number } of this.#present()) yield { sisId: key('G', number), ...this.#person(number, 'home') };
  }

  *#guardianships(): Generator<Guardianship> {
    for (const { number, sisId } of this.#present()) {
      const guardian = key('G', number);
      yield {
        sisId: compositeKey(sisId, guardian),
        student: sisId,
        guardian,
        relationship: 'parent',
        kind: null,
        primary: true,
      };
    }
  }

  *#enrollments(): Generator<Enrollment> {
    for (const { number, sisId, school } of this.#present())
      for (let each = 0; each < ENROLLMENTS; each++) {
        const classId = `${school}-${(Math.floor(number / SCHOOLS) * ENROLLMENTS + each) % this.#classesOfSchool}`;
        yield {
          sisId: compositeKey(classId, sisId),
          class: classId,
          person: sisId,
          role: 'student',
          primary: null,
          beginDate: null,
          endDate: null,
          school,
        };
      }
  }

  async *pull(): AsyncIterable<PullEvent> {
    for (const [recordType, recordsOf] of Object.entries(this.#records) as [RecordType, () => Iterable<object>][]) {
      const file = `${recordType}.csv`;
      yield { kind: 'delivers', recordType, delivery: 'full', file };
      let rows: { record: object; line: number; gone: boolean }[] = [];
      let line = 1;
      for (const record of recordsOf()) {
        rows.push({ record, line: ++line, gone: false });
        if (rows.length < CHUNK) continue;
        yield { kind: 'rows', recordType, file, rows } as PullEvent;
        rows = [];
      }
      if (rows.length > 0) yield { kind: 'rows', recordType, file, rows } as PullEvent;
    }
  }

  survey(): Promise<SourceSurvey> {
    return Promise.resolve({ schools: [], counts: {}, permissions: [], freshAt: null, notes: [] });
  }
}
