import { RECORD_TYPES, type RecordType, type RosterRecord } from '@rollbook/core';

/** The values of a record that the model keeps, by column of the roster. */
export type Values = Readonly<Record<string, string | readonly string[] | null>>;

/** A record of the roster as the model has it. */
export interface ModelRecord {
  readonly type: RecordType;
  readonly id: string;
  values: Values;
  status: 'active' | 'archived';
  archivedBy: 'sync' | 'user' | 'parent' | null;
  /** The run that archived it; null: none did. */
  archivedRun: number | null;
  /** The act by hand that archived it, with what went along (guard §11). */
  archivedAct: number | null;
  /** The sync that manages it; null: it is manual. */
  owner: string | null;
  /** The run that created or restored it last (guard §32). */
  cameWith: number;
  /** Runs that moved it from one group to another, and from where. */
  moves: { readonly runId: number; readonly from: string | null }[];
  /** It was archived as a root, and no approval covered it: it counts in the threshold's window (guard §35). */
  countsInWindow: boolean;
  /** Has joined: the name is their own (guard §11). */
  hasJoined: boolean;
}

export const ACTIVE = { status: 'active', archivedBy: null, archivedRun: null, archivedAct: null } as const;

/** A record that is active from now on. */
export function newRecord(
  { type, id, values }: Pick<ModelRecord, 'type' | 'id' | 'values'>,
  owner: string | null,
  cameWith: number,
): ModelRecord {
  return { type, id, values, ...ACTIVE, owner, cameWith, moves: [], countsInWindow: false, hasJoined: false };
}

/** By column, the field of a source's record that it holds; what two days may say differently, and every reference. */
const COLUMNS: Readonly<Record<RecordType, Readonly<Record<string, string>>>> = {
  schools: { name: 'name' },
  terms: { title: 'title' },
  courses: { title: 'title', school_id: 'school' },
  classes: { title: 'title', school_id: 'school', course_id: 'course', term_ids: 'terms' },
  students: { family_name: 'familyName', grade: 'grade', school_id: 'school', school_ids: 'schools' },
  staff: { family_name: 'familyName', school_id: 'school', school_ids: 'schools' },
  guardians: { family_name: 'familyName' },
  enrollments: { begin_date: 'beginDate', class_id: 'class', person_id: 'person', role: 'role', school_id: 'school' },
  guardianships: { relationship: 'relationship', student_id: 'student', guardian_id: 'guardian' },
};

export const columnsOf = (type: RecordType): string[] => Object.keys(COLUMNS[type]);

export function valuesOf(type: RecordType, record: RosterRecord): Values {
  const fields = record as unknown as Readonly<Record<string, string | string[] | null>>;
  const entries = Object.entries(COLUMNS[type]).map(([column, field]) => {
    return [column, fields[field] ?? null];
  });
  return Object.fromEntries(entries) as Values;
}

/** Lists are sets: their order says nothing. */
export const comparable = (values: Values): string =>
  JSON.stringify(
    Object.entries(values)
      .map(([column, value]) => [column, Array.isArray(value) ? [...(value as string[])].sort() : value])
      .sort(),
  );

export type Key = `${RecordType} ${string}`;
export const keyOf = (type: RecordType, id: string): Key => `${type} ${id}`;
export const typeOf = (key: Key): RecordType => key.slice(0, key.indexOf(' ')) as RecordType;

/** Enrollments and guardianships, and by column what they hang on (guard §6). */
const PARENTS: Partial<Record<RecordType, Readonly<Record<string, readonly RecordType[]>>>> = {
  enrollments: { class_id: ['classes'], person_id: ['students', 'staff', 'guardians'] },
  guardianships: { student_id: ['students'], guardian_id: ['guardians'] },
};

export const PEOPLE: readonly RecordType[] = ['students', 'staff', 'guardians'];

const text = (values: Values, column: string): string | null => (values[column] ?? null) as string | null;

/** The school in which a record is counted; null: in the district (guard §4, §5). */
export function homeSchool({ type, id, values }: Pick<ModelRecord, 'type' | 'id' | 'values'>): string | null {
  if (type === 'schools') return id;
  return text(values, 'school_id');
}

