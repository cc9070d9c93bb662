import { RECORD_TYPES, type RecordType, type RosterRecord } from '@rollbook/core';
import { joinRows } from './joined-rows.ts';
import {
  homeSchool,
  keyOf,
  valuesOf,
  type Key,
  type ModelRecord,
  type RosterModel,
  type Values,
} from './roster-model.ts';

/** A row of a delivery: `unusable` ones tell no more than the id of their record (guard §20). */
export interface Row {
  readonly type: RecordType;
  readonly record: RosterRecord;
  readonly state: 'there' | 'gone' | 'unusable';
}

/** What a source says on one day. Record types that are not delivered are missing from `kinds`. */
export interface DeliveryModel {
  readonly kinds: ReadonlyMap<RecordType, 'full' | 'delta'>;
  readonly rows: readonly Row[];
}

/**
 * What the rows of an id mean: its record is there, marked as gone, seen without being usable, in a place that cannot be
 * told (guard §37), or of no linked school.
 */
export interface Judged {
  readonly type: RecordType;
  readonly id: string;
  readonly means: 'there' | 'gone' | 'seen' | 'unplaced' | 'outside';
  readonly values: Values;
}

export interface Reading {
  readonly sync: string;
  readonly delivery: DeliveryModel;
  readonly roster: RosterModel;
  readonly linked: ReadonlySet<string> | null;
  readonly judged: Map<Key, Judged>;
}

/** Judges every id of a delivery by the linked schools and by what it refers to (guard §5, §9, §16, §20, §21, §37, §38). */
export function judgeDelivery(
  sync: string,
  delivery: DeliveryModel,
  roster: RosterModel,
  linked: ReadonlySet<string> | null,
): Map<Key, Judged> {
  const reading: Reading = { sync, delivery, roster, linked, judged: new Map() };
  for (const type of RECORD_TYPES) {
    const rows = new Map<Key, Judged[]>();
    for (const { record, state } of delivery.rows.filter((row) => row.type === type)) {
      const key = keyOf(type, record.sisId);
      const base = { type, id: record.sisId, values: valuesOf(type, record) };
      const verdict =
        state === 'there' ? judgeRow(reading, base) : ({ means: state === 'gone' ? state : 'seen' } as const);
      rows.set(key, [...(rows.get(key) ?? []), { ...base, ...verdict }]);
    }
    for (const [key, ofId] of rows) reading.judged.set(key, joinRows(reading, ofId));
  }
  leaveOutGuardians(reading);
  return reading.judged;
}

type Verdict = Pick<Judged, 'means'> & { readonly values?: Values };

function judgeRow(reading: Reading, { type, id, values }: Pick<Judged, 'type' | 'id' | 'values'>): Verdict {
  switch (type) {
    case 'schools':
      return { means: isLinked(reading, id) ? 'there' : 'outside' };
    case 'courses':
      return judgeCourse(reading, values);
    case 'classes':
      return judgeClass(reading, reading.roster.isActive(type, id), values);
    case 'students':
    case 'staff':
      return judgePerson(reading, reading.roster.get(type, id), values);
    case 'enrollments':
      return judgeEnrollment(reading, values);
    case 'guardianships':
      return both([
        judgeReference(reading, ['students'], values['student_id'] as string),
        judgeReference(reading, ['guardians'], values['guardian_id'] as string),
      ]);
    case 'terms':
    case 'guardians':
      return { means: 'there' };
  }
}

const isLinked = ({ linked }: Reading, school: string): boolean => linked === null || linked.has(school);

/** A record that a row may refer to: in the data, or in the roster where its type is not delivered in full (guard §21). */
function isKnown({ delivery, roster, judged }: Reading, type: RecordType, id: string): boolean {
  const means = judged.get(keyOf(type, id))?.means;
  if (means !== undefined) return means === 'there' || means === 'outside';
  return delivery.kinds.get(type) !== 'full' && roster.isActive(type, id);
}

const knownOrNull = (reading: Reading, type: RecordType, id: string | null): string | null =>
  id !== null && isKnown(reading, type, id) ? id : null;

function judgeCourse(reading: Reading, values: Values): Verdict {
  const school = knownOrNull(reading, 'schools', values['school_id'] as string | null);
  const means = school === null || isLinked(reading, school) ? 'there' : 'outside';
  return { means, values: { ...values, school_id: school } };
}

