import { payloadOf, requestSync } from '@rollbook/pipeline';
import { DecidedDistrict } from './decided-district.ts';

let district: DecidedDistrict;

beforeAll(async () => {
  district = await DecidedDistrict.create('guard_undo_refused');
}, 30_000);
afterAll(() => district.drop());
beforeEach(() => district.begin());

const request = (runId: number) => district.ledger.requestUndo({ runId, actor: 'pat', comment: null });
const undoDecisions = async (): Promise<number> =>
  (await district.harness.sql(`SELECT 1 FROM decisions WHERE decision = 'undo'`)).length;
const setEnd = (runId: number, age: string) =>
  district.harness.sql('UPDATE runs SET finished_at = now() - $2::interval WHERE id = $1', [runId, age]);

/** A run that archives a1. */
async function archivingRun(): Promise<number> {
  district.roster.removeStudents('a1');
  const { runId, counts } = await district.run();
  expect(counts.students.archived).toBe(1);
  return runId;
}

describe('guard §29: a run is undone', () => {
  it('until 30 days after its end', async () => {
    const runId = await archivingRun();
    await setEnd(runId, '30 days 1 second');
    await expect(request(runId)).rejects.toThrow(
      /^Run \d+ ended at \d{4}-\d\d-\d\d, more than 30 days ago: it cannot be undone any more\.$/,
    );
    expect(await undoDecisions()).toBe(0);
    await setEnd(runId, '29 days 23:59');
    await district.undo(runId);
    expect(await district.archived()).toEqual([]);
  });

  it('once', async () => {
    const runId = await archivingRun();
    const undo = await district.undo(runId);
    await expect(request(runId)).rejects.toThrow(`Run ${runId} was undone already, by run ${undo.runId}.`);
    expect(await undoDecisions()).toBe(1);
  });

  it('once, also when two ask for it at the same moment', async () => {
    const runId = await archivingRun();
    const results = await Promise.allSettled([request(runId), request(runId)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const result of results)
      if (result.status === 'rejected')
        expect(String(result.reason)).toMatch(/Run \d+ was undone already, by run \d+\./);
    expect(await undoDecisions()).toBe(1);
  });

  it('again, if the undo failed', async () => {
    const runId = await archivingRun();
    await request(runId);
    await district.harness.sql(`UPDATE runs SET status = 'failed', finished_at = now() WHERE kind = 'undo'`);
    expect(await district.undo(runId)).toMatchObject({ status: 'succeeded' });
    expect(await district.archived()).toEqual([]);
  });

  it('not by two workers at once', async () => {
    const runId = await archivingRun();
    const payload = payloadOf(await request(runId));
    const results = await Promise.all([
      district.harness.step('apply', payload),
      district.harness.step('apply', payload),
    ]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['ended', 'stale']);
    expect(await district.harness.sql(`SELECT sis_id FROM roster_changes WHERE action = 'restore'`)).toEqual([
      { sis_id: 'a1' },
    ]);
  });
});

describe('guard §29: no undo', () => {
  it('of a run that does not exist', async () => {
    await expect(request(9_999)).rejects.toThrow('There is no run 9999. "rollbook runs" lists those there are.');
  });

  it('of a run that archived nothing: one that created, one that was held, a preview, an undo', async () => {
    const refused = async (runId: number, more = ''): Promise<void> =>
      expect(request(runId)).rejects.toThrow(`Run ${runId} archived nothing${more}: there is nothing to undo.`);
    const [{ id: first } = { id: 0 }] = await district.harness.sql<{ id: number }>('SELECT id FROM runs');
    await refused(first);
    district.roster.removeStudents('a1', 'a2', 'a3');
    await refused((await district.run()).runId);
    district.roster.student('a2', 'A').student('a3', 'A');
    await refused((await district.harness.run('sis', true)).runId, ' (it was a preview)');
    const { runId } = await district.run();
    expect(await district.archived()).toEqual(['a1']);
    await refused((await district.undo(runId)).runId);
  });

  it('of a run that has not ended', async () => {
    const { runId } = await requestSync(district.harness.context, 'sis', { trigger: 'cli' });
    await expect(request(runId)).rejects.toThrow(`Run ${runId} has not ended yet: there is nothing to undo.`);
  });

  it('while another run of the sync is active; nothing is decided then, and later it goes', async () => {
    const runId = await archivingRun();
    const active = await requestSync(district.harness.context, 'sis', { trigger: 'cli' });
    await expect(request(runId)).rejects.toThrow(`"sis" has an active run: undo run ${runId} when that has ended.`);
    expect(await undoDecisions()).toBe(0);
    await district.harness.work();
    expect(await district.harness.result(active.runId)).toMatchObject({ status: 'succeeded' });
    await district.undo(runId);
    expect(await district.archived()).toEqual([]);
    expect(await undoDecisions()).toBe(1);
  });
});