/** Whether a record came into its group since a run, as the group was before it (guard §32). */
export function cameSince(record: ModelRecord, since: number): boolean {
  const first = record.moves.find(({ runId }) => runId >= since);
  return record.cameWith >= since || (first !== undefined && first.from !== homeSchool(record));
}

/** A district's roster in memory, with the questions that the rules ask of it. */
export class RosterModel {
  readonly records = new Map<Key, ModelRecord>();

  get(type: RecordType, id: string): ModelRecord | undefined {
    return this.records.get(keyOf(type, id));
  }

  add(record: ModelRecord): void {
    this.records.set(keyOf(record.type, record.id), record);
  }

  ofType(type: RecordType): ModelRecord[] {
    return [...this.records.values()].filter((record) => record.type === type);
  }

  /** What a run could archive: the sync's own, as far as they are active. */
  managed(type: RecordType, sync: string): ModelRecord[] {
    return this.ofType(type).filter(({ owner, status }) => owner === sync && status === 'active');
  }

  isActive(type: RecordType, id: string): boolean {
    return this.get(type, id)?.status === 'active';
  }

  /** The records that one hangs on, in groups: of each group one must be there. */
  parentsOf({ type, values }: Pick<ModelRecord, 'type' | 'values'>): ModelRecord[][] {
    return Object.entries(PARENTS[type] ?? {}).map(([column, types]) =>
      types.flatMap((parent) => this.get(parent, text(values, column) ?? '') ?? []),
    );
  }

  /** Whether one of these is what the record hangs on, and no other record of that id stays. */
  hangsOn(record: ModelRecord, keys: ReadonlySet<Key>): boolean {
    const isOneOfThese = ({ type, id }: ModelRecord): boolean => keys.has(keyOf(type, id));
    return this.parentsOf(record).some(
      (group) => group.some(isOneOfThese) && group.every((each) => isOneOfThese(each) || each.status !== 'active'),
    );
  }

  /** Whether a sync with these linked schools speaks for the record (guard §13). */
  isInScope(record: ModelRecord, linked: ReadonlySet<string> | null): boolean {
    if (linked === null || record.type === 'terms') return true;
    if (record.type === 'guardianships') return this.#isStudentOf(text(record.values, 'student_id'), linked);
    if (record.type === 'guardians') return this.#isGuardianOf(record.id, linked);
    const home = homeSchool(record);
    if (home !== null && !linked.has(home)) return false;
    if (record.type !== 'enrollments') return true;
    // Of people whose home school is not linked the sync says nothing, also where they are in a class of one that is.
    return (['students', 'staff'] as const).every((type) => {
      const person = this.get(type, text(record.values, 'person_id') ?? '');
      const school = person ? homeSchool(person) : null;
      return school === null || linked.has(school);
    });
  }

  /** Of a student of the linked schools, now or once, and of no active student elsewhere (guard §33). */
  #isGuardianOf(id: string, linked: ReadonlySet<string>): boolean {
    const theirs = this.ofType('guardianships').filter(({ values }) => text(values, 'guardian_id') === id);
    const isElsewhere = ({ status, values }: ModelRecord): boolean => {
      const student = text(values, 'student_id');
      return status === 'active' && this.isActive('students', student ?? '') && !this.#isStudentOf(student, linked);
    };
    if (theirs.some(isElsewhere)) return false;
    return theirs.some(({ values }) => this.#isStudentOf(text(values, 'student_id'), linked));
  }

  #isStudentOf(id: string | null, linked: ReadonlySet<string>): boolean {
    const home = id === null ? undefined : this.get('students', id);
    return home !== undefined && linked.has(homeSchool(home) ?? '');
  }
}

export const inTypeOrder = <T extends { readonly type: RecordType; readonly id: string }>(records: T[]): T[] =>
  records.sort((a, b) => RECORD_TYPES.indexOf(a.type) - RECORD_TYPES.indexOf(b.type) || (a.id < b.id ? -1 : 1));
