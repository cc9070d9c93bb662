import { DEFAULT_RUN_SETTINGS, RECORD_TYPES, type RecordType } from '@rollbook/core';
import { RosterBuilder } from '../roster-builder.ts';
import { approve, raise, reject, undo } from './decisions-model.ts';
import type { DeliveryModel, Row } from './delivery-model.ts';
import type { FindingModel } from './guard-model.ts';
import type { HoldModel } from './hold-model.ts';
import { RosterModel } from './roster-model.ts';
import { SyncModel, type RunModel } from './sync-model.ts';

const NIGHT = 23;
const EVENING = 2;

/** A model whose data is changed as a test's builder is: the examples of docs/guard.md, told to it. */
class Told {
  readonly roster = new RosterModel();
  readonly #clock = { now: 0 };
  readonly data = new RosterBuilder();
  readonly sync = this.#syncOf('sis');
  #runs = 0;

  #syncOf(id: string): SyncModel {
    const shared = { roster: this.roster, clock: this.#clock, settingsOf: () => DEFAULT_RUN_SETTINGS };
    return new SyncModel(id, { ...DEFAULT_RUN_SETTINGS, maxSkippedPercent: 100 }, shared);
  }

  another(id: string): SyncModel {
    return this.#syncOf(id);
  }

  /** A full delivery, without the types that are left out. */
  run(hours = NIGHT, without: readonly RecordType[] = [], sync = this.sync): RunModel {
    const types = RECORD_TYPES.filter((type) => !without.includes(type) && this.data.records[type].size > 0);
    const rows = types.flatMap((type): Row[] =>
      [...this.data.records[type].values()].map((record) => ({ type, record, state: 'there' })),
    );
    return this.#run(hours, { kinds: new Map(types.map((type) => [type, 'full'])), rows }, sync);
  }

  /** A delta of students that marks these as deleted, and shows those. */
  delta(marked: readonly string[], shown: readonly string[] = []): RunModel {
    const rows = [...marked, ...shown].map((id): Row => {
      const record = new RosterBuilder().student(id, 'A').records.students.get(id) as Row['record'];
      return { type: 'students', record, state: marked.includes(id) ? 'gone' : 'there' };
    });
    return this.#run(NIGHT, { kinds: new Map([['students', 'delta']]), rows }, this.sync);
  }

  #run(hours: number, delivery: DeliveryModel, sync: SyncModel): RunModel {
    this.#clock.now += hours * 3_600_000;
    return sync.run(++this.#runs, delivery);
  }

