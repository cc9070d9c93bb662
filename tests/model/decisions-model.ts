import { RECORD_TYPES, emptyCounts, type RecordType } from '@rollbook/core';
import { ACTIVE, keyOf, newRecord, type Key, type ModelRecord, type Values } from './roster-model.ts';
import type { HoldModel, Keeping, RaiseModel } from './hold-model.ts';
import type { RunModel, SyncModel } from './sync-model.ts';

/** What of a hold is approved; null: all of it. */
export interface Part {
  readonly schools: readonly string[] | null;
  readonly recordTypes: readonly RecordType[] | null;
  readonly except: readonly Key[];
}

const HOUR = 3_600_000;
/** How long an approval stands, and how old the latest look at a hold's records may be (guard §27). */
const APPROVAL_HOURS = 72;
const UNUSED_RAISE_HOURS = 7 * 24;

/** Each decision returns false if it is refused, and then changes nothing. */
export function approve(model: SyncModel, hold: HoldModel, { schools, recordTypes, except }: Part): boolean {
  if (hold.status !== 'open' || hold.basis !== model.basis) return false;
  if (hold.confirmedAt < model.clock.now - APPROVAL_HOURS * HOUR) return false;
  const isMeant = (key: Key, school: string | null): boolean =>
    (schools === null || (school !== null && schools.includes(school))) &&
    (recordTypes === null || recordTypes.some((type) => key.startsWith(`${type} `))) &&
    !except.includes(key);
  const meant = new Set([...hold.records].flatMap(([key, school]) => (isMeant(key, school) ? [key] : [])));
  if (meant.size === 0) return false;
  const endsAt = model.clock.now + APPROVAL_HOURS * HOUR;
  const waiting = new Set([...meant].filter((key) => !hold.seen.has(key)));
  model.approvals.push({ status: 'active', basis: model.basis, endsAt, records: meant, waiting });
  for (const key of except) keep(model, key, { hold });
  hold.status = 'approved';
  const rest = [...hold.records].filter(([key]) => !meant.has(key) && !model.kept.has(key));
  if (rest.length > 0) model.holds.push({ ...hold, status: 'open', records: new Map(rest) });
  return true;
}

export function reject(model: SyncModel, hold: HoldModel): void {
  hold.status = 'rejected';
  for (const key of hold.records.keys()) keep(model, key, { hold });
}

/** Of two holds the later one counts; an undo keeps for itself. */
function keep(model: SyncModel, key: Key, by: Partial<Keeping>): void {
  model.kept.set(key, { hold: null, isUndone: false, ...model.kept.get(key), ...by });
}

export function reopen(model: SyncModel, hold: HoldModel): boolean {
  const kept = [...model.kept].filter(([, by]) => by.hold === hold);
  for (const [key, { isUndone }] of kept)
    if (isUndone) model.kept.set(key, { hold: null, isUndone });
    else model.kept.delete(key);
  return kept.length > 0;
}

/** guard §26, §34: a raise never lowers what is configured; it is for the types named, or those that are held. */
export function raise(
  model: SyncModel,
  asked: Pick<RaiseModel, 'basisPoints' | 'recordTypes' | 'isForOneRun'>,
): boolean {
  const { default: percent, perType } = model.settings.threshold;
  const configured = (asked.recordTypes ?? RECORD_TYPES).map((type) => perType[type] ?? percent);
  if (asked.basisPoints <= Math.min(...configured)) return false;
  const held = model.openHold && [...model.openHold.records.keys()].map((key) => key.split(' ')[0] as RecordType);
  const endsAt = asked.isForOneRun ? model.clock.now + UNUSED_RAISE_HOURS * HOUR : Number.POSITIVE_INFINITY;
  model.raise = { ...asked, heldTypes: held ? [...new Set(held)] : null, endsAt };
  return true;
}

/**
 * guard §29, §40: what is restored is kept until it was back in the data, unless that is declined. What hangs on a record
 * that is restored with it stays or goes with that.
 */
