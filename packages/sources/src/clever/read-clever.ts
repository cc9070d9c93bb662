import type { CleverSource, Guardianship, RecordType } from '@rollbook/core';
import type { PullEvent } from '@rollbook/pipeline';
import { PullOutput } from '../pull-output.ts';
import { wrappedObject, type CleverObject } from './clever-object.ts';
import { guardianOf, guardianshipsOf } from './contact-objects.ts';
import { ObjectReport, type RecordTypes } from './object-report.ts';
import type { ObjectPage } from './pages.ts';
import type { Announced, Collection } from './permissions.ts';
import { membersOf } from './section-members.ts';
import { classOf, courseOf, isLack, schoolOf, termOf, type Lack } from './structure-objects.ts';
import { staffOf, studentOf } from './user-objects.ts';

const EMPLOYEE_ROLES = ['teacher', 'staff', 'district_admin'];
/** What an object without an id might have been. */
const TYPES_OF: Readonly<Record<Collection, RecordTypes>> = {
  schools: ['schools'],
  terms: ['terms'],
  courses: ['courses'],
  users: ['students', 'staff', 'guardians'],
  sections: ['classes'],
};

/**
 * Turns Clever's objects into the records of the roster model, page by page. Every record type is announced before the
 * first row; classes come before their enrollments. Keys are Clever's own ids (clever.md §3.1).
 */
export class CleverReader {
  readonly #settings: CleverSource;
  readonly #out = new PullOutput('first');
  readonly #delivers: ReadonlyMap<RecordType, Announced['delivery']>;
  /** Sections name people who are not shared; enrollments of those are left out, where all who are shared are known. */
  readonly #students = new Set<string>();
  readonly #staff = new Set<string>();
  /** Guardianships of students who have not come yet: users come in the order in which Clever made them. */
  #waiting: Guardianship[] = [];
  #report: ObjectReport | undefined;

  constructor(announced: readonly Announced[], settings: CleverSource) {
    this.#settings = settings;
    this.#delivers = new Map(announced.map(({ recordType, delivery }) => [recordType, delivery]));
    for (const { recordType, delivery, collection } of announced) this.#out.delivers(recordType, delivery, collection);
  }

  *take({ collection, items, isLast }: ObjectPage): Generator<PullEvent> {
    if (this.#report?.collection !== collection) {
      this.#report = new ObjectReport(collection, this.#out);
      this.#out.progress(`Reading ${collection}`);
    }
    const report = this.#report;
    const objects = items.flatMap((item) => {
      const object = wrappedObject(item, report);
      if (object === undefined)
        report.skip(TYPES_OF[collection], null, 'missing_id', 'an object has no id; it was skipped.');
      return object ?? [];
    });
    for (const object of objects) this.#takeObject(collection, object, report);
    if (collection === 'sections') {
      // The classes of the page go first, whole batch or not.
      yield* this.#out.drain();
      for (const object of objects) {
        this.#takeMembers(object, report);
        yield* this.#out.take();
      }
    }
    if (isLast && collection === 'users') this.#takeWaiting(report);
    if (isLast) report.finish();
    yield* isLast ? this.#out.drain() : this.#out.take();
  }

  #takeObject(collection: Collection, object: CleverObject, report: ObjectReport): void {
    switch (collection) {
      case 'schools':
        return this.#add('schools', schoolOf(object), object, report);
      case 'terms':
        return this.#add('terms', termOf(object, report), object, report);
      case 'courses':
        return this.#add('courses', courseOf(object), object, report);
      case 'sections':
        return this.#add('classes', classOf(object), object, report);
      case 'users':
        return this.#takeUser(object, report);
    }
  }

  #takeUser(user: CleverObject, report: ObjectReport): void {
    const roles = user.part('roles');
    const student = roles.partIfAny('student');
    const contact = roles.partIfAny('contact');
    const isEmployee = EMPLOYEE_ROLES.some((role) => roles.partIfAny(role) !== undefined);
    if (student !== undefined) {
      this.#students.add(user.id);
      this.#add('students', studentOf(user, student, this.#settings, report), user, report);
    }
    if (isEmployee) {
      this.#staff.add(user.id);
      this.#add('staff', staffOf(user, roles), user, report);
    }
    if (contact !== undefined) this.#takeContact(user, contact, report);
    if (student === undefined && contact === undefined && !isEmployee)
      report.skip(TYPES_OF.users, user.id, 'user_without_role', 'the user has no role that is known; it was skipped.');
  }

  #takeContact(user: CleverObject, contact: CleverObject, report: ObjectReport): void {
    if (!this.#delivers.has('guardians')) return;
    const guardianships = guardianshipsOf(user, contact, this.#settings);
    if (guardianships.length === 0)
      return report.note(
        'contact_left_out',
        user.id,
        'the contact has no relationship that `contactTypes` and `contactRelationships` both take; it was left out',
      );
    this.#add('guardians', guardianOf(user, contact, this.#settings), user, report);
    // A guardianship stands even if the guardian's own facts cannot be used.
    for (const each of guardianships) {
      if (this.#isVisible('students', each.student)) this.#out.add('guardianships', each, 0, false);
      else this.#waiting.push(each);
    }
  }

  /** At the end of the users, a student who has not come is not shared with us. */
  #takeWaiting(report: ObjectReport): void {
    for (const each of this.#waiting) {
      if (this.#isVisible('students', each.student)) this.#out.add('guardianships', each, 0, false);
      else
        report.note(
          'unknown_reference',
          each.guardian,
          'the contact names a student who is not shared; the guardianship was left out',
        );
    }
    this.#waiting = [];
  }

  /** False for people who are certainly not shared: their type came in full, without them. */
  #isVisible(type: 'students' | 'staff', id: string): boolean {
    return this.#delivers.get(type) !== 'full' || (type === 'students' ? this.#students : this.#staff).has(id);
  }

  #takeMembers(section: CleverObject, report: ObjectReport): void {
    if (!this.#delivers.has('enrollments')) return;
    const { enrollments, invisible } = membersOf(section, (type, id) => this.#isVisible(type, id));
    for (const each of enrollments) this.#out.add('enrollments', each, 0, false);
    for (let count = 0; count < invisible; count += 1)
      report.note(
        'unknown_reference',
        section.id,
        'the section names somebody who is not shared; the enrollment was left out',
      );
  }

  #add<T extends RecordType>(
    type: T,
    record: Parameters<PullOutput['add']>[1] | Lack,
    object: CleverObject,
    report: ObjectReport,
  ): void {
    if (!isLack(record)) this.#out.add(type, record as never, 0, false);
    else if (this.#delivers.has(type))
      report.skip([type], object.id, 'missing_value', `\`${record.lacks}\` is missing; it was skipped.`);
  }
}
