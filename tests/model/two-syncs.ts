import { archiveRecord, claimPerson, editRecord, restoreRecord } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import type { TestDatabase } from '../test-database.ts';
import { brokenInvariants } from '../roster-invariants.ts';
import { expectAllowedArchives, groupSizes } from './allowed-archives.ts';
import { expectSameRoster } from './compare.ts';
import * as decisions from './decisions-model.ts';
import { DeliveredSource } from './delivered-source.ts';
import { passHours } from './passing-hours.ts';
import { RandomDistrict } from './random-district.ts';
import { PAUSES, type Step, type Story } from './random-steps.ts';
import { RosterModel } from './roster-model.ts';
import { DISTRICT, Side } from './side.ts';
import { SyncModel, type RunModel } from './sync-model.ts';

const ACTOR = 'tester';
const SYNCS = ['sis', 'sis2'] as const;
const FIRST_DAY = { changes: [], isDelta: false, kinds: [] };

/** The syncs of a district and their models: every step is taken by both, and then they are compared. */
export class TwoSyncs {
  readonly #pool: TestDatabase['database']['pool'];
  readonly #harness: PipelineHarness;
  readonly #roster = new RosterModel();
  readonly #clock = { now: 0 };
  readonly #sides: readonly Side[];

  constructor(testDatabase: TestDatabase, { syncs }: Story) {
    this.#pool = testDatabase.database.pool;
    this.#harness = new PipelineHarness(testDatabase.database, new DeliveredSource(), () => new Date());
    const around = {
      testDatabase,
      harness: this.#harness,
      typeIn: () => this.#typeIn(3),
      archiveByHand: () => this.#archiveByHand('classes', 3),
    };
    const shared = {
      roster: this.#roster,
      clock: this.#clock,
      settingsOf: (sync: string) => (this.#sides.find(({ model }) => model.id === sync) as Side).model.settings,
    };
    this.#sides = syncs.map(({ district, settings }, i) => {
      const model = new SyncModel(SYNCS[i] as string, settings, shared);
      return new Side(around, model, new RandomDistrict(district));
    });
  }

  get ends(): Record<RunModel['status'], number> {
    const count = (end: RunModel['status']): number => this.#sides.reduce((sum, { ends }) => sum + ends[end], 0);
    return { succeeded: count('succeeded'), held: count('held'), failed: count('failed') };
  }

  async begin(): Promise<void> {
    for (const side of this.#sides) await side.configure();
    for (const sync of this.#sides.keys())
      await this.take({ what: 'run', sync, after: 'night', day: FIRST_DAY, fault: null });
  }

  async take(step: Step): Promise<void> {
    if (step.what === 'run') await this.#pass(PAUSES[step.after]);
    const before = await groupSizes(this.#harness);
    const taking = this.#sides[step.sync % this.#sides.length] as Side;
    await this.#take(step, taking);
    await expectSameRoster(this.#harness, this.#roster);
    for (const side of this.#sides) await side.expectSameDecisions();
    if (step.what === 'run') await expectAllowedArchives(this.#harness, taking.model.id, before);
    expect(await brokenInvariants(this.#pool)).toEqual([]);
  }

  #take(step: Step, side: Side): Promise<void> {
    switch (step.what) {
      case 'run':
        return side.run(step);
      case 'approve':
        return side.approve(step);
      case 'reject':
        return side.reject();
      case 'reopen':
        return side.reopen(step);
      case 'undo':
        return side.undo(step);
      case 'raise':
        return side.raise(step);
      case 'configure':
        return side.configure(step.settings);
      case 'additions only':
        return side.addOnly(step.isOn);
      case 'pause':
        return side.pause(step.isOn);
      case 'archive by hand':
        return this.#archiveByHand(step.type, step.pick);
      case 'restore by hand':
        return this.#restoreByHand(step.pick);
      case 'claim':
        return this.#claim(step.pick);
      case 'type in':
        return this.#typeIn(step.pick);
    }
  }

  async #pass(hours: number): Promise<void> {
    this.#clock.now += hours * 3_600_000;
    await passHours(this.#harness, hours);
  }

  get #model(): SyncModel {
    return (this.#sides[0] as Side).model;
  }

  async #archiveByHand(recordType: 'students' | 'classes', pick: number): Promise<void> {
    const record = decisions.archiveByHand(this.#model, recordType, pick);
    if (record) await archiveRecord(this.#pool, { districtId: DISTRICT, recordType, sisId: record.id, actor: ACTOR });
  }

  async #restoreByHand(pick: number): Promise<void> {
    const record = decisions.restoreByHand(this.#model, pick);
    if (!record) return;
    await restoreRecord(this.#pool, { districtId: DISTRICT, recordType: record.type, sisId: record.id, actor: ACTOR });
  }

  async #claim(pick: number): Promise<void> {
    const record = decisions.claim(this.#model, pick);
    if (!record) return;
    const who = { districtId: DISTRICT, recordType: 'students', sisId: record.id, actor: ACTOR };
    await claimPerson(this.#pool, who);
    await editRecord(this.#pool, { ...who, fields: { familyName: 'Own' } });
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
