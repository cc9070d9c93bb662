import { compositeKey } from '@rollbook/core';
import { createRecord } from '@rollbook/store';
import { brokenInvariants } from '../roster-invariants.ts';
import type { RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { DecidedDistrict } from './decided-district.ts';

let district: DecidedDistrict;
let own: RosterBuilder;
let others: RosterBuilder;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_two_syncs');
}, 30_000);
afterAll(() => district.drop());

/** Beside "sis", which has the schools A and B, the sync "west" has the school W with five students and the class w1. */
beforeEach(async () => {
  await district.begin((roster) => roster.school('X').enroll('a1', 'c1').guardian('g1', 'a1'));
  own = district.roster;
  others = new RosterBuilder().school('W').class('w1', 'W').students(5, 'W', 'w').enroll('w1', 'w1');
  for (const sync of ['sis', 'west']) await configure(sync);
  expect(await west()).toMatchObject({ status: 'succeeded', counts: { students: { created: 5 } } });
});

const configure = (sync: string, basisPoints = 10_000) =>
  district.harness.createSync(sync, 'riverside', { threshold: { default: basisPoints, perType: {} } });

async function run(sync: string, roster: RosterBuilder): Promise<RunResult> {
  district.harness.source = roster;
  return district.harness.run(sync);
}
const sis = () => run('sis', own);
const west = () => run('west', others);

const enrollment = (person: string, classId: string): string => compositeKey(classId, person, 'student');
const stateOf = async (recordType: string, sisId: string): Promise<string> => {
  const [row] = await district.harness.sql<{ state: string }>(
    `SELECT coalesce(sync_id, 'manual') || ' ' || status AS state FROM ${recordType} WHERE sis_id = $1`,
    [sisId],
  );
  return row?.state ?? 'none';
};
const warned = ({ warnings }: RunResult, wanted: string): { message: string; count: number }[] =>
  warnings.filter(({ code }) => code === wanted).map(({ message, count }) => ({ message, count }));

