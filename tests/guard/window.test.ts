import { requestApproval } from '@rollbook/pipeline';
import { PostgresRuns, approveHold, readRun } from '@rollbook/store';
import { payloadOf } from '@rollbook/pipeline';
import { HeldDistrict, span } from './held-district.ts';

let district: HeldDistrict;

beforeAll(async () => {
  district = await HeldDistrict.create('guard_window');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin());

describe('guard §35: the window', () => {
  it('lets twenty runs of one evening archive no more than one', async () => {
    let archived = 0;
    for (let run = 0; run < 20; run++) {
      district.roster.removeStudents(...span('s', run * 20 + 1, run * 20 + 20));
      archived += (await district.atOnce()).counts.students.archived;
      district.harness.pass(0.1);
    }
    expect(archived).toBe(40);
    expect(await district.statuses()).toContain('open');
  });

  it('shows both numbers, and when the earlier archives were made', async () => {
    district.roster.removeStudents(...span('s', 1, 50));
    const first = await district.night();
    district.roster.removeStudents(...span('s', 51, 95));
    district.harness.pass(2);
    const second = await district.atOnce();
    expect(second).toMatchObject({ status: 'held', counts: { students: { archived: 0, withheld: 45 } } });
    expect(await district.measured(second)).toMatchObject([
      { active: 451, to_archive: 45, archived_before: 50, allowed: 50, verdict: 'hold' },
    ]);
    const { findings } = await readRun(district.database, second.runId);
    expect(findings).toMatchObject([
      { percent: 18.96, smallestPassingPercent: 19, archivedBefore: [{ run: String(first.runId), count: 50 }] },
    ]);
    expect(second.message).toMatch(
      /^45 of 451 students of school "N" would be archived, after 50 at \d{4}-\d\d-\d\d \d\d:\d\d UTC \(run \d+\): 95 of 501 in all; the deletion threshold of 10 % allows 50\./,
    );
  });

  it('begins anew after 20 hours, or after as many as are set', async () => {
    district.roster.removeStudents(...span('s', 1, 50));
    await district.night();
    district.harness.pass(19.9);
    district.roster.removeStudents(...span('s', 51, 52));
    expect(await district.atOnce()).toMatchObject({ status: 'held' });
    district.harness.pass(0.2);
    expect(await district.atOnce()).toMatchObject({ status: 'succeeded', counts: { students: { archived: 2 } } });
    await district.configure({ thresholdWindowHours: 24 * 7 });
    district.roster.removeStudents('s53');
    expect(await district.night()).toMatchObject({ status: 'held' });
    await district.configure({ thresholdWindowHours: 0 });
    expect(await district.atOnce()).toMatchObject({ status: 'succeeded', counts: { students: { archived: 1 } } });
  });

  it('holds the fifty of a hold of sixty, and then forty-five more', async () => {
    district.roster.removeStudents(...span('s', 1, 60));
    expect(await district.night()).toMatchObject({ status: 'held' });
    for (const id of span('s', 1, 10)) district.roster.student(id, 'N');
    expect(await district.atOnce()).toMatchObject({ status: 'succeeded', counts: { students: { archived: 50 } } });
    district.roster.removeStudents(...span('s', 61, 105));
    expect(await district.atOnce()).toMatchObject({
      status: 'held',
      counts: { students: { archived: 0, withheld: 45 } },
    });
  });

  it('counts deltas like full deliveries: nine of a tenth each archive one tenth', async () => {
    for (let delta = 0; delta < 9; delta++) {
      await district.delta(span('s', delta * 50 + 1, delta * 50 + 50));
      await district.atOnce();
    }
    expect(await district.archived()).toBe(50);
  });

  it('does not count what was approved, undone, or is back', async () => {
    district.roster.removeStudents(...span('s', 1, 60));
    await district.night();
    const holdId = (await district.holds())[0]?.id as number;
    const { approvalId } = await approveHold(district.pool, {
      holdId,
      actor: 'pat',
      comment: null,
      schools: null,
      recordTypes: null,
    });
    await requestApproval(district.harness.context, approvalId, 'pat');
    await district.harness.work();
    district.roster.removeStudents(...span('s', 61, 104));
    const second = await district.atOnce();
    expect(second).toMatchObject({ status: 'succeeded', counts: { students: { archived: 44 } } });
    const undo = await new PostgresRuns(district.pool).requestUndo({
      runId: second.runId,
      actor: 'pat',
      comment: null,
    });
    await district.harness.step('apply', payloadOf(undo));
    for (const id of span('s', 61, 104)) district.roster.student(id, 'N');
    district.roster.removeStudents(...span('s', 105, 148));
    const third = await district.atOnce();
    expect(third).toMatchObject({ status: 'succeeded', counts: { students: { archived: 44 } } });
    for (const id of span('s', 105, 148)) district.roster.student(id, 'N');
    district.roster.removeStudents(...span('s', 149, 187));
    expect(await district.atOnce()).toMatchObject({
      status: 'succeeded',
      counts: { students: { archived: 39, restored: 44 } },
    });
  });

  it('is a limit for what is always allowed, too', async () => {
    await district.begin(9);
    await district.configure({ alwaysAllow: 2 });
    district.roster.removeStudents('s1', 's2');
    expect(await district.atOnce()).toMatchObject({ status: 'succeeded' });
    district.roster.removeStudents('s3');
    expect(await district.atOnce()).toMatchObject({ status: 'held' });
  });

  it('counts the archives of a raise', async () => {
    await district.configure({ threshold: { default: 3_000, perType: {} } });
    district.roster.removeStudents(...span('s', 1, 100));
    expect(await district.atOnce()).toMatchObject({ counts: { students: { archived: 100 } } });
    await district.configure();
    district.roster.removeStudents('s101');
    expect(await district.atOnce()).toMatchObject({ status: 'held' });
  });
});