  carryOut(): RunModel | null {
    return this.sync.carryOut(++this.#runs);
  }

  undo(runId: number): RunModel | null {
    return undo(this.sync, runId, ++this.#runs, true);
  }

  /** Takes students with these numbers out of the data. */
  without(from: number, to: number): void {
    for (let i = from; i <= to; i++) this.data.removeStudents(`s${i}`);
  }

  get active(): number {
    return this.roster.managed('students', 'sis').length;
  }

  get hold(): HoldModel {
    return this.sync.openHold as HoldModel;
  }

  get holds(): string[] {
    return this.sync.holds.map(({ status, records }) => `${status} ${records.size}`);
  }
}

const told = (students: number): Told => {
  const it = new Told();
  it.data.school('A').students(students, 'A', 's');
  it.run();
  return it;
};

const ofStudents = ({ findings }: RunModel): FindingModel =>
  findings?.find(({ type }) => type === 'students') as FindingModel;

describe('guard §32: the baseline of a hold in the model', () => {
  it('51 of 501 are missing, 10 new ones come: the next night it is 51 of 501 again', () => {
    const it = told(501);
    it.without(1, 51);
    it.data.students(10, 'A', 'new');
    expect(ofStudents(it.run())).toMatchObject({ active: 501, toArchive: 51, allowed: 50, verdict: 'hold' });
    expect(ofStudents(it.run())).toMatchObject({ active: 501, newcomers: 10, toArchive: 51, allowed: 50 });
    expect(it.holds).toEqual(['open 51']);
  });

  it('a newcomer who is missing counts on both sides', () => {
    const it = told(501);
    it.without(1, 51);
    it.data.students(10, 'A', 'new');
    it.run();
    it.data.removeStudents('new1', 'new2');
    expect(ofStudents(it.run())).toMatchObject({ active: 503, newcomers: 8, toArchive: 53 });
  });

  it('the rest of a hold that was approved in part goes on with the first baseline', () => {
    const it = told(20);
    it.data.school('B').students(10, 'B', 'b');
    it.run();
    it.without(1, 4);
    it.data.removeStudents('b1', 'b2').students(30, 'A', 'new');
    it.run();
    expect(approve(it.sync, it.hold, { schools: ['B'], recordTypes: null, except: [] })).toBe(true);
    it.carryOut();
    expect(ofStudents(it.run())).toMatchObject({ school: 'A', active: 20, newcomers: 30, toArchive: 4 });
    expect(it.holds).toEqual(['approved 6', 'open 4']);
  });
});

describe('guard §33: the settlement of holds in the model', () => {
  it('a run without the type leaves the hold as it is', () => {
    const it = told(20);
    it.without(1, 5);
    it.run();
    expect(it.run(NIGHT, ['students']).status).toBe('succeeded');
    expect(it.holds).toEqual(['open 5']);
  });

  it('what returns leaves the hold, and what is newly withheld joins', () => {
    const it = told(20);
    it.without(1, 5);
    it.run();
    it.data.student('s1', 'A');
    it.run();
    it.without(6, 7);
    it.run();
    expect(it.holds).toEqual(['replaced 5', 'replaced 4', 'open 6']);
  });

  it('a mark of a delta is measured again by the next delta, until the data shows it', () => {
    const it = told(20);
    expect(it.delta(['s1', 's2', 's3']).status).toBe('held');
    expect(ofStudents(it.delta([], ['s1']))).toMatchObject({ toArchive: 2, waiting: 0, verdict: 'pass' });
    expect(it.active).toBe(18);
    expect(it.holds).toEqual(['resolved 3']);
  });

  it('what was absent from a full delivery waits while a delta is silent, and counts', () => {
    const it = told(20);
    it.without(1, 5);
    it.run();
    expect(ofStudents(it.delta(['s6']))).toMatchObject({ toArchive: 1, waiting: 5, allowed: 2, verdict: 'hold' });
    expect(it.active).toBe(20);
    expect(it.holds).toEqual(['replaced 5', 'open 6']);
  });

  it('a mark that a decision kept lives on when the decision is taken back', () => {
    const it = told(20);
    it.delta(['s1', 's2', 's3']);
    reject(it.sync, it.hold);
    expect(ofStudents(it.delta([]))).toMatchObject({ toArchive: 0 });
    it.sync.kept.clear();
    expect(ofStudents(it.delta([]))).toMatchObject({ toArchive: 3, verdict: 'hold' });
  });
});

describe('guard §34: approvals and raises in the model', () => {
  it('a run for contacts does not use an approval of students, and its own run carries it out', () => {
    const it = told(20);
    it.data.guardian('g1', 's9');
    it.run();
    it.without(1, 5);
    it.run();
    approve(it.sync, it.hold, { schools: null, recordTypes: null, except: [] });
    it.sync.isPaused = true;
    it.run();
    expect(it.active).toBe(20);
    expect(it.sync.approvals).toMatchObject([{ status: 'active' }]);
    it.carryOut();
    expect(it.active).toBe(15);
    expect(it.sync.approvals).toMatchObject([{ status: 'used' }]);
  });

  it('an approved record that a run saw in the data is done, and is not archived by a later run', () => {
    const it = told(20);
    it.without(1, 5);
    it.run();
    approve(it.sync, it.hold, { schools: null, recordTypes: null, except: [] });
    it.delta([], ['s1']);
    it.carryOut();
    expect(it.active).toBe(16);
  });

  it('a raise waits for a run that looks at the held records', () => {
    const it = told(20);
    it.without(1, 5);
    it.run();
    raise(it.sync, { basisPoints: 5000, recordTypes: null, isForOneRun: true });
    it.delta([]);
    expect(it.sync.raise).not.toBeNull();
    expect(it.run().status).toBe('succeeded');
    expect(it.sync.raise).toBeNull();
    expect(it.active).toBe(15);
  });
});

describe('guard §35: the window in the model', () => {
  it('50 of 501 were archived at 6 pm, 45 more are missing at 8 pm: 95 of 501', () => {
    const it = told(501);
    it.without(1, 50);
    expect(it.run().status).toBe('succeeded');
    it.without(51, 95);
    const evening = it.run(EVENING);
    expect(ofStudents(evening)).toMatchObject({ active: 451, before: 50, toArchive: 45, allowed: 50, verdict: 'hold' });
    expect(ofStudents(it.run())).toMatchObject({ active: 451, before: 0, toArchive: 45, allowed: 45, verdict: 'pass' });
  });

  it('what was undone does not count, and is kept until it was back in the data', () => {
    const it = told(501);
    it.without(1, 50);
    it.run();
    it.undo(2);
    expect(ofStudents(it.run(EVENING))).toMatchObject({ before: 0, toArchive: 0 });
    expect(it.active).toBe(501);
  });

  it('what was approved does not count', () => {
    const it = told(20);
    it.without(1, 5);
    it.run();
    approve(it.sync, it.hold, { schools: null, recordTypes: null, except: [] });
    it.carryOut();
    it.without(6, 6);
    expect(ofStudents(it.run(EVENING))).toMatchObject({ active: 15, before: 0, toArchive: 1, verdict: 'pass' });
  });
});

describe('guard §39: two syncs in the model', () => {
  it('what its own sync archived is taken over by the next that has it; what is held active is left alone', () => {
    const it = told(20);
    const other = it.another('sis2');
    expect(it.run(NIGHT, [], other).counts?.students).toMatchObject({ created: 0, updated: 0, unchanged: 0 });
    const all = [...it.data.records.students.values()];
    it.without(1, 2);
    it.run();
    for (const student of all) it.data.records.students.set(student.sisId, student);
    expect(it.run(NIGHT, [], other).counts?.students).toMatchObject({ restored: 2 });
    expect(it.roster.get('students', 's1')).toMatchObject({ status: 'active', owner: 'sis2' });
    expect(it.run().counts?.students).toMatchObject({ restored: 0, archived: 0 });
  });
});
