import { RECORD_TYPES, compositeKey, type RecordType, type RosterRecord } from '@rollbook/core';
import { RosterBuilder } from '../roster-builder.ts';
import type { DeliveryModel, Row } from './delivery-model.ts';
import { SCHOOLS, type Change, type Day, type DistrictPlan, type State } from './random-days.ts';
import { keyOf, type Key } from './roster-model.ts';
import { rowsOf, type Told } from './told-rows.ts';

interface Entry {
  record: RosterRecord;
  state: State;
  told: Told;
}

const PLAIN: Told = { form: 'plain', isReversed: false };

/** The data of a pretend district, changed from day to day. */
export class RandomDistrict {
  #entries = new Map<RecordType, Map<string, Entry>>(RECORD_TYPES.map((each) => [each, new Map()]));
  #former = this.#entries;
  readonly #schools: readonly string[];
  #touched = new Set<Key>();
  #count = 0;

  constructor(plan: DistrictPlan) {
    const first = new RosterBuilder();
    this.#schools = SCHOOLS.slice(0, plan.students.length);
    for (const school of this.#schools) first.school(school);
    for (let i = 1; i <= 2; i++) {
      const term = { kind: null, startDate: null, endDate: null, schoolYear: null, parent: null };
      first.records.terms.set(`w${i}`, { sisId: `w${i}`, title: `Term ${i}`, ...term });
      const course = { code: null, school: this.#schools[i - 1] ?? null, grades: [], subjects: [] };
      first.records.courses.set(`k${i}`, { sisId: `k${i}`, title: `Course ${i}`, ...course });
    }
    for (let i = 0; i < plan.classes; i++)
      first.class(`c${i}`, this.#school(i), { course: `k${(i % 2) + 1}`, terms: i % 3 === 0 ? ['w1', 'w2'] : ['w2'] });
    plan.students.forEach((count, s) => {
      for (let i = 0; i < count; i++) {
        const schools = i % 5 === 4 ? [this.#school(s), this.#school(s + 1)] : [this.#school(s)];
        first.student(`${schools[0]}${i}`, this.#school(s), { schools });
        if (plan.classes > 0 && i % 2 === 0) first.enroll(`${schools[0]}${i}`, `c${(s + i) % plan.classes}`);
      }
    });
    for (let i = 0; i < plan.staff; i++) {
      first.staff(`t${i}`, this.#school(i));
      if (plan.classes > 0)
        first.enroll(`t${i}`, `c${i % plan.classes}`, { role: 'teacher', sisId: `${i % plan.classes}-t${i}` });
    }
    const students = [...first.records.students.keys()];
    for (let i = 0; i < plan.guardians && students.length > 0; i++) {
      first.guardian(`g${i}`, students[(i * 3) % students.length] as string);
      if (i % 3 === 0) first.guardian(`g${i}`, students[(i * 3 + 1) % students.length] as string);
    }
    for (const each of RECORD_TYPES) for (const record of first.records[each].values()) this.#put(each, record);
  }

  /** Makes the changes of a day, and gives what the source says then. */
  turn(day: Day): DeliveryModel {
    this.#touched = new Set();
    this.#former = this.#entries;
    this.#entries = new Map([...this.#former].map(([each, entries]) => [each, new Map(entries)]));
    for (const each of day.changes) this.#change(each);
    const kinds = new Map<RecordType, 'full' | 'delta'>();
    for (const each of RECORD_TYPES) {
      const usual = day.isDelta && each !== 'schools' ? 'delta' : 'full';
      const kindOfDay = day.kinds.find((candidate) => candidate.type === each)?.kind ?? usual;
      if (kindOfDay !== 'absent') kinds.set(each, kindOfDay);
    }
    if (kinds.size === 0) kinds.set('schools', 'full');
    const rows: Row[] = [];
    for (const [each, kindOfDay] of kinds)
      for (const [id, { record, state: stateOfDay, told }] of this.#of(each)) {
        if (stateOfDay === 'absent' || this.#dangles(each, record)) continue;
        if (kindOfDay === 'delta' && !this.#touched.has(keyOf(each, id))) continue;
        if (stateOfDay === 'there') rows.push(...rowsOf(each, record, told, this.#schools));
        else rows.push({ type: each, record, state: stateOfDay });
      }
    return { kinds, rows };
  }

  /** The data is put right again, as it was before the last day. */
  takeBack(): void {
    this.#entries = this.#former;
  }

  #school(index: number): string {
    return this.#schools[index % this.#schools.length] as string;
  }

  #of(each: RecordType): Map<string, Entry> {
    return this.#entries.get(each) as Map<string, Entry>;
  }

  #put(each: RecordType, record: RosterRecord, stateOfDay: State = 'there', told: Told = PLAIN): void {
    this.#of(each).set(record.sisId, { record, state: stateOfDay, told });
    this.#touched.add(keyOf(each, record.sisId));
  }

  #isThere(each: RecordType, id: string): boolean {
    return this.#of(each).get(id)?.state === 'there';
  }

  /** A source that is in order leaves out what refers to nobody. */
  #dangles(each: RecordType, record: RosterRecord): boolean {
    const fields = record as unknown as Record<string, string>;
    if (each === 'guardianships')
      return (
        !this.#isThere('students', fields['student'] ?? '') || !this.#isThere('guardians', fields['guardian'] ?? '')
      );
    if (each !== 'enrollments') return each === 'classes' && !this.#isThere('schools', fields['school'] ?? '');
    const person = fields['person'] ?? '';
    const isSomebody = this.#isThere('students', person) || this.#isThere('staff', person);
    const section = this.#of('classes').get(fields['class'] ?? '');
    return !isSomebody || section?.state !== 'there' || this.#dangles('classes', section.record);
  }

  /** Records of a type in the order of their ids, from one on; one of them at least, if there is any. */
  #pick(each: RecordType, start: number, percent: number): [string, Entry][] {
    const all = [...this.#of(each)].sort(([a], [b]) => (a < b ? -1 : 1));
    const count = Math.min(all.length, Math.max(1, Math.floor((all.length * percent) / 100)));
    return Array.from({ length: count }, (_, i) => all[(start + i) % all.length] as [string, Entry]);
  }

  #change(each: Change): void {
    switch (each.what) {
      case 'state':
        for (const [, { record }] of this.#pick(each.type, each.from, each.share))
          this.#put(each.type, record, each.state);
        return;
      case 'mend':
        for (const [of, entries] of this.#entries) for (const { record } of entries.values()) this.#put(of, record);
        return;
      case 'change':
        for (const type of ['students', 'classes', 'guardians'] as const) this.#rename(type, each.from, each.share);
        return;
      case 'move':
        for (const [, { record, state: was }] of this.#pick('students', each.from, each.share)) {
          const school = this.#school(each.from + 1);
          this.#put('students', { ...record, school, schools: [school] } as RosterRecord, was);
        }
        return;
      case 'rekey':
        for (const [id, { record }] of this.#pick('students', each.from, each.share)) {
          this.#put('students', record, 'absent');
          this.#put('students', { ...record, sisId: `${id}x` });
        }
        return;
      case 'new':
        return this.#add(each.type, each.school);
      case 'rows':
        for (const [, { record, state: was }] of this.#pick(each.type, each.from, each.share))
          this.#put(each.type, record, was, { form: each.form, isReversed: each.isReversed });
        return;
      case 'enroll':
        for (const [id] of this.#pick('students', each.from, each.share))
          for (const [classId] of this.#pick('classes', each.from, 0)) this.#enroll(id, classId);
    }
  }

  #rename(each: RecordType, start: number, percent: number): void {
    const field = each === 'classes' ? 'title' : 'familyName';
    for (const [, { record, state: was }] of this.#pick(each, start, percent))
      this.#put(each, { ...record, [field]: `Name ${++this.#count}` } as RosterRecord, was);
  }

  #add(each: 'students' | 'staff' | 'guardians', index: number): void {
    const id = `n${++this.#count}`;
    const builder = new RosterBuilder();
    if (each === 'students') builder.student(id, this.#school(index));
    else if (each === 'staff') builder.staff(id, this.#school(index));
    else for (const [student] of this.#pick('students', index, 0)) builder.guardian(id, student);
    for (const added of ['students', 'staff', 'guardians', 'guardianships'] as const)
      for (const record of builder.records[added].values()) this.#put(added, record);
  }

  #enroll(person: string, classId: string): void {
    const sisId = compositeKey(classId, person, 'student');
    const { records } = new RosterBuilder().enroll(person, classId);
    this.#put('enrollments', records.enrollments.get(sisId) as RosterRecord);
  }
}
