import { compositeKey } from '@rollbook/core';
import { archiveRecord, restoreRecord } from '@rollbook/store';
import { brokenInvariants } from '../roster-invariants.ts';
import { DecidedDistrict } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_delta_returns');
}, 30_000);
afterAll(() => district.drop());

/** a1 is in the classes c1 and c3 and has a guardian; t1 teaches both. Everything that is missing may go. */
beforeEach(async () => {
  await district.begin((roster) => {
    roster.class('c3', 'A').enroll('a1', 'c1').enroll('a1', 'c3').enroll('a2', 'c1').guardian('g1', 'a1');
    roster.enroll('t1', 'c1').enroll('t1', 'c3');
  });
  // Rows of whoever is marked as deleted cannot be used, and are many in these small deliveries.
  await district.configure({ threshold: { default: 10_000, perType: {} }, maxSkippedPercent: 100 });
});

const enrollment = (person: string, classId: string): string => compositeKey(classId, person, 'student');
const A1 = [enrollment('a1', 'c1'), enrollment('a1', 'c3')];
const archivedEnrollments = () => district.harness.ids('enrollments', 'archived');

/** From now on the data has only these types, in part. */
function delta(...types: ('students' | 'staff' | 'classes' | 'guardians' | 'enrollments' | 'guardianships')[]): void {
  for (const type of ['students', 'staff', 'classes', 'guardians', 'enrollments', 'guardianships'] as const) {
    district.roster.deliveries[type] = types.includes(type) ? 'delta' : 'absent';
    district.roster.records[type].clear();
  }
}

describe('guard §40: who comes back by a delta', () => {
  beforeEach(async () => {
    district.roster.removeStudents('a1');
    expect((await district.run()).counts).toMatchObject({
      enrollments: { archived: 2 },
      guardianships: { archived: 1 },
    });
  });

  it('brings the enrollments and guardianships back that went along, counted and in the audit', async () => {
    delta('students');
    district.roster.student('a1', 'A');
    const run = await district.run();
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { students: { restored: 1 }, enrollments: { restored: 2 }, guardianships: { restored: 1 } },
    });
    expect(await archivedEnrollments()).toEqual([]);
    expect(
      await district.harness.sql(
        `SELECT sis_id, action, before, after FROM roster_changes WHERE run_id = $1 AND record_type = 'enrollments' ORDER BY 1`,
        [run.runId],
      ),
    ).toEqual(
      A1.map((sis_id) => ({ sis_id, action: 'restore', before: { status: 'archived' }, after: { status: 'active' } })),
    );
  });

  it('does so too where the delta has enrollments, but none of theirs', async () => {
    delta('students', 'enrollments');
    district.roster.student('a1', 'A').enroll('a3', 'c1');
    expect((await district.run()).counts.enrollments).toMatchObject({ restored: 2, created: 1 });
  });

  it('counts those once that stand in the delta, and leaves those that it marks as deleted', async () => {
    delta('students', 'enrollments');
    district.roster.student('a1', 'A').enroll('a1', 'c1').enroll('a1', 'c3');
    district.roster.gone.add(`enrollments/${enrollment('a1', 'c3')}`);
    expect((await district.run()).counts.enrollments).toMatchObject({ restored: 1 });
    expect(await archivedEnrollments()).toEqual([enrollment('a1', 'c3')]);
  });

  it('leaves what a full delivery does not have, counts once what it has', async () => {
    district.roster.student('a1', 'A').enroll('a1', 'c1');
    expect((await district.run()).counts).toMatchObject({ students: { restored: 1 }, enrollments: { restored: 1 } });
    expect(await archivedEnrollments()).toEqual([enrollment('a1', 'c3')]);
    // Nor does it come back later, when nothing is said of it.
    delta('students');
    district.roster.student('a1', 'A', { grade: '11' });
    expect((await district.run()).counts.enrollments).toMatchObject({ restored: 0 });
  });

  it('leaves what has lost its other end meanwhile, until that is back too', async () => {
    district.roster.remove('classes', 'c3').remove('enrollments', enrollment('t1', 'c3'));
    await district.run();
    delta('students');
    district.roster.student('a1', 'A');
    expect((await district.run()).counts.enrollments).toMatchObject({ restored: 1 });
    expect(await archivedEnrollments()).toEqual([enrollment('a1', 'c3'), enrollment('t1', 'c3')]);
    delta('classes');
    district.roster.class('c3', 'A');
    expect((await district.run()).counts).toMatchObject({ classes: { restored: 1 }, enrollments: { restored: 2 } });
    expect(await archivedEnrollments()).toEqual([]);
  });

  it('leaves the guardianship of a guardian who is gone, until the guardian is back', async () => {
    expect(await district.harness.ids('guardians')).toContain('g1');
    district.roster.remove('guardians', 'g1');
    await district.run();
    delta('students');
    district.roster.student('a1', 'A');
    expect((await district.run()).counts.guardianships).toMatchObject({ restored: 0 });
    delta('guardians');
    district.roster.guardian('g1', 'a1');
    district.roster.records.guardianships.clear();
    expect((await district.run()).counts).toMatchObject({ guardians: { restored: 1 }, guardianships: { restored: 1 } });
  });

  it('is shown by a preview as it is done', async () => {
    delta('students');
    district.roster.student('a1', 'A');
    const preview = await district.harness.run('sis', true);
    expect((await district.run()).counts).toEqual(preview.counts);
  });
});

