import { RECORD_TYPES, type RecordType, type RunSettings } from '@rollbook/core';
import type { DeliveryModel, Judged } from './delivery-model.ts';
import { PEOPLE, comparable, keyOf, type Key, type ModelRecord, type RosterModel } from './roster-model.ts';

/** Why a record that is missing stays all the same: a person said so, or it has not been missing for long. */
export type Stay = 'kept' | 'grace';

/** A record that a run finds missing. */
export interface Missing {
  readonly record: ModelRecord;
  readonly isApproved: boolean;
  stays: Stay | null;
  /** It hangs on another record that goes, and goes with it whatever else is said of it (guard §6). */
  isDependent: boolean;
}

/** What a run would do. */
export interface Plan {
  readonly created: readonly Judged[];
  readonly updated: readonly Judged[];
  readonly restored: readonly Judged[];
  /** What a delta is silent about and comes back with the person or class that it brings back (guard §40). */
  readonly broughtBack: readonly ModelRecord[];
  /** What went along with such a one and is not in the data: it is archived for itself from now on. */
  readonly parted: readonly ModelRecord[];
  /** In the data and left as they are, by type. */
  readonly unchanged: ReadonlyMap<RecordType, number>;
  readonly missing: ReadonlyMap<Key, Missing>;
}

export interface PlanInput {
  readonly sync: string;
  readonly roster: RosterModel;
  readonly delivery: DeliveryModel;
  readonly judged: ReadonlyMap<Key, Judged>;
  readonly settings: RunSettings;
  readonly approved: ReadonlySet<Key>;
  readonly kept: ReadonlySet<Key>;
  /** What deltas marked as deleted and is active still (guard §33). */
  readonly marks: ReadonlySet<Key>;
  /** In how many good runs in a row somebody was absent. */
  readonly absences: ReadonlyMap<Key, number>;
}

export const linkedOf = ({ schools }: RunSettings): ReadonlySet<string> | null =>
  schools && new Set(schools.map(({ sisId }) => sisId));

/** Whether a run looks at a record type at all (guard §30). */
export const isLookedAt = (type: RecordType, { recordTypes }: RunSettings): boolean =>
  recordTypes === 'all' || type === 'guardians' || type === 'guardianships';

/** Compares a delivery with the roster (guard §6, §8 to §11, §13). */
export function planRun(input: PlanInput): Plan {
  const rows = [...input.judged.values()].filter(({ type }) => isLookedAt(type, input.settings));
  const taken = rows.filter((row) => row.means === 'there' && !isPassedOver(input, row));
  const present = taken.filter((row) => !isLonely(input, row, taken));
  const created: Judged[] = [];
  const updated: Judged[] = [];
  const restored: Judged[] = [];
  const unchanged = new Map<RecordType, number>();
  const leave = (type: RecordType): void => void unchanged.set(type, (unchanged.get(type) ?? 0) + 1);
  for (const row of present) {
    const record = input.roster.get(row.type, row.id);
    if (!record) created.push(row);
    else if (isTakenOver(input, record)) restored.push(row);
    else if (record.owner !== input.sync) continue;
    else if (record.status === 'active')
      if (comparable(record.values) === comparable(spared(record, row))) leave(row.type);
      else updated.push(row);
    else if (record.archivedBy === 'user' && staysArchived(row.type, input.settings)) leave(row.type);
    else restored.push(row);
  }
  const missing = findMissing(input, present);
  const along = findAlong(input, [...created, ...updated, ...restored], restored);
  return { created, updated, restored, ...along, unchanged, missing };
}

/** What its own sync archived belongs to nobody, and is taken over by the next that has it (guard §39). */
const isTakenOver = ({ sync }: PlanInput, { owner, status, archivedBy }: ModelRecord): boolean =>
  owner !== null && owner !== sync && status === 'archived' && archivedBy !== 'user';

/** Names of those who have joined are their own (guard §11). */
export const spared = ({ hasJoined, values }: ModelRecord, row: Judged): Judged['values'] =>
  hasJoined ? { ...row.values, family_name: values['family_name'] ?? null } : row.values;

/**
 * As far as their other end is active; what the data says of them itself holds, if it speaks for them (guard §40).
 * `broughtBack`: what it is silent about; `parted`: what it does not have although both ends are there again.
 */