describe('guard §39: a student who moves from the data of one sync to that of another', () => {
  it('who is held by the other, and shown at a school that is not linked, stays in the classes', async () => {
    const schools = ['W', 'A'].map((sisId) => ({ sisId, name: null }));
    await district.harness.createSync('west', 'riverside', { threshold: { default: 10_000, perType: {} }, schools });
    others.school('A').student('a2', 'A').enroll('a2', 'w1');
    await west();
    others.school('X').student('a2', 'X');
    // With rows that are recognised, and then with rows that are not.
    for (let night = 0; night < 2; night++) {
      expect(await west()).toMatchObject({ counts: { enrollments: { archived: 0 } } });
      expect(await stateOf('enrollments', enrollment('a2', 'w1'))).toBe('west active');
      await district.harness.sql(`UPDATE enrollments SET source_hash = NULL WHERE sync_id = 'west'`);
    }
  });

  it('is taken over with history, if the one loses the student before the other has them', async () => {
    own.removeStudents('a1');
    await sis();
    expect(await stateOf('students', 'a1')).toBe('sis archived');
    others.student('a1', 'W', { grade: '12' }).enroll('a1', 'w1');
    const taken = await west();
    expect(taken.counts).toMatchObject({ students: { restored: 1, created: 0 }, enrollments: { created: 1 } });
    expect(await stateOf('students', 'a1')).toBe('west active');
    expect(
      await district.harness.sql(`SELECT grade, school_id, created_run_id FROM students WHERE sis_id = 'a1'`),
    ).toEqual([{ grade: '12', school_id: 'W', created_run_id: expect.any(Number) }]);
    const [change] = await district.harness.sql<{ before: object; after: object }>(
      `SELECT action, before, after FROM roster_changes WHERE run_id = $1 AND sis_id = 'a1'`,
      [taken.runId],
    );
    expect(change).toMatchObject({
      action: 'restore',
      before: { status: 'archived', sync_id: 'sis' },
      after: { status: 'active', sync_id: 'west' },
    });
    // The class of the school that was left is left for good, unless the first sync enrolls the student again.
    expect(await stateOf('enrollments', enrollment('a1', 'c1'))).toBe('sis archived');
    own.enroll('a1', 'c1').student('a1', 'A');
    expect((await sis()).counts).toMatchObject({ students: { restored: 0 }, enrollments: { restored: 1 } });
    expect(await stateOf('enrollments', enrollment('a1', 'c1'))).toBe('sis active');
  });

  it('is known by the hash of the row from then on, and comes and goes with the sync that took over', async () => {
    own.removeStudents('a1');
    await sis();
    others.student('a1', 'W');
    await west();
    expect((await west()).counts.students).toMatchObject({ unchanged: 6, updated: 0, restored: 0 });
    expect((await sis()).counts.students).toMatchObject({ archived: 0 });
    others.removeStudents('a1');
    expect((await west()).counts.students).toMatchObject({ archived: 1 });
    own.student('a1', 'A');
    expect((await sis()).counts.students).toMatchObject({ restored: 1, created: 0 });
    expect(await stateOf('students', 'a1')).toBe('sis active');
  });

  it('is left alone while the other holds the student active, with a warning, and taken over the night after', async () => {
    others.student('a1', 'W').student('a2', 'W').enroll('a1', 'w1');
    const early = await west();
    expect(warned(early, 'held_by_another_sync')).toEqual([
      {
        message:
          '2 students of the data are active in the sync "sis", and were left alone ("a1", "a2"): this sync takes over what that one archives',
        count: 2,
      },
    ]);
    expect(await stateOf('students', 'a1')).toBe('sis active');
    expect(await stateOf('enrollments', enrollment('a1', 'w1'))).toBe('west active');

    own.removeStudents('a1');
    const ended = await sis();
    expect(ended.counts).toMatchObject({ students: { archived: 1 }, enrollments: { archived: 2 } });
    expect(warned(ended, 'ended_along')).toEqual([
      {
        message: '1 enrollment of the sync "west" ended too: this run archived what it belongs to',
        count: 1,
      },
    ]);
    expect(await stateOf('enrollments', enrollment('a1', 'w1'))).toBe('west archived');

    const taken = await west();
    expect(taken.counts).toMatchObject({ students: { restored: 1 } });
    expect(await stateOf('students', 'a1')).toBe('west active');
    expect(await stateOf('enrollments', enrollment('a1', 'w1'))).toBe('west active');
  });

  it('is taken over in a delta too', async () => {
    own.removeStudents('a1');
    await sis();
    others = new RosterBuilder().school('W').student('a1', 'W');
    for (const type of ['students', 'classes', 'enrollments', 'guardians', 'guardianships', 'staff'] as const)
      others.deliveries[type] = type === 'students' ? 'delta' : 'absent';
    expect((await west()).counts.students).toMatchObject({ restored: 1 });
    expect(await stateOf('students', 'a1')).toBe('west active');
  });
});

