import { compositeKey } from '@rollbook/core';
import { DecidedDistrict, ids } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_approvals');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin());

/** 3 students of A, 4 of B and a member of the staff of A are gone. */
async function heldInBothSchools(): Promise<number> {
  district.roster.remove('staff', 't1');
  return district.heldWithout(...ids('a', 3), ...ids('b', 4));
}

const holds = async () =>
  (await district.holds()).map(({ status, record_count, replaced_by }) => [status, record_count, replaced_by]);
const kept = async (): Promise<string[]> =>
  (
    await district.harness.sql<{ name: string }>(
      `SELECT record_type || ' ' || sis_id AS name FROM kept_records ORDER BY 1`,
    )
  ).map(({ name }) => name);

describe('guard §26: approve', () => {
  it('all of it: every record goes at once, with what hangs on it', async () => {
    await district.begin((roster) => {
      roster.enroll('a1', 'c1').enroll('b1', 'c2').guardian('g1', 'a1');
    });
    const hold = await heldInBothSchools();
    const approved = await district.approve(hold);
    expect(approved).toMatchObject({ syncId: 'sis', recordCount: 8, rest: null });
    const run = await district.carryOut(approved);
    expect(run).toMatchObject({ status: 'succeeded', reason: null, warnings: [] });
    expect(run.counts).toMatchObject({
      students: { archived: 7, withheld: 0 },
      staff: { archived: 1, withheld: 0 },
      enrollments: { archived: 2 },
      guardianships: { archived: 1 },
      guardians: { archived: 0 },
    });
    expect(await district.archived()).toEqual([...ids('a', 3), ...ids('b', 4)]);
    expect(await district.harness.ids('staff', 'archived')).toEqual(['t1']);
    expect(await district.harness.ids('enrollments')).toEqual([compositeKey('c2', 'b20', 'student')]);
    expect(await holds()).toEqual([['approved', 8, null]]);
    expect(await district.run()).toMatchObject({ status: 'succeeded' });
    expect(await holds()).toEqual([['approved', 8, null]]);
  });

  it('one school: the other school waits in a new hold, which is not told of anew', async () => {
    const hold = await heldInBothSchools();
    const approved = await district.approve(hold, { schools: ['A'] });
    expect(approved).toMatchObject({ recordCount: 4, rest: { holdId: hold + 1, recordCount: 4 } });
    expect(await holds()).toEqual([
      ['approved', 8, hold + 1],
      ['open', 4, null],
    ]);
    expect(await district.held(hold + 1)).toEqual(ids('students b', 4));
    expect(await district.harness.sql('SELECT hold_id FROM alerts')).toEqual([{ hold_id: hold }]);
    await district.carryOut(approved);
    expect(await district.archived()).toEqual(ids('a', 3));
    expect(await district.harness.ids('staff', 'archived')).toEqual(['t1']);
    const next = await district.run();
    expect(next.status).toBe('held');
    expect((await district.holds()).at(-1)).toMatchObject({ id: hold + 1, last_run_id: next.runId });
  });

  it('one type of record in all schools', async () => {
    const hold = await heldInBothSchools();
    const approved = await district.approve(hold, { recordTypes: ['staff'] });
    await district.carryOut(approved);
    expect(await district.archived()).toEqual([]);
    expect(await district.harness.ids('staff', 'archived')).toEqual(['t1']);
    expect(await district.held(hold + 1)).toEqual([...ids('students a', 3), ...ids('students b', 4)]);
  });

  it('one type of one school', async () => {
    const hold = await heldInBothSchools();
    await district.carryOut(await district.approve(hold, { schools: ['A'], recordTypes: ['students'] }));
    expect(await district.archived()).toEqual(ids('a', 3));
    expect(await district.held(hold + 1)).toEqual(['staff t1', ...ids('students b', 4)]);
  });

  it('a school and a type that are both in the hold, but not together: nothing is decided', async () => {
    const hold = await heldInBothSchools();
    await expect(district.approve(hold, { schools: ['B'], recordTypes: ['staff'] })).rejects.toThrow(
      `Hold ${hold} has no such record type in these schools.`,
    );
    expect(await holds()).toEqual([['open', 8, null]]);
    expect(await district.harness.sql('SELECT 1 FROM decisions')).toEqual([]);
    expect(await district.harness.sql('SELECT 1 FROM approvals')).toEqual([]);
  });

  it('what the hold does not have is refused with what it has', async () => {
    const hold = await heldInBothSchools();
    await expect(district.approve(hold, { schools: ['A', 'C'] })).rejects.toThrow(
      `Hold ${hold} has no record in school "C". Its schools: A, B.`,
    );
    await expect(district.approve(hold, { recordTypes: ['classes'] })).rejects.toThrow(
      new RegExp(`Hold ${hold} has no classes. Its record types: (students, staff|staff, students)\\.`),
    );
    expect(await holds()).toEqual([['open', 8, null]]);
  });

  it('the rest can be approved too, and one run carries out both approvals', async () => {
    const hold = await heldInBothSchools();
    const first = await district.approve(hold, { schools: ['B'] });
    const second = await district.approve(first.rest?.holdId as number);
    const run = await district.carryOut(first);
    expect(await district.archived()).toEqual([...ids('a', 3), ...ids('b', 4)]);
    expect(await district.harness.sql('SELECT id, status, used_run_id FROM approvals ORDER BY id')).toEqual([
      { id: first.approvalId, status: 'used', used_run_id: run.runId },
      { id: second.approvalId, status: 'used', used_run_id: run.runId },
    ]);
  });
});

