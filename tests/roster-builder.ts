import {
  compositeKey,
  emptyCounts,
  type Class,
  type Enrollment,
  type Guardian,
  type RecordType,
  type RosterRecords,
  type Staff,
  type Student,
  type Term,
} from '@rollbook/core';
import type { Delivery, PullEvent, RosterSource, SourceSurvey } from '@rollbook/pipeline';

/** A roster in the memory of a test, delivered as a source would. Change `records`, and the next pull shows it. */
export class RosterBuilder implements RosterSource {
  readonly records: { [T in RecordType]: Map<string, RosterRecords[T]> } = {
    schools: new Map(),
    terms: new Map(),
    courses: new Map(),
    classes: new Map(),
    students: new Map(),
    staff: new Map(),
    guardians: new Map(),
    enrollments: new Map(),
    guardianships: new Map(),
  };
  readonly gone = new Set<string>();
  readonly deliveries: { [T in RecordType]?: Delivery | 'absent' } = {};
  readonly extraEvents: PullEvent[] = [];
  /** Rows that could not be used; they are told at the head of their type. */
  readonly skipped: Extract<PullEvent, { kind: 'skipped' }>[] = [];
  /** Further rows, after those of `records`, in the order of the record types. */
  readonly furtherRows: Extract<PullEvent, { kind: 'rows' }>[] = [];
  wins: 'first' | 'last' = 'last';
  /** What the source calls this delivery, if anything. */
  revision: string | null = null;
  /** How many pulls were read to their end. */
  pullsRead = 0;
  /** Called when everything was said; true: the source changed meanwhile, and everything is said anew. */
  hasMoved: () => boolean = () => false;
  /** Called before the last event; a test fails or waits here. */
  beforeEnd: () => Promise<void> = () => Promise.resolve();

  async *pull(): AsyncIterable<PullEvent> {
    if (this.revision !== null) yield { kind: 'revision', revision: this.revision };
    for (;;) {
      yield* this.#tellAll();
      if (!this.hasMoved()) break;
      yield { kind: 'restart', message: 'the source changed while it was read' };
    }
    for (const event of this.extraEvents) yield event;
    await this.beforeEnd();
    this.pullsRead++;
  }

  survey(): Promise<SourceSurvey> {
    const schools = [...this.records.schools.values()].map(({ sisId, name, number }) => ({ sisId, name, number }));
    return Promise.resolve({ schools, counts: {}, permissions: [], freshAt: null, notes: [] });
  }

  *#tellAll(): Iterable<PullEvent> {
    const types = Object.keys(emptyCounts()) as RecordType[];
    const inOrder: RecordType[] = [
      ...types.filter((t) => t !== 'enrollments' && t !== 'guardianships'),
      'guardianships',
      'enrollments',
    ];
    for (const recordType of inOrder) {
      const delivery = this.deliveries[recordType] ?? 'full';
      if (delivery === 'absent') continue;
      const file = `${recordType}.csv`;
      yield { kind: 'delivers', recordType, delivery, file, wins: this.wins };
      for (const event of this.skipped) if (event.recordTypes[0] === recordType) yield event;
      const rows = [...this.records[recordType].values()].map((record, index) => ({
        record,
        line: index + 2,
        gone: this.gone.has(`${recordType}/${record.sisId}`),
      }));
      if (rows.length > 0) yield { kind: 'rows', recordType, file, rows } as PullEvent;
      for (const event of this.furtherRows) if (event.recordType === recordType) yield event;
    }
  }

  school(sisId: string, kind = 'school'): this {
    const school = { sisId, name: `School ${sisId}`, number: null, stateId: null, ncesId: null, kind, parent: null };
    this.records.schools.set(sisId, school);
    return this;
  }

  term(sisId: string, fields: Partial<Term> = {}): this {
    const record: Term = {
      sisId,
      title: `Term ${sisId}`,
      kind: null,
      startDate: null,
      endDate: null,
      schoolYear: null,
      parent: null,
      ...fields,
    };
    this.records.terms.set(sisId, record);
    return this;
  }

  course(sisId: string, school: string | null): this {
    this.records.courses.set(sisId, { sisId, title: `Course ${sisId}`, code: null, school, grades: [], subjects: [] });
    return this;
  }

  class(sisId: string, school: string | null, fields: Partial<Class> = {}): this {
    const record: Class = {
      sisId,
      title: `Class ${sisId}`,
      code: null,
      kind: 'scheduled',
      school,
      course: null,
      terms: [],
      grades: [],
      subjects: [],
      periods: [],
      location: null,
      ...fields,
    };
    this.records.classes.set(sisId, record);
    return this;
  }

  student(sisId: string, school: string, fields: Partial<Student> = {}): this {
    this.records.students.set(sisId, {
      ...person(sisId),
      grade: '09',
      studentNumber: null,
      stateId: null,
      birthDate: null,
      school,
      schools: [school],
      enabled: true,
      ...fields,
    });
    return this;
  }

  /** `count` students of one school: `<prefix>1` and so on. */
  students(count: number, school: string, prefix: string): this {
    for (let i = 1; i <= count; i++) this.student(`${prefix}${i}`, school);
    return this;
  }

  staff(sisId: string, school: string, fields: Partial<Staff> = {}): this {
    this.records.staff.set(sisId, {
      ...person(sisId),
      role: 'teacher',
      title: null,
      staffNumber: null,
      stateId: null,
      school,
      schools: [school],
      enabled: true,
      ...fields,
    });
    return this;
  }

  guardian(sisId: string, student: string, fields: Partial<Guardian> = {}): this {
    this.records.guardians.set(sisId, { ...person(sisId), ...fields });
    const key = compositeKey(student, sisId);
    this.records.guardianships.set(key, {
      sisId: key,
      student,
      guardian: sisId,
      relationship: 'parent',
      kind: null,
      primary: null,
    });
    return this;
  }

  enroll(person: string, classId: string, fields: Partial<Enrollment> = {}): this {
    const sisId = compositeKey(classId, person, 'student');
    const record: Enrollment = {
      sisId,
      class: classId,
      person,
      role: 'student',
      primary: null,
      beginDate: null,
      endDate: null,
      school: null,
      ...fields,
    };
    this.records.enrollments.set(record.sisId, record);
    return this;
  }

  /** Takes a record out of the data, as if it had never been there. */
  remove(recordType: RecordType, ...sisIds: string[]): this {
    for (const sisId of sisIds) this.records[recordType].delete(sisId);
    return this;
  }

  /** Takes students out together with their enrollments and guardianships. */
  removeStudents(...sisIds: string[]): this {
    const leaving = new Set(sisIds);
    this.remove('students', ...sisIds);
    for (const { sisId, person } of this.records.enrollments.values())
      if (leaving.has(person)) this.records.enrollments.delete(sisId);
    for (const { sisId, student } of this.records.guardianships.values())
      if (leaving.has(student)) this.records.guardianships.delete(sisId);
    return this;
  }
}

const person = (sisId: string) => ({
  sisId,
  givenName: `Given ${sisId}`,
  middleName: null,
  familyName: `Family ${sisId}`,
  preferredName: null,
  email: `${sisId.toLowerCase()}@district.example`,
  username: null,
  phone: null,
  sms: null,
  language: null,
});