function findAlong(
  { sync, roster, delivery, judged, settings }: PlanInput,
  present: readonly Judged[],
  restored: readonly Judged[],
): Pick<Plan, 'broughtBack' | 'parted'> {
  const back = new Set(restored.map(({ type, id }) => keyOf(type, id)));
  const there = new Set(present.map(({ type, id }) => keyOf(type, id)));
  const stands = ({ type, id, status }: ModelRecord): boolean => {
    const key = keyOf(type, id);
    return there.has(key) || status === 'active';
  };
  const along = (['enrollments', 'guardianships'] as const).flatMap((type) =>
    roster.ofType(type).filter((record) => {
      if (record.archivedBy !== 'parent' || there.has(keyOf(type, record.id))) return false;
      const ends = roster.parentsOf(record);
      const isOfThese = ends.flat().some((end) => back.has(keyOf(end.type, end.id)));
      return isOfThese && ends.every((group) => group.some(stands));
    }),
  );
  // Whoever is taken over from another sync has left the classes that they had there (guard §39).
  const follows = (record: ModelRecord): boolean =>
    roster
      .parentsOf(record)
      .flat()
      .some((end) => back.has(keyOf(end.type, end.id)) && (end.owner === sync || end.owner !== record.owner));
  const isSilent = (record: ModelRecord): boolean => {
    const { type, id, owner } = record;
    if (!follows(record)) return false;
    const means = judged.get(keyOf(type, id))?.means;
    const kind = isLookedAt(type, settings) ? delivery.kinds.get(type) : undefined;
    return owner !== sync || kind === undefined || means === 'seen' || (kind === 'delta' && means === undefined);
  };
  return { broughtBack: along.filter(isSilent), parted: along.filter((record) => !isSilent(record)) };
}

/** What a user archived and stays archived although it is in the data (guard §10). */
const staysArchived = (type: RecordType, settings: RunSettings): boolean =>
  (type === 'students' && settings.archivedStudents === 'keep-archived') ||
  (type === 'classes' && !settings.unarchiveClasses);

/** Enrollments and guardianships of what stays archived, and of students who are not there while contacts alone are synced. */
function isPassedOver(input: PlanInput, row: Judged): boolean {
  const { roster, settings } = input;
  if (settings.recordTypes === 'contacts' && row.type === 'guardianships')
    if (!roster.isActive('students', row.values['student_id'] as string)) return true;
  return roster
    .parentsOf(row)
    .flat()
    .some((end) => {
      if (end.status !== 'archived' || isTakenOver(input, end)) return false;
      return end.owner !== input.sync || (end.archivedBy === 'user' && staysArchived(end.type, settings));
    });
}

/** While contacts alone are synced: a new guardian of students alone whom the roster does not have. */
function isLonely({ roster, judged, settings }: PlanInput, row: Judged, taken: readonly Judged[]): boolean {
  if (settings.recordTypes !== 'contacts' || row.type !== 'guardians' || roster.get(row.type, row.id)) return false;
  const isTheirs = ({ type, means, values }: Judged): boolean =>
    type === 'guardianships' && means === 'there' && values['guardian_id'] === row.id;
  return [...judged.values()].some(isTheirs) && !taken.some(isTheirs);
}

function findMissing(input: PlanInput, present: readonly Judged[]): Map<Key, Missing> {
  const { sync, roster, delivery, judged, settings, approved, marks } = input;
  const linked = linkedOf(settings);
  const missing = new Map<Key, Missing>();
  const add = (record: ModelRecord): void => {
    const key = keyOf(record.type, record.id);
    missing.set(key, { record, isApproved: approved.has(key), stays: null, isDependent: false });
  };
  for (const type of RECORD_TYPES) {
    const kind = isLookedAt(type, settings) ? delivery.kinds.get(type) : undefined;
    if (kind === undefined) continue;
    for (const record of roster.managed(type, sync)) {
      const key = keyOf(type, record.id);
      const means = judged.get(key)?.means;
      const isAbsent = means === undefined && (kind === 'full' || marks.has(key));
      const isGone = means === 'gone' || means === 'outside' || isAbsent;
      if (isGone && roster.isInScope(record, linked)) add(record);
    }
  }
  letStay(input, missing);
  const there = new Set(present.map(({ type, id }) => keyOf(type, id)));
  markDependents(roster, missing, there, add);
  return missing;
}

function letStay({ roster, judged, kept, absences, settings, delivery }: PlanInput, missing: Map<Key, Missing>): void {
  for (const [key, entry] of missing) {
    if (entry.isApproved) continue;
    const isAbsent = !judged.has(key) && delivery.kinds.get(entry.record.type) === 'full';
    if (kept.has(key)) entry.stays = 'kept';
    else if (PEOPLE.includes(entry.record.type) && isAbsent)
      if ((absences.get(key) ?? 0) + 1 < settings.transferGrace) entry.stays = 'grace';
  }
  for (const stays of ['kept', 'grace'] as const) {
    const staying = new Set([...missing].flatMap(([key, entry]) => (entry.stays === stays ? [key] : [])));
    for (const entry of missing.values())
      if (!entry.isApproved && entry.stays === null && roster.hangsOn(entry.record, staying)) entry.stays = stays;
  }
}

/** What hangs on a record that goes, of whichever sync, goes with it, listed or not, unless the data has it (guard §6, §39). */
export function markDependents(
  roster: RosterModel,
  missing: ReadonlyMap<Key, Missing>,
  there: ReadonlySet<Key>,
  add: (record: ModelRecord) => void,
): void {
  const going = new Set([...missing].flatMap(([key, entry]) => (entry.stays === null ? [key] : [])));
  for (const type of ['enrollments', 'guardianships'] as const)
    for (const record of roster.ofType(type)) {
      const key = keyOf(type, record.id);
      if (record.status !== 'active') continue;
      if (there.has(key) || !roster.hangsOn(record, going)) continue;
      if (!missing.has(key)) add(record);
      (missing.get(key) as Missing).isDependent = true;
    }
}
