import { RECORD_TYPES, emptyCounts, type RecordCounts, type RecordType, type RunSettings } from '@rollbook/core';
import { isDamaged, isInData } from './damage-model.ts';
import { judgeDelivery, type DeliveryModel } from './delivery-model.ts';
import { measure, type FindingModel, type Measured } from './guard-model.ts';
import { settleHold, type ApprovalModel, type HoldModel, type Keeping, type RaiseModel } from './hold-model.ts';
import { isLookedAt, linkedOf, markDependents, planRun, spared, type Missing, type Plan } from './plan-model.ts';
import { ACTIVE, PEOPLE, homeSchool, keyOf, newRecord, typeOf } from './roster-model.ts';
import type { Key, ModelRecord, RosterModel } from './roster-model.ts';
import { fateOf, neededByRaise, type Looking } from './settled-run.ts';

/** What is told of a run. `findings`: null if it did not come so far. */
export interface RunModel {
  readonly status: 'succeeded' | 'held' | 'failed';
  readonly reason: string | null;
  readonly counts: Record<RecordType, RecordCounts> | null;
  readonly findings: readonly FindingModel[] | null;
}

const WINDOW_HOURS = 20;

/** What the syncs of a district have in common. */
export interface SharedModel {
  readonly roster: RosterModel;
  /** In milliseconds. */
  readonly clock: { now: number };
  readonly settingsOf: (sync: string) => RunSettings;
}

/** A sync and its district's roster, as docs/guard.md says they behave. */
export class SyncModel {
  readonly id: string;
  readonly roster: RosterModel;
  readonly clock: { readonly now: number };
  readonly settingsOf: SharedModel['settingsOf'];
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
  readonly kept = new Map<Key, Keeping>();
  readonly marks = new Set<Key>();
  readonly absences = new Map<Key, number>();
  /** What each run archived. */
  readonly archivedBy = new Map<number, readonly ModelRecord[]>();
  /** In milliseconds, when each run was applied. */
  readonly #appliedAt = new Map<number, number>();

  constructor(id: string, settings: RunSettings, { roster, clock, settingsOf }: SharedModel) {
    this.id = id;
    this.settings = settings;
    this.roster = roster;
    this.clock = clock;
    this.settingsOf = settingsOf;
  }

  get openHold(): HoldModel | undefined {
    return this.holds.find(({ status }) => status === 'open');
  }

