import { RECORD_TYPES, emptyCounts, type RecordCounts, type RecordType, type RunSettings } from '@rollbook/core';
import { judgeDelivery, type DeliveryModel, type Judged } from './delivery-model.ts';
import { measure, type FindingModel } from './guard-model.ts';
import { isLookedAt, linkedOf, markDependents, planRun, type Missing, type Plan } from './plan-model.ts';
import { PEOPLE, RosterModel, homeSchool, keyOf, type Key, type ModelRecord } from './roster-model.ts';

/** What is told of a run. `findings`: null if it did not come so far. */
export interface RunModel {
  readonly status: 'succeeded' | 'held' | 'failed';
  readonly reason: string | null;
  readonly counts: Record<RecordType, RecordCounts> | null;
  readonly findings: readonly FindingModel[] | null;
}

export interface HoldModel {
  status: 'open' | 'approved' | 'rejected' | 'replaced' | 'resolved';
  /** Void when the source or the schools were changed since. */
  basis: string;
  /** With the schools in which they were counted. */
  readonly records: ReadonlyMap<Key, string | null>;
}

/** A threshold that was raised for the next run, or for good. */
export interface RaiseModel {
  readonly basisPoints: number;
  /** Null: of every record type. */
  readonly recordTypes: readonly RecordType[] | null;
  readonly isForOneRun: boolean;
}

export interface ApprovalModel {
  status: 'active' | 'used';
  readonly basis: string;
  readonly records: ReadonlySet<Key>;
}

/** A sync and its district's roster, as docs/guard.md says they behave. */
export class SyncModel {
  readonly roster = new RosterModel();
  /** As configured. */
  settings: RunSettings;
  raise: RaiseModel | null = null;
  isAdditionsOnly = false;
  /** Paused but for contacts (guard §30). */
  isPaused = false;
  /** Stands for the source and the school IDs that the sync has (guard §27). */
  basis = 'one';
  readonly holds: HoldModel[] = [];
  readonly approvals: ApprovalModel[] = [];
  /** By record, the hold whose decision keeps it. */
  readonly kept = new Map<Key, HoldModel>();
  readonly absences = new Map<Key, number>();
  /** What each run archived. */
  readonly archivedBy = new Map<number, readonly ModelRecord[]>();

  constructor(settings: RunSettings) {
    this.settings = settings;
  }

  get openHold(): HoldModel | undefined {
    return this.holds.find(({ status }) => status === 'open');
  }

