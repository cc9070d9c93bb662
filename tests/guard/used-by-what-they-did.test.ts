import { requestApproval, requestSync } from '@rollbook/pipeline';
import { activeRaise, approveHold, pauseSync, raiseThreshold, resumeSync } from '@rollbook/store';
import { HeldDistrict, span } from './held-district.ts';

let district: HeldDistrict;

beforeAll(async () => {
  district = await HeldDistrict.create('guard_used');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin(501, (roster) => roster.guardian('g1', 's500').staff('t1', 'N')));

const held120 = span('s', 1, 120);
const hold = async (): Promise<number> => {
  district.roster.removeStudents(...held120);
  expect(await district.night()).toMatchObject({ status: 'held' });
  return (await district.holds())[0]?.id as number;
};
const approve = async (holdId: number) =>
  approveHold(district.pool, { holdId, actor: 'pat', comment: null, schools: null, recordTypes: null });
const pauseButContacts = () =>
  pauseSync(
    district.pool,
    { syncId: 'sis', until: '2999-01-01', what: 'all-but-contacts', actor: 'pat', comment: null },
    new Date(),
  );
const approvals = () =>
  district.harness.sql<{ status: string; used_run_id: number | null }>('SELECT status, used_run_id FROM approvals');
const outcomes = () =>
  district.harness.sql<{ outcome: string | null; count: number }>(
    'SELECT outcome, count(*)::integer AS count FROM approval_records GROUP BY 1 ORDER BY 1',
  );
const raise = (recordTypes: readonly ['guardians'] | null = null) =>
  raiseThreshold(
    district.pool,
    { syncId: 'sis', actor: 'pat', comment: null, basisPoints: 3_000, recordTypes, until: null },
    district.harness.now(),
  );
const active = () => activeRaise(district.pool, 'sis', district.harness.now());

describe('guard §34: an approval is used up by what it did', () => {
  it('waits for a run of its own when the run that was active is one of contacts', async () => {
    const holdId = await hold();
    await pauseButContacts();
    const contacts = await requestSync(district.harness.context, 'sis', { trigger: 'cli' });
    const { approvalId } = await approve(holdId);
    await requestApproval(district.harness.context, approvalId, 'pat');
    await district.harness.work();
    expect(await district.harness.result(contacts.runId)).toMatchObject({ status: 'succeeded' });
    expect(await district.archived()).toBe(0);
    expect(await approvals()).toEqual([{ status: 'active', used_run_id: null }]);
    const own = await requestApproval(district.harness.context, approvalId, 'pat');
    await district.harness.work();
    expect(await district.archived()).toBe(120);
    expect(await approvals()).toEqual([{ status: 'used', used_run_id: own?.runId }]);
    expect(await outcomes()).toEqual([{ outcome: 'archived', count: 120 }]);
  });

  it('waits for a run of its own after a delta, which did what it could and saw who is back', async () => {
    const holdId = await hold();
    await district.delta(['s1', 's2'], ['s3']);
    const delta = await requestSync(district.harness.context, 'sis', { trigger: 'cli' });
    const { approvalId } = await approve(holdId);
    await district.harness.work();
    expect(await district.harness.result(delta.runId)).toMatchObject({ counts: { students: { archived: 2 } } });
    expect(await outcomes()).toEqual([
      { outcome: 'archived', count: 2 },
      { outcome: 'present', count: 1 },
      { outcome: null, count: 117 },
    ]);
    expect(await district.harness.context.ledger.waitingApprovals()).toEqual([approvalId]);
    await requestApproval(district.harness.context, approvalId, 'pat');
    await district.harness.work();
    expect(await district.archived()).toBe(119);
    expect(await district.harness.ids('students', 'archived')).not.toContain('s3');
    expect(await district.harness.context.ledger.waitingApprovals()).toEqual([]);
  });

  it('is used by a full run that carried all of it out', async () => {
    const holdId = await hold();
    const sync = await requestSync(district.harness.context, 'sis', { trigger: 'cli' });
    await approve(holdId);
    await district.harness.work();
    expect(await district.archived()).toBe(120);
    expect(await approvals()).toEqual([{ status: 'used', used_run_id: sync.runId }]);
  });
});

describe('guard §34: a threshold raised for the next run', () => {
  it('waits for a run that measures what was held', async () => {
    await hold();
    await raise();
    await pauseButContacts();
    expect(await district.night()).toMatchObject({ status: 'succeeded', counts: { students: { archived: 0 } } });
    expect(await active()).not.toBeNull();
    await resumeSync(district.pool, { syncId: 'sis', actor: 'pat', comment: null }, new Date());
    expect(await district.night()).toMatchObject({ status: 'succeeded', counts: { students: { archived: 120 } } });
    expect(await active()).toBeNull();
  });

  it('waits through a delta that is silent about the held records', async () => {
    await hold();
    await raise();
    await district.delta([], ['s500']);
    expect(await district.night()).toMatchObject({ counts: { students: { archived: 0 } } });
    expect(await active()).not.toBeNull();
  });

  it('waits through a delivery without the held type', async () => {
    await hold();
    await raise();
    district.roster.deliveries.students = 'absent';
    await district.night();
    expect(await active()).not.toBeNull();
  });

  it('for contacts is used by a run of contacts', async () => {
    await raise(['guardians']);
    await pauseButContacts();
    await district.night();
    expect(await active()).toBeNull();
  });

  it('with nothing held is used by the next run of all types', async () => {
    await raise();
    await pauseButContacts();
    await district.night();
    expect(await active()).not.toBeNull();
    await resumeSync(district.pool, { syncId: 'sis', actor: 'pat', comment: null }, new Date());
    await district.night();
    expect(await active()).toBeNull();
  });

  it('lets the marks of an earlier delta go', async () => {
    await district.delta(span('s', 1, 60));
    expect(await district.night()).toMatchObject({ status: 'held' });
    await raise();
    await district.delta([]);
    expect(await district.night()).toMatchObject({ status: 'succeeded', counts: { students: { archived: 60 } } });
    expect(await active()).toBeNull();
  });
});