describe('guard §26: approve all but named records', () => {
  it('keeps those named: they stay active, and no run asks about them', async () => {
    const hold = await heldInBothSchools();
    const approved = await district.approve(hold, {
      except: [
        { recordType: 'students', sisId: 'a1' },
        { recordType: 'staff', sisId: 't1' },
      ],
    });
    expect(approved).toMatchObject({ recordCount: 6, rest: null });
    await district.carryOut(approved);
    expect(await district.archived()).toEqual(['a2', 'a3', ...ids('b', 4)]);
    expect(await kept()).toEqual(['staff t1', 'students a1']);
    const next = await district.run();
    expect(next).toMatchObject({ status: 'succeeded' });
    expect(next.warnings.map(({ code, message }) => `${code}: ${message}`).sort()).toEqual([
      'kept_by_decision: 1 staff member is missing from the data and stays active, as was decided',
      'kept_by_decision: 1 student is missing from the data and stays active, as was decided',
    ]);
    expect(await holds()).toEqual([['approved', 8, null]]);
  });

  it('in one school: the exception is kept, the other school waits', async () => {
    const hold = await heldInBothSchools();
    const approved = await district.approve(hold, {
      schools: ['B'],
      except: [{ recordType: 'students', sisId: 'b4' }],
    });
    expect(approved).toMatchObject({ recordCount: 3, rest: { recordCount: 4 } });
    expect(await kept()).toEqual(['students b4']);
    expect(await district.held(hold + 1)).toEqual(['staff t1', ...ids('students a', 3)]);
  });

  it('keeps what hangs on the exception', async () => {
    await district.begin((roster) => {
      roster.enroll('a1', 'c1').enroll('a2', 'c1').guardian('g1', 'a1').guardian('g2', 'a2');
    });
    const hold = await district.heldWithout(...ids('a', 3));
    await district.carryOut(await district.approve(hold, { except: [{ recordType: 'students', sisId: 'a1' }] }));
    await district.run();
    expect(await district.harness.ids('enrollments', 'archived')).toEqual([compositeKey('c1', 'a2', 'student')]);
    expect(await district.harness.ids('guardianships', 'archived')).toEqual([compositeKey('a2', 'g2')]);
  });

  it('refuses one that the hold does not have, and asks whether the nearest is meant', async () => {
    await district.begin((roster) => roster.students(20, 'A', 'student-'));
    const hold = await district.heldWithout(...ids('student-', 7));
    const except = (recordType: 'students' | 'staff', sisId: string) =>
      district.approve(hold, { except: [{ recordType, sisId }] });
    await expect(except('students', 'studnet-7')).rejects.toThrow(
      `Hold ${hold} has no students "studnet-7" that could be kept. Is "student-7" meant?`,
    );
    await expect(except('staff', 'student-7')).rejects.toThrow(
      `Hold ${hold} has no staff "student-7" that could be kept.`,
    );
    expect(await kept()).toEqual([]);
    expect(await holds()).toEqual([['open', 7, null]]);
  });

  it('refuses to approve nothing at all', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    const except = ids('a', 3).map((sisId) => ({ recordType: 'students' as const, sisId }));
    await expect(district.approve(hold, { except })).rejects.toThrow(
      `Nothing of hold ${hold} would be approved: every record is an exception. To keep them all, reject the hold.`,
    );
    expect(await kept()).toEqual([]);
    expect(await holds()).toEqual([['open', 3, null]]);
  });
});

describe('guard §26: reject and reopen', () => {
  it('keeps the records: they count nowhere, and everything else goes on', async () => {
    await district.reject(await district.heldWithout(...ids('a', 3)));
    district.roster.removeStudents('a4', 'a5').student('new', 'A');
    const run = await district.run();
    // With those kept, 5 of 20 would be over; without them, 2 of 20 are not.
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ created: 1, archived: 2, withheld: 0, kept: 3 });
    expect(await district.archived()).toEqual(['a4', 'a5']);
    expect(run.warnings).toMatchObject([
      {
        code: 'kept_by_decision',
        count: 3,
        message: '3 students are missing from the data and stay active, as was decided',
      },
    ]);
  });

  it('keeps them until they were back: the next time they are missing, they are measured', async () => {
    await district.reject(await district.heldWithout(...ids('a', 3)));
    district.roster.student('a1', 'A');
    await district.run();
    expect(await kept()).toEqual(['students a2', 'students a3']);
    district.roster.removeStudents('a1');
    expect((await district.run()).counts.students).toMatchObject({ archived: 1, withheld: 0, kept: 2 });
    expect(await district.archived()).toEqual(['a1']);
  });

  it('reopens: the next run measures again what was kept, and nothing that was back meanwhile', async () => {
    const hold = await district.heldWithout(...ids('a', 4));
    await district.reject(hold);
    district.roster.student('a4', 'A');
    await district.run();
    expect(await district.reopen(hold)).toEqual({ syncId: 'sis', recordCount: 3 });
    expect(await kept()).toEqual([]);
    expect(await district.run()).toMatchObject({ status: 'held', warnings: [] });
    expect(await district.held(await district.openHold())).toEqual(ids('students a', 3));
  });

  it('reopens exceptions too, and those of one hold only', async () => {
    const first = await district.heldWithout(...ids('a', 3));
    await district.approve(first, { except: [{ recordType: 'students', sisId: 'a1' }] });
    const second = await district.heldWithout(...ids('b', 3));
    await district.reject(second);
    expect(await kept()).toEqual(['students a1', ...ids('students b', 3)]);
    expect(await district.reopen(first)).toMatchObject({ recordCount: 1 });
    expect(await kept()).toEqual(ids('students b', 3));
    await expect(district.reopen(first)).rejects.toThrow(`No record of hold ${first} is kept by a decision`);
    await expect(district.reopen(99_999)).rejects.toThrow('There is no hold 99999. "rollbook holds --all" lists all.');
  });
});