export function undo(model: SyncModel, undone: number, runId: number, isKept: boolean): RunModel | null {
  const archived = model.archivedBy.get(undone) ?? [];
  if (archived.length === 0) return null;
  model.archivedBy.delete(undone);
  const counts = emptyCounts();
  const restored = new Set<Key>();
  const isLink = ({ type }: ModelRecord): boolean => type === 'enrollments' || type === 'guardianships';
  for (const record of [...archived.filter((each) => !isLink(each)), ...archived.filter(isLink)]) {
    if (record.status === 'active' || record.archivedRun !== undone) continue;
    const hangsOnActive = model.roster
      .parentsOf(record)
      .every((group) => group.some(({ status }) => status === 'active'));
    if (!hangsOnActive) continue;
    Object.assign(record, ACTIVE, { cameWith: runId });
    counts[record.type].restored++;
    const key = keyOf(record.type, record.id);
    if (
      isKept &&
      !model.roster
        .parentsOf(record)
        .flat()
        .some((end) => restored.has(keyOf(end.type, end.id)))
    )
      keep(model, key, { isUndone: true });
    restored.add(key);
  }
  return { status: 'succeeded', reason: null, counts, findings: [] };
}

let acts = 0;

/** Archives a record by hand, and what hangs on it; those whom the sync would restore cannot be. */
export function archiveByHand(model: SyncModel, type: 'students' | 'classes', pick: number): ModelRecord | null {
  const active = model.roster
    .ofType(type)
    .filter(({ status, owner }) => status === 'active' && (owner === null || mayArchive(model, type, owner)))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const record = active[pick % active.length];
  if (!record) return null;
  const key = new Set([keyOf(type, record.id)]);
  const act = ++acts;
  for (const other of model.roster.records.values())
    if (other.status === 'active' && model.roster.hangsOn(other, key)) end(other, 'parent', act);
  return end(record, 'user', act);
}

const mayArchive = ({ settingsOf }: SyncModel, type: 'students' | 'classes', owner: string): boolean =>
  type === 'classes' || settingsOf(owner).archivedStudents === 'keep-archived';

const end = (record: ModelRecord, archivedBy: 'user' | 'parent', archivedAct: number): ModelRecord =>
  Object.assign(record, { status: 'archived', archivedBy, archivedRun: null, archivedAct });

/** What a user archived, with what went along, as far as its other end is active (guard §11). */
export function restoreByHand(model: SyncModel, pick: number): ModelRecord | null {
  const archived = (['students', 'classes'] as const)
    .flatMap((type) => model.roster.ofType(type))
    .filter(({ archivedBy }) => archivedBy === 'user');
  const record = archived[pick % archived.length];
  if (!record) return null;
  const act = record.archivedAct;
  Object.assign(record, ACTIVE);
  for (const other of model.roster.records.values()) {
    if (other.archivedBy !== 'parent' || other.archivedAct !== act) continue;
    const ends = model.roster.parentsOf(other);
    if (ends.every((group) => group.some(({ status }) => status === 'active'))) Object.assign(other, ACTIVE);
  }
  return record;
}

/** A manual student, unless the roster has one of that id. */
export function typeIn(model: SyncModel, id: string): boolean {
  if (model.roster.get('students', id)) return false;
  const values: Values = { family_name: 'Byhand', grade: null, school_id: null, school_ids: [] };
  model.roster.add(newRecord({ type: 'students', id, values }, null, 0));
  return true;
}

/** A student who joins, and edits the name (guard §11). */
export function claim(model: SyncModel, pick: number): ModelRecord | null {
  const active = model.roster.ofType('students').filter(({ status, hasJoined }) => status === 'active' && !hasJoined);
  const record = active[pick % active.length];
  if (!record) return null;
  return Object.assign(record, { hasJoined: true, values: { ...record.values, family_name: 'Own' } });
}