function judgeClass(reading: Reading, isActive: boolean, values: Values): Verdict {
  const school = knownOrNull(reading, 'schools', values['school_id'] as string | null);
  if (school === null) return { means: isActive ? 'unplaced' : 'seen' };
  if (!isLinked(reading, school)) return { means: 'outside' };
  const terms = (values['term_ids'] as string[]).filter((term) => isKnown(reading, 'terms', term));
  const course = knownOrNull(reading, 'courses', values['course_id'] as string | null);
  return { means: 'there', values: { ...values, course_id: course, term_ids: terms } };
}

/** The home school is the one named first, if it is linked, else the first linked one (guard §5, §37). */
function judgePerson(reading: Reading, record: ModelRecord | undefined, values: Values): Verdict {
  const first = values['school_id'] as string | null;
  const all = values['school_ids'] as string[];
  const schools = all.filter((school) => isKnown(reading, 'schools', school));
  const named = knownOrNull(reading, 'schools', first) ?? schools[0] ?? null;
  if (named === null) {
    const isOfNoSchool = reading.linked === null && first === null && all.length === 0;
    // A row without a school takes nobody's school away.
    const isTaken = isOfNoSchool && (record === undefined || homeSchool(record) === null);
    return isTaken ? { means: 'there', values: { ...values, school_id: null, school_ids: [] } } : { means: 'unplaced' };
  }
  if (reading.linked === null) return { means: 'there', values: { ...values, school_id: named, school_ids: schools } };
  const home = isLinked(reading, named) ? named : schools.find((school) => isLinked(reading, school));
  if (home === undefined) return { means: 'outside' };
  return { means: 'there', values: { ...values, school_id: home, school_ids: schools } };
}

/** An enrollment belongs to the school of its class (guard §5). */
function judgeEnrollment(reading: Reading, values: Values): Verdict {
  const classId = values['class_id'] as string;
  const byClass = judgeReference(reading, ['classes'], classId);
  const byPerson = judgeReference(reading, ['students', 'staff', 'guardians'], values['person_id'] as string);
  const section = reading.judged.get(keyOf('classes', classId));
  const placed = section?.means === 'there' ? section : undefined;
  const school = placed?.values['school_id'] ?? reading.roster.get('classes', classId)?.values['school_id'] ?? null;
  return { ...both([byClass, byPerson]), values: { ...values, school_id: school } };
}

/**
 * A required reference: without its record the row cannot be used; of one that is outside, or whose place cannot be told,
 * it shares the fate. Who is seen without more being known is as the roster has it (guard §20, §37).
 */
function judgeReference(reading: Reading, types: readonly RecordType[], id: string): Verdict {
  const { sync, delivery, roster, judged } = reading;
  const found = types.map((type) => judged.get(keyOf(type, id))?.means);
  const places = types.map((type, i): Judged['means'] | undefined => {
    if (found[i] === undefined)
      return delivery.kinds.get(type) !== 'full' && roster.isActive(type, id) ? 'there' : undefined;
    const record = roster.get(type, id);
    // Where somebody of another sync belongs, this sync's data does not say (guard §39).
    const isForeign = type !== 'classes' && found[i] === 'outside' && record?.owner !== sync;
    if (found[i] !== 'unplaced' && found[i] !== 'seen' && !isForeign) return found[i];
    if (record?.status !== 'active') return found[i];
    return type !== 'classes' || isLinked(reading, homeSchool(record) ?? '') ? 'there' : 'outside';
  });
  return { means: (['there', 'unplaced', 'outside'] as const).find((means) => places.includes(means)) ?? 'seen' };
}

const both = (verdicts: readonly Verdict[]): Verdict => ({
  means: verdicts.find(({ means }) => means !== 'there')?.means ?? 'there',
});

/** With linked schools, guardians none of whose students is in one of them are left out with those schools. */
function leaveOutGuardians({ delivery, linked, judged }: Reading): void {
  if (linked === null || delivery.kinds.get('guardianships') !== 'full') return;
  const links = [...judged.values()].filter(({ type }) => type === 'guardianships');
  for (const [key, row] of judged)
    if (row.type === 'guardians' && row.means === 'there') {
      const theirs = links.filter(({ values }) => values['guardian_id'] === row.id).map(({ means }) => means);
      if (theirs.includes('there')) continue;
      judged.set(key, { ...row, means: theirs.includes('unplaced') ? 'unplaced' : 'outside' });
    }
}
