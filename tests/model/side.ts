import type { RecordType } from '@rollbook/core';
import { payloadOf, requestApproval, requestSync } from '@rollbook/pipeline';
import {
  approveHold,
  pauseSync,
  raiseThreshold,
  rejectHold,
  reopenHold,
  resumeSync,
  type PostgresRuns,
} from '@rollbook/store';
import type { PipelineHarness } from '../pipeline-harness.ts';
import type { TestDatabase } from '../test-database.ts';
import { expectSameDecisions, expectSameRun } from './compare.ts';
import * as decisions from './decisions-model.ts';
import { DeliveredSource } from './delivered-source.ts';
import type { DeliveryModel } from './delivery-model.ts';
import type { HoldModel } from './hold-model.ts';
import type { RandomDistrict } from './random-district.ts';
import type { Act } from './random-steps.ts';
import type { Key } from './roster-model.ts';
import { workWithFault, type Hands } from './run-faults.ts';
import type { RunModel, SyncModel } from './sync-model.ts';

export const DISTRICT = 'riverside';
const BY_TESTER = { actor: 'tester', comment: 'for the test' };

/** What is common to the syncs of a district. */
export interface Surroundings {
  readonly testDatabase: TestDatabase;
  readonly harness: PipelineHarness;
  readonly typeIn: Hands['typeIn'];
  readonly archiveByHand: Hands['archiveByHand'];
}

/** A real sync and its model side by side: every act is done by both. */
export class Side {
  readonly #around: Surroundings;
  readonly #source = new DeliveredSource();
  readonly model: SyncModel;
  readonly #district: RandomDistrict;
  readonly ends: Record<RunModel['status'], number> = { succeeded: 0, held: 0, failed: 0 };

  constructor(around: Surroundings, model: SyncModel, district: RandomDistrict) {
    this.#around = around;
    this.model = model;
    this.#district = district;
  }

