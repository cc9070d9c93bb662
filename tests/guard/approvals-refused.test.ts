import { payloadOf, requestSync, type StagePayload } from '@rollbook/pipeline';
import { DecidedDistrict, ids } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_approvals_refused');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin());

const upToApply = async (): Promise<StagePayload> => {
  const payload = payloadOf(await requestSync(district.harness.context, 'sis', { trigger: 'cli' }));
  for (const stage of ['fetch', 'diff', 'guard'] as const) await district.harness.step(stage, payload);
  return payload;
};

const TIME = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC';

describe('guard §27: who decides on a hold that is closed is told what became of it', () => {
  it('there is none', async () => {
    await expect(district.approve(9_999)).rejects.toThrow(
      'There is no hold 9999. "rollbook holds" lists those that wait.',
    );
    await expect(district.reject(9_999)).rejects.toThrow('There is no hold 9999.');
  });

  it('approved, when and by whom, and where the rest waits', async () => {
    const hold = await district.heldWithout(...ids('a', 3), ...ids('b', 3));
    await district.approve(hold, { schools: ['A'], actor: 'sam' });
    const told = new RegExp(
      `^Hold ${hold} was approved already at ${TIME} by sam\\. What was left open waits in hold ${hold + 1}\\.$`,
    );
    await expect(district.approve(hold)).rejects.toThrow(told);
    await expect(district.reject(hold)).rejects.toThrow(told);
    await district.approve(hold + 1, { actor: 'alex' });
    await expect(district.approve(hold + 1)).rejects.toThrow(
      new RegExp(`^Hold ${hold + 1} was approved already at ${TIME} by alex\\.$`),
    );
  });

  it('rejected, by whom, also when somebody else has reopened it since', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    await district.reject(hold);
    const told = new RegExp(`^Hold ${hold} was rejected already at ${TIME} by pat\\.$`);
    await expect(district.approve(hold)).rejects.toThrow(told);
    await district.reopen(hold, 'sam');
    await expect(district.approve(hold)).rejects.toThrow(told);
  });

  it('replaced, and by which hold', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    await district.heldWithout('a4');
    await expect(district.approve(hold)).rejects.toThrow(
      new RegExp(
        `^Hold ${hold} was replaced at ${TIME}, because a later run of "sis" withheld other records\\. Look at hold ${hold + 1}\\.$`,
      ),
    );
  });

  it('resolved', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    district.roster.student('a3', 'A');
    await district.run();
    await expect(district.reject(hold)).rejects.toThrow(
      new RegExp(`^Hold ${hold} was resolved at ${TIME}: a later run of "sis" had nothing to withhold any more\\.$`),
    );
  });

  it('void: the run that opened it had looked at another source than the one entered meanwhile', async () => {
    district.roster.removeStudents(...ids('a', 3));
    const payload = await upToApply();
    await district.harness.sql(`UPDATE syncs SET source_fingerprint = 'two'`);
    await district.harness.step('apply', payload);
    const [hold] = await district.holds();
    await expect(district.approve(hold?.id ?? 0)).rejects.toThrow('source');
    expect(await district.run()).toMatchObject({ status: 'held' });
    await district.approve(hold?.id ?? 0);
  });

  it('expired: no run has looked for 72 hours; rejecting is allowed all the same', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    await district.harness.sql(`UPDATE holds SET confirmed_at = '2026-01-02 03:04:05Z'`);
    const [{ last_run_id: run } = { last_run_id: 0 }] = await district.holds();
    await expect(district.approve(hold)).rejects.toThrow(
      `Hold ${hold} has expired: run ${run} looked at its records last, at 2026-01-02 03:04 UTC, more than 72 hours ago. ` +
        'Run "rollbook sync sis": if they are still missing, it can be approved.',
    );
    await district.reject(hold);
    expect((await district.holds()).map(({ status }) => status)).toEqual(['rejected']);
  });

  it('expired, until a run confirms it', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    await district.harness.sql(`UPDATE holds SET confirmed_at = now() - interval '73 hours'`);
    await expect(district.approve(hold)).rejects.toThrow('has expired');
    await district.run();
    expect(await district.approve(hold)).toMatchObject({ recordCount: 3 });
  });
});

describe('guard §26: a rejection', () => {
  it('reaches a run that had compared already, and would have archived them', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    await district.configure({ threshold: { default: 10_000, perType: {} } });
    const payload = await upToApply();
    await district.reject(hold);
    await district.harness.step('apply', payload);
    await district.harness.work();
    const run = await district.harness.result(payload.runId);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ archived: 0, withheld: 0, kept: 3 });
    expect(await district.archived()).toEqual([]);
  });

  it('reaches a run that had compared already, and would have asked about them again', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    const payload = await upToApply();
    await district.reject(hold);
    await district.harness.step('apply', payload);
    await district.harness.work();
    expect(await district.harness.result(payload.runId)).toMatchObject({ status: 'succeeded' });
    expect((await district.holds()).map(({ status }) => status)).toEqual(['rejected']);
  });

  it('that is taken back is measured by the next run, also when the delivery is the same', async () => {
    const hold = await district.heldWithout(...ids('a', 3));
    await district.reject(hold);
    district.roster.revision = 'one';
    expect(await district.run()).toMatchObject({ status: 'succeeded' });
    await district.reopen(hold);
    expect(await district.run()).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(await district.held(await district.openHold())).toEqual(ids('students a', 3));
  });
});
