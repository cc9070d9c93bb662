import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import type { District } from '@rollbook/sandbox';

interface IdentifiedRecord {
  readonly sisId: string;
}

/** What a district's files hold, or what should be active in the roster: records by type and SIS id. */
export type Contents = Readonly<Record<RecordType, ReadonlyMap<string, IdentifiedRecord>>>;

/** What one sync finds when it compares files with the roster, as SIS ids. */
export interface TypeChanges {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: readonly string[];
  /** Active in the roster, absent from the files. */
  readonly missing: readonly string[];
  /** Those of `missing` that would go by themselves, and not with a student, class or guardian (guard §6). */
  readonly missingRoots: readonly string[];
}
export type Changes = Readonly<Record<RecordType, TypeChanges>>;

/** An object with a value for every record type. */
export function forEachType<V>(valueOf: (recordType: RecordType) => V): Record<RecordType, V> {
  return Object.fromEntries(RECORD_TYPES.map((recordType) => [recordType, valueOf(recordType)])) as Record<
    RecordType,
    V
  >;
}

export const NO_CONTENTS: Contents = forEachType(() => new Map());

/**
 * The records of a pretend district that belong to its schools: neither the district itself, as a school, nor staff of
 * the district's office are synced, for the district is not a linked school (guard §16).
 */
export function contentsOf(district: District): Contents {
  const schools = new Set(district.schools.map(({ sisId }) => sisId));
  const staff = district.staff.filter((each) => each.schools.some((school) => schools.has(school)));
  return forEachType((recordType) => {
    const records: readonly IdentifiedRecord[] = recordType === 'staff' ? staff : district[recordType];
    return new Map(records.map((record) => [record.sisId, record]));
  });
}

/** Reckons from the pretend districts alone what a sync must find; nothing of the product is asked. */
export function changesBetween(roster: Contents, files: Contents): Changes {
  const missing = forEachType((type) => [...roster[type].keys()].filter((id) => !files[type].has(id)));
  const gone = new Set(
    (['classes', 'students', 'staff', 'guardians'] as const).flatMap((type) =>
      missing[type].map((id) => `${type} ${id}`),
    ),
  );
  return forEachType((type) => {
    const arrived = [...files[type]];
    const isKnown = ([id]: readonly [string, unknown]): boolean => roster[type].has(id);
    const isSame = ([id, record]: readonly [string, IdentifiedRecord]): boolean =>
      isEqual(roster[type].get(id), record);
    return {
      created: idsOf(arrived.filter((entry) => !isKnown(entry))),
      updated: idsOf(arrived.filter((entry) => isKnown(entry) && !isSame(entry))),
      unchanged: idsOf(arrived.filter(isSame)),
      missing: missing[type],
      missingRoots: missing[type].filter((id) => !parentsOf(roster[type].get(id)).some((parent) => gone.has(parent))),
    };
  });
}

/** The roster after a sync that took everything over, with or without the archives. */
export function rosterAfter(roster: Contents, files: Contents, archives: 'made' | 'withheld'): Contents {
  return archives === 'made' ? files : forEachType((type) => new Map([...roster[type], ...files[type]]));
}

const idsOf = (entries: readonly (readonly [string, unknown])[]): string[] => entries.map(([id]) => id);

function isEqual(one: object | undefined, other: object): boolean {
  // A new day shares with the day before whatever stayed, so that most records are the same object.
  return one === other || (one !== undefined && JSON.stringify(one) === JSON.stringify(other));
}

/** What an enrollment or a guardianship cannot outlive, as `type id`; nothing for the other types. */
function parentsOf(record: object | undefined): string[] {
  const link = record as { class?: string; person?: string; student?: string; guardian?: string } | undefined;
  if (link?.class !== undefined && link.person !== undefined)
    return [`classes ${link.class}`, ...['students', 'staff', 'guardians'].map((type) => `${type} ${link.person}`)];
  if (link?.student !== undefined && link.guardian !== undefined)
    return [`students ${link.student}`, `guardians ${link.guardian}`];
  return [];
}
