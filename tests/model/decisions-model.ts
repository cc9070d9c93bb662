import { RECORD_TYPES, emptyCounts, type RecordType } from '@rollbook/core';
import { keyOf, type Key, type ModelRecord, type Values } from './roster-model.ts';
import type { HoldModel, RaiseModel, RunModel, SyncModel } from './sync-model.ts';

/** What of a hold is approved; null: all of it. */
export interface Part {
  readonly schools: readonly string[] | null;
  readonly recordTypes: readonly RecordType[] | null;
  readonly except: readonly Key[];
}

/** Each decision returns false if it is refused, and then changes nothing. */
export function approve(model: SyncModel, hold: HoldModel, { schools, recordTypes, except }: Part): boolean {
  if (hold.status !== 'open' || hold.basis !== model.basis) return false;
  const isMeant = (key: Key, school: string | null): boolean =>
    (schools === null || (school !== null && schools.includes(school))) &&
    (recordTypes === null || recordTypes.some((type) => key.startsWith(`${type} `))) &&
    !except.includes(key);
  const meant = new Set([...hold.records].flatMap(([key, school]) => (isMeant(key, school) ? [key] : [])));
  if (meant.size === 0) return false;
  model.approvals.push({ status: 'active', basis: model.basis, records: meant });
  for (const key of except) model.kept.set(key, hold);
  hold.status = 'approved';
  const rest = [...hold.records].filter(([key]) => !meant.has(key) && !except.includes(key));
  if (rest.length > 0) model.holds.push({ status: 'open', basis: hold.basis, records: new Map(rest) });
  return true;
}

export function reject(model: SyncModel, hold: HoldModel): void {
  hold.status = 'rejected';
  for (const key of hold.records.keys()) model.kept.set(key, hold);
}

export function reopen(model: SyncModel, hold: HoldModel): boolean {
  const keys = [...model.kept].flatMap(([key, by]) => (by === hold ? [key] : []));
  for (const key of keys) model.kept.delete(key);
  return keys.length > 0;
}

/** guard §26: a raise never lowers what is configured. */
export function raise(model: SyncModel, asked: RaiseModel): boolean {
  const { default: percent, perType } = model.settings.threshold;
  const configured = (asked.recordTypes ?? RECORD_TYPES).map((type) => perType[type] ?? percent);
  if (asked.basisPoints <= Math.min(...configured)) return false;
  model.raise = asked;
  return true;
}

/** guard §29 */
export function undo(model: SyncModel, undone: number): RunModel | null {
  const archived = model.archivedBy.get(undone) ?? [];
  if (archived.length === 0) return null;
  model.archivedBy.delete(undone);
  const counts = emptyCounts();
  const isLink = ({ type }: ModelRecord): boolean => type === 'enrollments' || type === 'guardianships';
  for (const record of [...archived.filter((each) => !isLink(each)), ...archived.filter(isLink)]) {
    if (record.status === 'active' || record.archivedRun !== undone) continue;
    const hangsOnActive = model.roster
      .parentsOf(record)
      .every((group) => group.some(({ status }) => status === 'active'));
    if (!hangsOnActive) continue;
    Object.assign(record, { status: 'active', archivedBy: null, archivedRun: null });
    counts[record.type].restored++;
  }
  return { status: 'succeeded', reason: null, counts, findings: [] };
}

/** Archives a managed record by hand, and what hangs on it; those whom the sync would restore cannot be. */
export function archiveByHand(model: SyncModel, type: 'students' | 'classes', pick: number): ModelRecord | null {
  if (type === 'students' && model.settings.archivedStudents !== 'keep-archived') return null;
  const active = model.roster.managed(type).sort((a, b) => (a.id < b.id ? -1 : 1));
  const record = active[pick % active.length];
  if (!record) return null;
  const key = new Set([keyOf(type, record.id)]);
  for (const other of model.roster.records.values())
    if (other.status === 'active' && model.roster.hangsOn(other, key))
      Object.assign(other, { status: 'archived', archivedBy: 'parent', archivedRun: null });
  return Object.assign(record, { status: 'archived', archivedBy: 'user', archivedRun: null });
}

/** A manual student, unless the roster has one of that id. */
export function typeIn(model: SyncModel, id: string): boolean {
  if (model.roster.get('students', id)) return false;
  const values: Values = { family_name: 'Byhand', grade: null, school_id: null, school_ids: [] };
  const state = { status: 'active', archivedBy: null, archivedRun: null } as const;
  model.roster.add({ type: 'students', id, values, ...state, isManaged: false });
  return true;
}