describe('guard §39: whatever its own sync archived', () => {
  it('is taken over, of every type', async () => {
    own.remove('classes', 'c1').remove('staff', 't1').remove('guardians', 'g1').remove('schools', 'X');
    own.removeStudents('a1');
    expect(await sis()).toMatchObject({ status: 'succeeded' });
    others.class('c1', 'W').staff('t1', 'W').student('a1', 'W').guardian('g1', 'a1').enroll('a1', 'c1').school('X');
    const taken = await west();
    expect(taken.message).toBeNull();
    expect(taken.counts).toMatchObject({
      schools: { restored: 1 },
      classes: { restored: 1 },
      staff: { restored: 1 },
      students: { restored: 1 },
      guardians: { restored: 1 },
      enrollments: { restored: 1 },
      guardianships: { restored: 1 },
    });
    expect(await stateOf('guardianships', compositeKey('a1', 'g1'))).toBe('west active');
  });

  it('and what a user archived is no such record: the user restores it', async () => {
    await district.harness.sql(`UPDATE students SET status = 'archived', archived_by = 'user' WHERE sis_id = 'a3'`);
    own.removeStudents('a3');
    others.student('a3', 'W').enroll('a3', 'w1');
    const { counts } = await west();
    expect(counts).toMatchObject({ students: { restored: 0 }, enrollments: { created: 0 } });
    expect(await stateOf('students', 'a3')).toBe('sis archived');
  });

  it('and a manual record is never taken over, archived or active, and nobody is warned', async () => {
    for (const sisId of ['m1', 'm2'])
      await createRecord(district.database.pool, {
        districtId: 'riverside',
        recordType: 'students',
        actor: 'pat',
        sisId,
        fields: { givenName: 'M', familyName: 'M' },
      });
    await district.harness.sql(`UPDATE students SET status = 'archived', archived_by = 'user' WHERE sis_id = 'm2'`);
    others.student('m1', 'W').student('m2', 'W').enroll('m1', 'w1').enroll('m2', 'w1');
    const result = await west();
    expect(warned(result, 'held_by_another_sync')).toEqual([]);
    expect(await stateOf('students', 'm1')).toBe('manual active');
    expect(await stateOf('students', 'm2')).toBe('manual archived');
    expect(await stateOf('enrollments', enrollment('m1', 'w1'))).toBe('west active');
    expect(await stateOf('enrollments', enrollment('m2', 'w1'))).toBe('none');
  });
});

describe('guard §39: what hangs on a record of another sync', () => {
  beforeEach(async () => {
    others
      .student('a1', 'W')
      .student('a2', 'W')
      .student('a3', 'W')
      .enroll('a1', 'w1')
      .enroll('a2', 'w1')
      .enroll('a3', 'w1');
    await west();
  });

  it('stays while the record is withheld, and ends by the run that carries an approval out', async () => {
    await configure('sis', 1_000);
    own.removeStudents('a1', 'a2', 'a3');
    expect(await sis()).toMatchObject({ status: 'held' });
    expect(await stateOf('enrollments', enrollment('a1', 'w1'))).toBe('west active');
    const carried = await district.carryOut(await district.approve(await district.openHold()));
    expect(carried.counts).toMatchObject({ students: { archived: 3 }, enrollments: { archived: 4 } });
    expect(warned(carried, 'ended_along')).toMatchObject([{ count: 3 }]);
    expect(await brokenInvariants(district.database.pool)).toEqual([]);
  });

  it('comes back with an undo, if it ended along', async () => {
    own.removeStudents('a1');
    const { runId } = await sis();
    const undone = await district.undo(runId);
    expect(undone.warnings).toEqual([]);
    expect(await stateOf('enrollments', enrollment('a1', 'w1'))).toBe('west active');
    expect(await brokenInvariants(district.database.pool)).toEqual([]);
  });

  it('is left by an undo where the record was taken over since', async () => {
    own.removeStudents('a1');
    const { runId } = await sis();
    await west();
    expect(await stateOf('students', 'a1')).toBe('west active');
    expect(warned(await district.undo(runId), 'not_restored').map(({ message }) => message)).toContain(
      'students "a1" was not restored: it is active again already',
    );
    expect(await stateOf('students', 'a1')).toBe('west active');
    expect(await brokenInvariants(district.database.pool)).toEqual([]);
  });

  it('comes back with the record, also where its own sync does not look', async () => {
    own.removeStudents('a1');
    await sis();
    own.student('a1', 'A');
    const run = await sis();
    expect(run.counts).toMatchObject({ students: { restored: 1 }, enrollments: { restored: 1 } });
    expect(await stateOf('enrollments', enrollment('a1', 'w1'))).toBe('west active');
  });
});