  get #harness(): PipelineHarness {
    return this.#around.harness;
  }

  get #pool(): TestDatabase['database']['pool'] {
    return this.#around.testDatabase.database.pool;
  }

  expectSameDecisions(): Promise<void> {
    return expectSameDecisions(this.#harness, this.model);
  }

  async run({ day, fault }: Pick<Extract<Act, { what: 'run' }>, 'day' | 'fault'>): Promise<void> {
    const before: DeliveryModel = this.#source.delivery;
    const delivery = this.#district.turn(day);
    this.#source.delivery = delivery;
    this.#source.takenBack = fault === 'data moves while it is read' ? before : null;
    this.#harness.source = this.#source;
    const payload = payloadOf(await requestSync(this.#harness.context, this.model.id, { trigger: 'cli' }));
    const isBroken = await workWithFault(this.#harness, this.#around.testDatabase, fault, {
      source: this.#source,
      payload,
      typeIn: this.#around.typeIn,
      archiveByHand: this.#around.archiveByHand,
      approve: async () => void (await this.#approve('all', 0)),
    });
    const reason = fault === 'wrong credentials' ? 'wrong_credentials' : 'source_unavailable';
    const expected: RunModel = isBroken
      ? { status: 'failed', reason, counts: null, findings: null }
      : this.model.run(payload.runId, delivery);
    this.ends[expected.status]++;
    // Somebody sees to it that the data is put right.
    if (expected.status === 'failed') this.#district.takeBack();
    await expectSameRun(this.#harness, payload.runId, expected);
    await this.#carryOut();
  }

  /** As the sweep does: approvals of the sync that stand and that no run is going to carry out get a run of their own. */
  async #carryOut(): Promise<void> {
    const ours = await this.#harness.sql<{ id: number }>('SELECT id FROM approvals WHERE sync_id = $1', [
      this.model.id,
    ]);
    for (const approvalId of await this.#harness.context.ledger.waitingApprovals()) {
      if (!ours.some(({ id }) => id === approvalId)) continue;
      const run = await requestApproval(this.#harness.context, approvalId);
      await this.#harness.work();
      const expected = this.model.carryOut(run?.runId ?? 0);
      if (run && expected) await expectSameRun(this.#harness, run.runId, expected);
      else expect(run).toEqual(expected);
    }
  }

  async #holdId(hold: HoldModel): Promise<number> {
    const rows = await this.#harness.sql<{ id: number }>('SELECT id FROM holds WHERE sync_id = $1 ORDER BY id', [
      this.model.id,
    ]);
    return rows[this.model.holds.indexOf(hold)]?.id as number;
  }

  async #approve(part: Extract<Act, { what: 'approve' }>['part'], pick: number): Promise<boolean> {
    const hold = this.model.openHold;
    if (!hold) return false;
    const holdId = await this.#holdId(hold);
    const keys = [...hold.records.keys()].sort();
    const key = keys[pick % keys.length] as Key;
    const [type, id] = key.split(' ') as [RecordType, string];
    const school = hold.records.get(key) ?? null;
    const schools = part === 'school' && school !== null ? [school] : null;
    const recordTypes = part === 'type' ? [type] : null;
    const except = part === 'except' ? [{ recordType: type, sisId: id }] : [];
    const isDone = decisions.approve(this.model, hold, {
      schools,
      recordTypes,
      except: part === 'except' ? [key] : [],
    });
    const approval = approveHold(this.#pool, { holdId, ...BY_TESTER, schools, recordTypes, except });
    await (isDone ? approval : expect(approval).rejects.toThrow(/^Hold |^Nothing of hold /));
    return isDone;
  }

  async approve({ part, pick, isCarriedOut }: Extract<Act, { what: 'approve' }>): Promise<void> {
    if ((await this.#approve(part, pick)) && isCarriedOut) await this.#carryOut();
  }

  async reject(): Promise<void> {
    const hold = this.model.openHold;
    if (!hold) return;
    await rejectHold(this.#pool, { holdId: await this.#holdId(hold), ...BY_TESTER });
    decisions.reject(this.model, hold);
  }

  async reopen({ pick }: Extract<Act, { what: 'reopen' }>): Promise<void> {
    const hold = this.model.holds[pick % this.model.holds.length];
    if (!hold) return;
    const reopened = reopenHold(this.#pool, { holdId: await this.#holdId(hold), ...BY_TESTER });
    const isDone = decisions.reopen(this.model, hold);
    await (isDone ? reopened : expect(reopened).rejects.toThrow(/there is nothing to take back/));
  }

  async undo({ pick, isKept }: Extract<Act, { what: 'undo' }>): Promise<void> {
    const runs = [...this.model.archivedBy.keys()];
    const undone = runs[pick % runs.length];
    if (undone === undefined) return;
    const ledger = this.#harness.context.ledger as PostgresRuns;
    const isUndoable = (this.model.archivedBy.get(undone) ?? []).length > 0;
    const requested = ledger.requestUndo({ runId: undone, ...BY_TESTER, keep: isKept });
    if (!isUndoable) return expect(requested).rejects.toThrow(/nothing to undo|was undone already/);
    const run = await requested;
    await this.#harness.step('apply', payloadOf(run));
    await expectSameRun(this.#harness, run.runId, decisions.undo(this.model, undone, run.runId, isKept) as RunModel);
  }

  async raise({ percent, type, isForOneRun }: Extract<Act, { what: 'raise' }>): Promise<void> {
    const asked = { basisPoints: percent * 100, recordTypes: type && [type] };
    const isDone = decisions.raise(this.model, { ...asked, isForOneRun });
    const until = isForOneRun ? null : '2999-01-01';
    const raised = raiseThreshold(this.#pool, { syncId: this.model.id, ...BY_TESTER, ...asked, until }, new Date());
    await (isDone ? raised : expect(raised).rejects.toThrow(/is no raise/));
  }

  /** Settings of a sync; other schools make void what was approved or held under the former ones (guard §27). */
  async configure(settings: Partial<SyncModel['settings']> = {}): Promise<void> {
    const { model } = this;
    Object.assign(model, { settings: { ...model.settings, ...settings } });
    model.basis = JSON.stringify(model.settings.schools);
    await this.#harness.createSync(model.id, DISTRICT, model.settings);
    await this.#harness.sql('UPDATE syncs SET source_fingerprint = $1 WHERE id = $2', [model.basis, model.id]);
  }

  async addOnly(isOn: boolean): Promise<void> {
    this.model.isAdditionsOnly = isOn;
    const calendar = JSON.stringify({ additionsOnly: isOn || null });
    await this.#harness.sql('UPDATE syncs SET calendar = $1 WHERE id = $2', [calendar, this.model.id]);
  }

  async pause(isOn: boolean): Promise<void> {
    const syncId = this.model.id;
    if (isOn)
      await pauseSync(this.#pool, { syncId, until: '2999-01-01', what: 'all-but-contacts', ...BY_TESTER }, new Date());
    else if (this.model.isPaused) await resumeSync(this.#pool, { syncId, ...BY_TESTER }, new Date());
    this.model.isPaused = isOn;
  }
}