  /** What a run takes with it that is requested now (guard §14, §26, §30). */
  #effective(): RunSettings {
    const { default: percent, perType } = this.settings.threshold;
    const raised = { ...perType };
    for (const type of this.raise?.recordTypes ?? RECORD_TYPES)
      raised[type] = Math.max(perType[type] ?? percent, this.raise?.basisPoints ?? 0);
    return {
      ...this.settings,
      threshold: { default: percent, perType: raised },
      additionsOnly: this.isAdditionsOnly,
      recordTypes: this.isPaused ? 'contacts' : 'all',
    };
  }

  /** A run over a delivery, from request to end. */
  run(runId: number, delivery: DeliveryModel): RunModel {
    const { roster } = this;
    const settings = this.#effective();
    const linked = linkedOf(settings);
    const judged = judgeDelivery(delivery, roster, linked);
    if (isDamaged(delivery, judged, roster, settings)) return failed('invalid_data');
    const approvals = this.#standing();
    const approved = new Set(approvals.flatMap(({ records }) => [...records]));
    const kept = new Set(this.kept.keys());
    const plan = planRun({ roster, delivery, judged, settings, approved, kept, absences: this.absences });
    const types = new Set([...delivery.kinds.keys()].filter((type) => isLookedAt(type, settings)));
    const { findings, isWithheld } = measure(roster, types, plan.missing, settings, linked);
    if (linked !== null && [...linked].some((school) => !isInData(delivery, judged, roster, school)))
      return { ...failed('schools_not_found'), findings };

    this.#settleAbsences(delivery, judged, settings, plan);
    const counts = this.#write(runId, plan);
    const withheld = this.#archive(runId, plan.missing, isWithheld, counts);
    for (const type of RECORD_TYPES)
      counts[type].skipped = [...judged.values()].filter((row) => row.type === type && row.means === 'seen').length;
    this.#settleKept(judged, settings);
    for (const approval of approvals) approval.status = 'used';
    this.#settleHold(withheld, settings);
    if (this.raise?.isForOneRun === true) this.raise = null;
    const isHeld = findings.some(({ verdict }) => verdict === 'hold') && !settings.additionsOnly;
    return { status: isHeld ? 'held' : 'succeeded', reason: isHeld ? 'threshold' : null, counts, findings };
  }

  /** A run that carries out the approvals that stand, without a look at the source (guard §27). */
  carryOut(runId: number): RunModel | null {
    const approvals = this.#standing();
    if (approvals.length === 0) return null;
    const { roster } = this;
    const approved = new Set(approvals.flatMap(({ records }) => [...records]));
    const missing = new Map<Key, Missing>();
    const add = (record: ModelRecord): void => {
      const key = keyOf(record.type, record.id);
      missing.set(key, { record, isApproved: approved.has(key), stays: null, isDependent: false });
    };
    for (const type of RECORD_TYPES)
      for (const record of roster.managed(type)) if (approved.has(keyOf(type, record.id))) add(record);
    const types = new Set([...missing.values()].map(({ record }) => record.type));
    markDependents(roster, missing, new Set(), add);
    const { findings } = measure(roster, types, missing, this.settings, linkedOf(this.settings));
    const counts = emptyCounts();
    this.#archive(runId, missing, () => false, counts);
    for (const approval of approvals) approval.status = 'used';
    return { status: 'succeeded', reason: null, counts, findings };
  }

  #standing(): ApprovalModel[] {
    return this.approvals.filter(({ status, basis }) => status === 'active' && basis === this.basis);
  }

  /** Creates, updates and restores are made whatever is withheld (guard §7, §10). */
  #write(runId: number, plan: Plan): Record<RecordType, RecordCounts> {
    const counts = emptyCounts();
    for (const [type, count] of plan.unchanged) counts[type].unchanged = count;
    for (const { type, id, values } of plan.created) {
      counts[type].created++;
      this.roster.add({ type, id, values, status: 'active', archivedBy: null, archivedRun: null, isManaged: true });
    }
    for (const { type, id, values } of [...plan.updated, ...plan.restored]) {
      const record = this.roster.get(type, id) as ModelRecord;
      counts[type][record.status === 'active' ? 'updated' : 'restored']++;
      Object.assign(record, { values, status: 'active', archivedBy: null, archivedRun: null });
    }
    this.archivedBy.set(runId, []);
    return counts;
  }

  /** @returns the roots that stay because of the threshold. */
  #archive(
    runId: number,
    missing: ReadonlyMap<Key, Missing>,
    isWithheld: (record: ModelRecord) => boolean,
    counts: Record<RecordType, RecordCounts>,
  ): ReadonlyMap<Key, string | null> {
    const withheld = new Map<Key, string | null>();
    const going = new Set<Key>();
    const archived: ModelRecord[] = [];
    const end = (record: ModelRecord, archivedBy: 'sync' | 'parent'): void => {
      Object.assign(record, { status: 'archived', archivedBy, archivedRun: runId });
      counts[record.type].archived++;
      archived.push(record);
    };
    for (const [key, { record, stays, isDependent, isApproved }] of missing) {
      if (stays !== null) counts[record.type].withheld++;
      if (stays !== null || isDependent) continue;
      if (isWithheld(record) && !isApproved) {
        counts[record.type].withheld++;
        withheld.set(key, homeSchool(record));
        continue;
      }
      going.add(key);
      end(record, 'sync');
    }
    for (const { record, isDependent } of missing.values())
      if (isDependent && this.roster.hangsOn(record, going)) end(record, 'parent');
    this.archivedBy.set(runId, archived);
    return withheld;
  }

  /** Good runs without somebody are counted, those in which somebody was shown end the count (guard §9). */
  #settleAbsences(delivery: DeliveryModel, judged: ReadonlyMap<Key, Judged>, settings: RunSettings, plan: Plan): void {
    for (const type of PEOPLE) {
      if (delivery.kinds.get(type) !== 'full' || !isLookedAt(type, settings)) continue;
      for (const record of this.roster.ofType(type)) {
        const key = keyOf(type, record.id);
        if (plan.missing.has(key) && !judged.has(key)) this.absences.set(key, (this.absences.get(key) ?? 0) + 1);
        else this.absences.delete(key);
      }
    }
  }

  /** A decision to keep a record ends when the record was back in the data, or is archived after all (guard §26). */
  #settleKept(judged: ReadonlyMap<Key, Judged>, settings: RunSettings): void {
    for (const key of this.kept.keys()) {
      const record = this.roster.records.get(key) as ModelRecord;
      const means = isLookedAt(record.type, settings) ? judged.get(key)?.means : undefined;
      if (means === 'there' || means === 'seen' || record.status === 'archived') this.kept.delete(key);
    }
  }

  /** guard §23 */
  #settleHold(withheld: HoldModel['records'], settings: RunSettings): void {
    if (settings.additionsOnly) return;
    const open = this.openHold;
    if (withheld.size === 0) {
      if (open && settings.recordTypes === 'all') open.status = 'resolved';
      return;
    }
    if (open && open.records.size === withheld.size && [...withheld.keys()].every((key) => open.records.has(key))) {
      open.basis = this.basis;
      return;
    }
    if (open) open.status = 'replaced';
    this.holds.push({ status: 'open', basis: this.basis, records: withheld });
  }
}

const failed = (reason: string): RunModel => ({ status: 'failed', reason, counts: null, findings: null });

/** Empty is not gone, and too many rows that cannot be used (guard §19, §20). */
function isDamaged(
  { kinds }: DeliveryModel,
  judged: ReadonlyMap<Key, Judged>,
  roster: RosterModel,
  settings: RunSettings,
): boolean {
  return [...kinds].some(([type, kind]) => {
    if (!isLookedAt(type, settings)) return false;
    const rows = [...judged.values()].filter((row) => row.type === type);
    const skipped = rows.filter(({ means }) => means === 'seen').length;
    if (skipped * 100 > rows.length * settings.maxSkippedPercent) return true;
    if (kind !== 'full' || rows.length > 0) return false;
    return roster.managed(type).some((record) => roster.isInScope(record, linkedOf(settings)));
  });
}

/** guard §15 */
function isInData(
  { kinds }: DeliveryModel,
  judged: ReadonlyMap<Key, Judged>,
  roster: RosterModel,
  school: string,
): boolean {
  const means = judged.get(keyOf('schools', school))?.means;
  if (means !== undefined) return means === 'there' || means === 'outside';
  return kinds.get('schools') !== 'full' && roster.isActive('schools', school);
}