  /** What a run takes with it that is requested now (guard §14, §26, §30). */
  #effective(): RunSettings {
    const { default: percent, perType } = this.settings.threshold;
    const raise = this.raise !== null && this.raise.endsAt > this.clock.now ? this.raise : null;
    const raised = { ...perType };
    for (const type of raise?.recordTypes ?? RECORD_TYPES)
      raised[type] = Math.max(perType[type] ?? percent, raise?.basisPoints ?? 0);
    return {
      ...this.settings,
      threshold: { default: percent, perType: raised },
      additionsOnly: this.isAdditionsOnly,
      recordTypes: this.isPaused ? 'contacts' : 'all',
    };
  }

  /** A run over a delivery, from request to end. */
  run(runId: number, delivery: DeliveryModel): RunModel {
    const { roster, marks } = this;
    const settings = this.#effective();
    const linked = linkedOf(settings);
    const judged = judgeDelivery(this.id, delivery, roster, linked);
    const looking: Looking = { sync: this.id, roster, settings, delivery, judged, linked, marks: new Set(marks) };
    if (isDamaged(looking)) return failed('invalid_data');
    const approvals = this.#standing();
    const approved = new Set(approvals.flatMap(({ waiting }) => [...waiting]));
    const kept = new Set(this.kept.keys());
    const plan = planRun({ ...looking, approved, kept, absences: this.absences });
    const types = new Set([...delivery.kinds.keys()].filter((type) => isLookedAt(type, settings)));
    const { findings, isWithheld } = this.#measure(types, plan, settings, looking);
    if (linked !== null && [...linked].some((school) => !isInData(looking, school)))
      return { ...failed('schools_not_found'), findings };

    this.#settleAbsences(looking, plan);
    const counts = this.#write(runId, plan);
    const withheld = this.#archive(runId, plan.missing, isWithheld, counts);
    this.#settleAlong(runId, plan, counts);
    for (const type of RECORD_TYPES)
      counts[type].skipped = [...judged.values()].filter((row) => row.type === type && row.means === 'seen').length;
    this.#settle(runId, looking, withheld, plan.missing);
    const isHeld = findings.some(({ verdict }) => verdict === 'hold') && !settings.additionsOnly;
    return { status: isHeld ? 'held' : 'succeeded', reason: isHeld ? 'threshold' : null, counts, findings };
  }

  /** A run that carries out the approvals that stand, without a look at the source (guard §27, §34). */
  carryOut(runId: number): RunModel | null {
    const approvals = this.#standing();
    if (approvals.length === 0) return null;
    const { roster } = this;
    const approved = new Set(approvals.flatMap(({ waiting }) => [...waiting]));
    const missing = new Map<Key, Missing>();
    const add = (record: ModelRecord): void => {
      const key = keyOf(record.type, record.id);
      missing.set(key, { record, isApproved: approved.has(key), stays: null, isDependent: false });
    };
    for (const type of RECORD_TYPES)
      for (const record of roster.managed(type, this.id)) if (approved.has(keyOf(type, record.id))) add(record);
    const types = new Set([...missing.values()].map(({ record }) => record.type));
    markDependents(roster, missing, new Set(), add);
    const { findings } = this.#measure(types, { missing, restored: [] }, this.settings, null);
    const counts = emptyCounts();
    this.#archive(runId, missing, () => false, counts);
    for (const approval of approvals) {
      approval.waiting.clear();
      approval.status = 'used';
    }
    this.#settle(runId, null, new Map());
    return { status: 'succeeded', reason: null, counts, findings };
  }

  #measure(
    types: ReadonlySet<RecordType>,
    { missing, restored }: Pick<Plan, 'missing' | 'restored'>,
    settings: RunSettings,
    looking: Looking | null,
  ): Measured {
    const { roster, id: sync, openHold } = this;
    const back = new Set(restored.map(({ type, id }) => keyOf(type, id)));
    const begin = this.clock.now - WINDOW_HOURS * 3_600_000;
    const before = [...roster.records.values()].filter(
      ({ type, id, archivedBy, archivedRun, countsInWindow }) =>
        !back.has(keyOf(type, id)) &&
        archivedBy === 'sync' &&
        countsInWindow &&
        (this.#appliedAt.get(archivedRun ?? -1) ?? 0) > begin,
    );
    const held = [...(openHold?.records.keys() ?? [])];
    const waiting = new Set(held.filter((key) => looking && this.#fateOf(key, looking) === 'delta is silent'));
    const linked = linkedOf(settings);
    const since = openHold?.since ?? null;
    return measure({ roster, sync, types, missing, settings, linked, since, before, waiting });
  }

  #standing(): ApprovalModel[] {
    return this.approvals.filter(
      ({ status, basis, endsAt }) => status === 'active' && basis === this.basis && endsAt > this.clock.now,
    );
  }

  /** Creates, updates and restores are made whatever is withheld (guard §7, §10). */
  #write(runId: number, plan: Plan): Record<RecordType, RecordCounts> {
    const counts = emptyCounts();
    for (const [type, count] of plan.unchanged) counts[type].unchanged = count;
    for (const row of plan.created) {
      counts[row.type].created++;
      this.roster.add(newRecord(row, this.id, runId));
    }
    for (const row of [...plan.updated, ...plan.restored]) {
      const record = this.roster.get(row.type, row.id) as ModelRecord;
      const home = homeSchool(record);
      counts[row.type][record.status === 'active' ? 'updated' : 'restored']++;
      const isNew = record.status === 'archived';
      Object.assign(record, { values: spared(record, row), owner: this.id, ...ACTIVE });
      if (isNew) record.cameWith = runId;
      if (homeSchool(record) !== home) record.moves.push({ runId, from: home });
    }
    return counts;
  }

  /** What went along comes back, or is archived for itself, if its ends are active after all that was withheld (guard §40). */
  #settleAlong(runId: number, { broughtBack, parted }: Plan, counts: Record<RecordType, RecordCounts>): void {
    const isWhole = (record: ModelRecord): boolean =>
      this.roster.parentsOf(record).every((group) => group.some(({ status }) => status === 'active'));
    for (const record of broughtBack.filter(isWhole)) {
      counts[record.type].restored++;
      Object.assign(record, { ...ACTIVE, cameWith: runId });
    }
    for (const record of parted.filter(isWhole))
      Object.assign(record, { archivedBy: 'sync', archivedRun: record.archivedRun ?? runId });
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
    const end = (record: ModelRecord, archivedBy: 'sync' | 'parent', countsInWindow: boolean): void => {
      Object.assign(record, { status: 'archived', archivedBy, archivedRun: runId, countsInWindow });
      counts[record.type].archived++;
      archived.push(record);
    };
    for (const [key, { record, stays, isDependent, isApproved }] of missing) {
      if (stays !== null) counts[record.type][stays === 'kept' ? 'kept' : 'inGrace']++;
      if (stays !== null || isDependent) continue;
      if (isWithheld(record) && !isApproved) {
        counts[record.type].withheld++;
        withheld.set(key, homeSchool(record));
        continue;
      }
      going.add(key);
      end(record, 'sync', !isApproved);
    }
    for (const { record, isDependent } of missing.values())
      if (isDependent && this.roster.hangsOn(record, going)) end(record, 'parent', false);
    this.archivedBy.set(runId, archived);
    this.#appliedAt.set(runId, this.clock.now);
    return withheld;
  }

  /** Good runs without somebody are counted, those in which somebody was shown end the count (guard §9). */
  #settleAbsences({ delivery, judged, settings }: Looking, plan: Plan): void {
    for (const type of PEOPLE) {
      if (delivery.kinds.get(type) !== 'full' || !isLookedAt(type, settings)) continue;
      for (const record of this.roster.ofType(type)) {
        const key = keyOf(type, record.id);
        if (plan.missing.has(key) && !judged.has(key)) this.absences.set(key, (this.absences.get(key) ?? 0) + 1);
        else this.absences.delete(key);
      }
    }
  }

  #fateOf(key: Key, looking: Looking | null): ReturnType<typeof fateOf> {
    return fateOf(key, this.roster.records.get(key), this.id, looking, this.kept.has(key));
  }

  /** What a run that was applied does to decisions, holds and marks (guard §26, §33, §34). `looking`: null if it looked at no source. */
  #settle(
    runId: number,
    looking: Looking | null,
    withheld: ReadonlyMap<Key, string | null>,
    missing: ReadonlyMap<Key, Missing> = new Map(),
  ): void {
    const isShown = (key: Key): boolean => {
      if (looking === null || !isLookedAt(typeOf(key), looking.settings)) return false;
      return ['there', 'seen', 'unplaced'].includes(looking.judged.get(key)?.means ?? 'absent');
    };
    const isActive = (key: Key): boolean => this.roster.records.get(key)?.status === 'active';
    const unlooked = [...(this.openHold?.records.keys() ?? [])].filter((key) =>
      ['not looked at', 'delta is silent'].includes(this.#fateOf(key, looking)),
    );
    settleHold(this.holds, {
      runId,
      now: this.clock.now,
      basis: this.basis,
      isAdditionsOnly: looking?.settings.additionsOnly ?? false,
      withheld,
      isShown,
      fateOf: (key) => this.#fateOf(key, looking),
    });
    // A decision to keep a record ends when the record was back in the data, or is archived after all.
    for (const key of this.kept.keys()) if (isShown(key) || !isActive(key)) this.kept.delete(key);
    this.#settleMarks(looking, missing, isShown);
    for (const approval of this.approvals.filter(({ status }) => status === 'active')) {
      for (const key of approval.waiting) if (isShown(key) || !isActive(key)) approval.waiting.delete(key);
      if (approval.waiting.size === 0) approval.status = 'used';
    }
    if (looking && this.raise?.isForOneRun === true && this.raise.endsAt > this.clock.now)
      if (neededByRaise(this.raise, looking, unlooked)) this.raise = null;
  }

  #settleMarks(looking: Looking | null, missing: ReadonlyMap<Key, Missing>, isShown: (key: Key) => boolean): void {
    for (const [type, kind] of looking?.delivery.kinds ?? []) {
      if (looking === null || !isLookedAt(type, looking.settings)) continue;
      if (kind === 'full') for (const key of this.marks) if (typeOf(key) === type) this.marks.delete(key);
      if (kind === 'delta')
        for (const [key, { means }] of looking.judged)
          if (typeOf(key) === type && ['gone', 'outside'].includes(means) && missing.has(key)) this.marks.add(key);
    }
    for (const key of this.marks) {
      const record = this.roster.records.get(key);
      if (isShown(key) || record?.status !== 'active' || record.owner !== this.id) this.marks.delete(key);
    }
  }
}

const failed = (reason: string): RunModel => ({ status: 'failed', reason, counts: null, findings: null });
