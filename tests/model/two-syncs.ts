import type { RecordType } from '@rollbook/core';
import { payloadOf, requestApproval, requestSync } from '@rollbook/pipeline';
import {
  approveHold,
  archiveRecord,
  pauseSync,
  raiseThreshold,
  rejectHold,
  reopenHold,
  resumeSync,
  type PostgresRuns,
} from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import type { TestDatabase } from '../test-database.ts';
import { expectSameDecisions, expectSameRoster, expectSameRun } from './compare.ts';
import * as decisions from './decisions-model.ts';
import { DeliveredSource } from './delivered-source.ts';
import type { DeliveryModel } from './delivery-model.ts';
import { RandomDistrict } from './random-days.ts';
import type { Step, Story } from './random-steps.ts';
import { workWithFault } from './run-faults.ts';
import type { Key } from './roster-model.ts';
import { SyncModel, type HoldModel, type RunModel } from './sync-model.ts';

const SYNC = 'sis';
const DISTRICT = 'riverside';
const BY_TESTER = { actor: 'tester', comment: 'for the test' };
const FIRST_DAY = { changes: [], kinds: [] };

/** A real sync and its model side by side: every step is taken by both, and then they are compared. */
export class TwoSyncs {
  readonly #testDatabase: TestDatabase;
  readonly #source = new DeliveredSource();
  readonly #harness: PipelineHarness;
  readonly #model: SyncModel;
  readonly #district: RandomDistrict;
  readonly ends: Record<RunModel['status'], number> = { succeeded: 0, held: 0, failed: 0 };

  constructor(testDatabase: TestDatabase, { district, settings }: Story) {
    this.#testDatabase = testDatabase;
    this.#harness = new PipelineHarness(testDatabase.database, this.#source);
    this.#model = new SyncModel(settings);
    this.#district = new RandomDistrict(district);
  }

  async begin(): Promise<void> {
    await this.#configure();
    await this.take({ what: 'run', day: FIRST_DAY, fault: null });
  }

  async take(step: Step): Promise<void> {
    await this.#take(step);
    await expectSameRoster(this.#harness, this.#model);
    await expectSameDecisions(this.#harness, this.#model);
  }

  #take(step: Step): Promise<void> {
    switch (step.what) {
      case 'run':
        return this.#run(step);
      case 'approve':
        return this.#approveAndCarryOut(step);
      case 'reject':
        return this.#reject();
      case 'reopen':
        return this.#reopen(step.pick);
      case 'undo':
        return this.#undo(step.pick);
      case 'raise':
        return this.#raise(step);
      case 'configure':
        return this.#configure(step.settings);
      case 'additions only':
        return this.#addOnly(step.isOn);
      case 'pause':
        return this.#pause(step.isOn);
      case 'archive by hand':
        return this.#archiveByHand(step.type, step.pick);
      case 'type in':
        return this.#typeIn(step.pick);
    }
  }

  get #pool(): TestDatabase['database']['pool'] {
    return this.#testDatabase.database.pool;
  }