describe('guard §40: staff and classes', () => {
  it('come back with their enrollments', async () => {
    delta('staff', 'classes');
    district.roster.staff('t1', 'A').class('c1', 'A');
    district.roster.gone.add('staff/t1').add('classes/c1');
    expect((await district.run()).counts).toMatchObject({ staff: { archived: 1 }, enrollments: { archived: 4 } });
    district.roster.gone.delete('staff/t1');
    expect((await district.run()).counts).toMatchObject({ staff: { restored: 1 }, enrollments: { restored: 1 } });
    district.roster.gone.clear();
    expect((await district.run()).counts).toMatchObject({ classes: { restored: 1 }, enrollments: { restored: 3 } });
    expect(await archivedEnrollments()).toEqual([]);
  });
});

describe('guard §6: what hangs on whoever a delta marks as deleted', () => {
  it('ends, also if the same delta has a row of it', async () => {
    delta('students', 'enrollments');
    district.roster.student('a1', 'A').enroll('a1', 'c1').enroll('a1', 'c2');
    district.roster.gone.add('students/a1');
    expect(await district.run()).toMatchObject({ counts: { students: { archived: 1 } } });
    expect(await archivedEnrollments()).toEqual(expect.arrayContaining(A1));
    expect(await district.harness.ids('enrollments')).not.toContain(enrollment('a1', 'c2'));
  });

  it('stays where the same id is a member of the staff from now on', async () => {
    delta('students', 'staff');
    district.roster.student('a1', 'A').staff('a1', 'A');
    district.roster.gone.add('students/a1');
    expect((await district.run()).counts).toMatchObject({ students: { archived: 1 }, staff: { created: 1 } });
    expect(await archivedEnrollments()).toEqual([]);
  });
});

describe('guard §10: what a user archived', () => {
  const byHand = (recordType: string, sisId: string) => ({ districtId: 'riverside', recordType, sisId, actor: 'pat' });

  it('stays archived with what went along, and returns with all that has its ends again', async () => {
    await archiveRecord(district.database.pool, byHand('classes', 'c1'));
    district.roster.removeStudents('a1');
    await district.run();
    delta('students', 'classes');
    district.roster.student('a1', 'A').class('c1', 'A');
    expect((await district.run()).counts).toMatchObject({ students: { restored: 1 }, enrollments: { restored: 1 } });
    expect(await archivedEnrollments()).toEqual(['a1', 'a2', 't1'].map((person) => enrollment(person, 'c1')));
    await restoreRecord(district.database.pool, byHand('classes', 'c1'));
    expect(await archivedEnrollments()).toEqual([]);
    expect(await brokenInvariants(district.database.pool)).toEqual([]);
  });
});

describe('guard §29: an undo', () => {
  it('brings back what had lost its other end before, and has both again', async () => {
    delta('classes');
    district.roster.class('c3', 'A');
    district.roster.gone.add('classes/c3');
    await district.run();
    delta('students');
    district.roster.student('a1', 'A');
    district.roster.gone.add('students/a1');
    const { runId } = await district.run();
    delta('classes');
    district.roster.gone.clear();
    district.roster.class('c3', 'A');
    expect((await district.run()).counts).toMatchObject({ enrollments: { restored: 1 } });
    expect((await district.undo(runId)).counts).toMatchObject({
      students: { restored: 1 },
      enrollments: { restored: 2 },
    });
    expect(await archivedEnrollments()).toEqual([]);
    expect(await brokenInvariants(district.database.pool)).toEqual([]);
  });
});
