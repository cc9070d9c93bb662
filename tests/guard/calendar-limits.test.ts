import { Calendar } from '@rollbook/core';
import { requestApproval } from '@rollbook/pipeline';
import { approveHold, readHold } from '@rollbook/store';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { someOf } from './explained.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;
let now: Date;

beforeAll(async () => {
  testDatabase = await createTestDatabase('calendar_limits');
});
afterAll(() => testDatabase.drop());
/** Twenty students in Chicago, of whom two may go without asking. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  now = new Date('2027-05-20T12:00:00Z');
  roster = new RosterBuilder().school('A').students(20, 'A', 'a');
  harness = new PipelineHarness(testDatabase.database, roster, () => now);
  await harness.createSync('sis', 'riverside');
  await harness.sql(`UPDATE districts SET timezone = 'America/Chicago'`);
  await harness.run('sis');
});

const setCalendar = (calendar: unknown) =>
  harness.sql('UPDATE syncs SET calendar = $1', [JSON.stringify(Calendar.parse(calendar))]);
const runAt = (time: string): Promise<RunResult> => {
  now = new Date(time);
  return harness.run('sis');
};
const holds = () =>
  harness.sql<{ id: number; status: string; record_count: number; last_run_id: number }>(
    'SELECT id, status, record_count, last_run_id FROM holds ORDER BY id',
  );
const notesOf = async ({ runId }: RunResult): Promise<string[] | undefined> =>
  (await harness.sql<{ notes: string[] }>('SELECT notes FROM runs WHERE id = $1', [runId]))[0]?.notes;
const findings = ({ runId }: RunResult) =>
  harness.sql(
    'SELECT record_type, school_id, active, to_archive, allowed, verdict FROM findings WHERE run_id = $1 AND to_archive > 0',
    [runId],
  );

describe('guard §30: additions only', () => {
  it('creates, updates and restores; what would be archived is measured and shown, and nothing is held', async () => {
    roster.removeStudents('a20');
    await harness.run('sis');
    await setCalendar({ additionsOnly: true });
    roster.student('a20', 'A').student('new', 'A').student('a1', 'A', { givenName: 'Other' });
    roster.removeStudents('a2', ...someOf('a', 5, 9));
    const run = await harness.run('sis');
    expect(run).toMatchObject({ status: 'succeeded', reason: null });
    expect(run.counts.students).toMatchObject({ created: 1, updated: 1, restored: 1, archived: 0, withheld: 6 });
    expect(await findings(run)).toMatchObject([{ record_type: 'students', school_id: 'A', active: 19, to_archive: 6 }]);
    expect(await notesOf(run)).toEqual(['Additions only: nothing is archived.']);
    expect(await holds()).toEqual([]);
    expect(await harness.ids('students', 'archived')).toEqual([]);
  });

  it('archives nothing either that would pass the threshold', async () => {
    await setCalendar({ additionsOnly: true });
    roster.removeStudents('a1');
    expect((await harness.run('sis')).counts.students).toMatchObject({ archived: 0, withheld: 1 });
  });

  it('leaves an open hold as it is, whether the data has more of its records or fewer', async () => {
    roster.removeStudents(...someOf('a', 1, 5));
    await harness.run('sis');
    const before = await holds();
    expect(before).toMatchObject([{ status: 'open', record_count: 5 }]);
    await setCalendar({ additionsOnly: true });
    roster.removeStudents('a6');
    await harness.run('sis');
    expect(await holds()).toEqual(before);
    for (const id of someOf('a', 1, 6)) roster.student(id, 'A');
    await harness.run('sis');
    expect(await holds()).toEqual(before);
  });

  describe('with an approval', () => {
    let approvalId: number;
    beforeEach(async () => {
      roster.removeStudents(...someOf('a', 1, 5));
      await harness.run('sis');
      await setCalendar({ additionsOnly: true });
      const [hold] = await holds();
      const decider = { actor: 'pat', comment: null, schools: null, recordTypes: null };
      ({ approvalId } = await approveHold(testDatabase.database.pool, { holdId: hold?.id as number, ...decider }));
    });

    it('carries it out by a run of its own', async () => {
      await requestApproval(harness.context, approvalId);
      await harness.work();
      expect(await harness.ids('students', 'archived')).toEqual(someOf('a', 1, 5));
    });

    it('carries it out by a sync, which archives nothing else', async () => {
      roster.removeStudents('a6');
      const run = await harness.run('sis');
      expect(run.counts.students).toMatchObject({ archived: 5, withheld: 1 });
      expect(await harness.ids('students', 'archived')).toEqual(someOf('a', 1, 5));
      expect(await harness.sql('SELECT status, used_run_id FROM approvals')).toEqual([
        { status: 'used', used_run_id: run.runId },
      ]);
    });
  });

  it('lasts from its first day until the day on which it no longer holds, over the end of a year', async () => {
    await setCalendar({ additionsOnly: { from: '2027-12-31', until: '2028-01-02' } });
    roster.removeStudents('a1');
    const first = await runAt('2027-12-31T05:59:59.999Z');
    expect(first.counts.students).toMatchObject({ archived: 1 });
    roster.removeStudents('a2');
    expect((await runAt('2027-12-31T06:00:00Z')).counts.students).toMatchObject({ archived: 0, withheld: 1 });
    const last = await runAt('2028-01-02T05:59:59.999Z');
    expect(last.counts.students).toMatchObject({ archived: 0, withheld: 1 });
    expect(await notesOf(last)).toEqual(['Additions only until 2028-01-02: nothing is archived.']);
    const after = await runAt('2028-01-02T06:00:00Z');
    expect(after.counts.students).toMatchObject({ archived: 1, withheld: 0 });
    expect(await notesOf(after)).toEqual([]);
  });
});

describe('guard §30: a rollover window', () => {
  const rollover = { from: '2027-06-01', until: '2027-08-16', deletionThreshold: 60 };

  it('has limits of its own, which are shown with the run and its hold', async () => {
    await setCalendar({ rollover });
    roster.removeStudents(...someOf('a', 1, 12));
    const passed = await runAt('2027-06-01T05:00:00Z');
    expect(passed).toMatchObject({ status: 'succeeded', counts: { students: { archived: 12 } } });
    expect(await notesOf(passed)).toEqual(['Rollover window until 2027-08-16: the deletion threshold is 60 %.']);
    roster.removeStudents(...someOf('a', 13, 17));
    expect(await runAt('2027-06-02T05:00:00Z')).toMatchObject({ status: 'held' });
    const { groups } = await readHold(testDatabase.database, (await holds())[0]?.id as number);
    expect(groups).toMatchObject([
      { active: 8, toArchive: 5, allowed: 4, thresholdPercent: 60, thresholdNote: 'rollover window until 2027-08-16' },
    ]);
  });

  it.each([
    ['the day before it', '2027-06-01T04:59:59.999Z'],
    ['the day on which it no longer holds', '2027-08-16T05:00:00Z'],
  ])('leaves the limits of the sync on %s', async (_, time) => {
    await setCalendar({ rollover });
    roster.removeStudents(...someOf('a', 1, 12));
    const run = await runAt(time);
    expect(run).toMatchObject({ status: 'held', counts: { students: { archived: 0, withheld: 12 } } });
    expect(await findings(run)).toMatchObject([{ active: 20, to_archive: 12, allowed: 2, verdict: 'hold' }]);
    expect(await notesOf(run)).toEqual([]);
  });

  it('has a threshold for a type, and an always allowed number in place of that of the sync', async () => {
    roster.staff('t1', 'A').staff('t2', 'A').staff('t3', 'A').staff('t4', 'A');
    await harness.createSync('sis', 'riverside', { alwaysAllow: 3 });
    await harness.run('sis');
    await setCalendar({ rollover: { ...rollover, deletionThreshold: { default: 60, staff: 25 }, alwaysAllow: 1 } });
    roster.remove('staff', 't1', 't2').removeStudents(...someOf('a', 1, 12));
    const held = await runAt('2027-07-01T12:00:00Z');
    expect(await findings(held)).toEqual([
      { record_type: 'students', school_id: 'A', active: 20, to_archive: 12, allowed: 12, verdict: 'pass' },
      { record_type: 'staff', school_id: 'A', active: 4, to_archive: 2, allowed: 1, verdict: 'hold' },
    ]);
    const [note] = (await notesOf(held)) ?? [];
    expect(note).toMatch(/the deletion threshold is 60 %, of staff 25 %; always allowed of a type in a school: 1\.$/);
  });

  it('leaves the always allowed number of the sync where it has none of its own', async () => {
    await harness.createSync('sis', 'riverside', { alwaysAllow: 13 });
    await setCalendar({ rollover: { ...rollover, deletionThreshold: 5 } });
    roster.removeStudents(...someOf('a', 1, 13));
    expect(await runAt('2027-07-01T12:00:00Z')).toMatchObject({ status: 'succeeded' });
  });

  it('holds in a preview too', async () => {
    await setCalendar({ rollover });
    roster.removeStudents(...someOf('a', 1, 12));
    now = new Date('2027-06-01T05:00:00Z');
    expect(await harness.run('sis', true)).toMatchObject({ status: 'succeeded' });
    now = new Date('2027-06-01T04:59:59.999Z');
    expect(await harness.run('sis', true)).toMatchObject({ status: 'held' });
  });

  it('counts for a run by the day on which it was requested', async () => {
    await setCalendar({ rollover });
    roster.removeStudents(...someOf('a', 1, 12));
    now = new Date('2027-08-16T04:59:59.999Z');
    const { runId } = await harness.context.ledger.request('sis', {
      trigger: 'cli',
      preview: false,
      requestedBy: null,
    });
    now = new Date('2027-08-16T05:00:00Z');
    expect(await harness.run('sis')).toMatchObject({ runId, status: 'succeeded' });
  });
});