  async #run({ day, fault }: Extract<Step, { what: 'run' }>): Promise<void> {
    const before: DeliveryModel = this.#source.delivery;
    const delivery = this.#district.turn(day);
    this.#source.delivery = delivery;
    this.#source.takenBack = fault === 'data moves while it is read' ? before : null;
    const payload = payloadOf(await requestSync(this.#harness.context, SYNC, { trigger: 'cli' }));
    const isBroken = await workWithFault(this.#harness, this.#testDatabase, fault, {
      source: this.#source,
      payload,
      typeIn: () => this.#typeIn(3),
      archiveByHand: () => this.#archiveByHand('classes', 3),
      approve: async () => void (await this.#approve('all', 0)),
    });
    const reason = fault === 'wrong credentials' ? 'wrong_credentials' : 'source_unavailable';
    const expected: RunModel = isBroken
      ? { status: 'failed', reason, counts: null, findings: null }
      : this.#model.run(payload.runId, delivery);
    this.ends[expected.status]++;
    // Somebody sees to it that the data is put right.
    if (expected.status === 'failed') this.#district.takeBack();
    await expectSameRun(this.#harness, payload.runId, expected);
    await this.#carryOut();
  }

  /** As the sweep does: approvals that stand and that no run is going to carry out get a run of their own. */
  async #carryOut(): Promise<void> {
    for (const approvalId of await this.#harness.context.ledger.waitingApprovals()) {
      const run = await requestApproval(this.#harness.context, approvalId);
      await this.#harness.work();
      const expected = this.#model.carryOut(run?.runId ?? 0);
      if (run && expected) await expectSameRun(this.#harness, run.runId, expected);
      else expect(run).toEqual(expected);
    }
  }

  async #holdId(hold: HoldModel): Promise<number> {
    const rows = await this.#harness.sql<{ id: number }>('SELECT id FROM holds ORDER BY id');
    return rows[this.#model.holds.indexOf(hold)]?.id as number;
  }

  async #approve(part: Extract<Step, { what: 'approve' }>['part'], pick: number): Promise<boolean> {
    const hold = this.#model.openHold;
    if (!hold) return false;
    const holdId = await this.#holdId(hold);
    const keys = [...hold.records.keys()].sort();
    const key = keys[pick % keys.length] as Key;
    const [type, id] = key.split(' ') as [RecordType, string];
    const school = hold.records.get(key) ?? null;
    const schools = part === 'school' && school !== null ? [school] : null;
    const recordTypes = part === 'type' ? [type] : null;
    const except = part === 'except' ? [{ recordType: type, sisId: id }] : [];
    const isDone = decisions.approve(this.#model, hold, {
      schools,
      recordTypes,
      except: part === 'except' ? [key] : [],
    });
    const approval = approveHold(this.#pool, { holdId, ...BY_TESTER, schools, recordTypes, except });
    await (isDone ? approval : expect(approval).rejects.toThrow(/^Hold |^Nothing of hold /));
    return isDone;
  }

  async #approveAndCarryOut({ part, pick, isCarriedOut }: Extract<Step, { what: 'approve' }>): Promise<void> {
    if ((await this.#approve(part, pick)) && isCarriedOut) await this.#carryOut();
  }

  async #reject(): Promise<void> {
    const hold = this.#model.openHold;
    if (!hold) return;
    await rejectHold(this.#pool, { holdId: await this.#holdId(hold), ...BY_TESTER });
    decisions.reject(this.#model, hold);
  }

  async #reopen(pick: number): Promise<void> {
    const hold = this.#model.holds[pick % this.#model.holds.length];
    if (!hold) return;
    const reopened = reopenHold(this.#pool, { holdId: await this.#holdId(hold), ...BY_TESTER });
    const isDone = decisions.reopen(this.#model, hold);
    await (isDone ? reopened : expect(reopened).rejects.toThrow(/there is nothing to take back/));
  }

  async #undo(pick: number): Promise<void> {
    const runs = [...this.#model.archivedBy.keys()];
    const undone = runs[pick % runs.length];
    if (undone === undefined) return;
    const ledger = this.#harness.context.ledger as PostgresRuns;
    const expected = decisions.undo(this.#model, undone);
    const requested = ledger.requestUndo({ runId: undone, ...BY_TESTER });
    if (!expected) return expect(requested).rejects.toThrow(/nothing to undo|was undone already/);
    const run = await requested;
    await this.#harness.step('apply', payloadOf(run));
    await expectSameRun(this.#harness, run.runId, expected);
  }

  async #raise({ percent, type, isForOneRun }: Extract<Step, { what: 'raise' }>): Promise<void> {
    const asked = { basisPoints: percent * 100, recordTypes: type && [type] };
    const isDone = decisions.raise(this.#model, { ...asked, isForOneRun });
    const until = isForOneRun ? null : '2999-01-01';
    const raised = raiseThreshold(this.#pool, { syncId: SYNC, ...BY_TESTER, ...asked, until }, new Date());
    await (isDone ? raised : expect(raised).rejects.toThrow(/is no raise/));
  }

  /** Settings of a sync; other schools make void what was approved or held under the former ones (guard §27). */
  async #configure(settings: Partial<SyncModel['settings']> = {}): Promise<void> {
    const model = this.#model;
    Object.assign(model, { settings: { ...model.settings, ...settings } });
    model.basis = JSON.stringify(model.settings.schools);
    await this.#harness.createSync(SYNC, DISTRICT, model.settings);
    await this.#harness.sql('UPDATE syncs SET source_fingerprint = $1', [model.basis]);
  }

  async #addOnly(isOn: boolean): Promise<void> {
    this.#model.isAdditionsOnly = isOn;
    await this.#harness.sql('UPDATE syncs SET calendar = $1', [JSON.stringify({ additionsOnly: isOn || null })]);
  }

  async #pause(isOn: boolean): Promise<void> {
    if (isOn)
      await pauseSync(
        this.#pool,
        { syncId: SYNC, until: '2999-01-01', what: 'all-but-contacts', ...BY_TESTER },
        new Date(),
      );
    else if (this.#model.isPaused) await resumeSync(this.#pool, { syncId: SYNC, ...BY_TESTER }, new Date());
    this.#model.isPaused = isOn;
  }

  async #archiveByHand(recordType: 'students' | 'classes', pick: number): Promise<void> {
    const record = decisions.archiveByHand(this.#model, recordType, pick);
    if (record)
      await archiveRecord(this.#pool, { districtId: DISTRICT, recordType, sisId: record.id, actor: BY_TESTER.actor });
  }

  async #typeIn(pick: number): Promise<void> {
    const id = `n${pick % 8}`;
    if (!decisions.typeIn(this.#model, id)) return;
    await this.#harness.sql(
      `WITH moved AS (UPDATE districts SET roster_version = roster_version + 1)
       INSERT INTO students (district_id, sis_id, given_name, family_name) VALUES ($1, $2, 'Typed', 'Byhand')`,
      [DISTRICT, id],
    );
  }
}
