import { archiveRecord } from '@rollbook/store';
import type { PipelineHarness } from '../pipeline-harness.ts';
import type { RosterBuilder } from '../roster-builder.ts';
import { OvertakenDistrict, on } from './overtaken-district.ts';

let district: OvertakenDistrict;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  district = await OvertakenDistrict.create('run_ends');
}, 30_000);
afterAll(() => district.test.drop(), 30_000);
beforeEach(async () => {
  await district.begin();
  ({ harness, roster } = district);
});

/** Claims and releases students in turn, so that it can be called for ever. */
function actsByHand(): () => Promise<void> {
  let count = 0;
  return async () => {
    const id = `s${1 + (Math.floor(count / 2) % 40)}`;
    await (count++ % 2 === 0 ? district.claim(id) : district.release(id));
  };
}

describe('guard §40: a run ends although people act by hand', () => {
  it('reads its source once, however many acts there are while it reads', async () => {
    const act = actsByHand();
    roster.removeStudents('s39').student('s41', 'A').student('s7', 'A', { grade: '10' });
    roster.beforeEnd = async () => {
      for (let i = 0; i < 25; i++) await act();
    };
    const run = await district.runWith();
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ created: 1, updated: 1, archived: 1 });
    expect(run.counts.enrollments).toMatchObject({ archived: 2, unchanged: 78 });
    expect([roster.pullsRead, await district.roundOf(run.runId)]).toEqual([1, 1]);
  });

  it('ends while a stream of acts never stops, and reads its source once', async () => {
    const act = actsByHand();
    let hasEnded = false;
    let acts = 0;
    roster.removeStudents('s39').student('s41', 'A');
    const stream = (async () => {
      for (; !hasEnded; acts++) await act();
    })();
    const run = await district.runWith().finally(() => (hasEnded = true));
    await stream;
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ created: 1, archived: 1 });
    expect(acts).toBeGreaterThan(3);
    expect(roster.pullsRead).toBe(1);
    expect(await district.roundOf(run.runId)).toBeLessThanOrEqual(3);
  });

  it('is compared twice more at most, and under the lock of the district then; every round is shown', async () => {
    const act = actsByHand();
    roster.removeStudents('s39');
    const rounds: (string | null)[] = [];
    const run = await district.runWith(async (stage) => {
      if (stage === 'diff')
        rounds.push(
          (await harness.sql<{ progress: string }>('SELECT progress FROM runs ORDER BY id DESC'))[0]!.progress,
        );
      await act();
    });
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ archived: 1 });
    expect([roster.pullsRead, await district.roundOf(run.runId)]).toEqual([1, 3]);
    expect(rounds).toEqual([
      null,
      'round 2: compared again, because the roster changed',
      'round 3: compared again, because the roster changed',
    ]);
    expect(run.warnings.filter(({ code }) => code === 'another_round').map(({ message }) => message)).toEqual([
      'the roster changed during this run; it was compared again (round 3)',
    ]);
  });

  it('judges again what it compares under the lock', async () => {
    await harness.createSync('sis', 'riverside', { archivedStudents: 'keep-archived' });
    roster.removeStudents('s37', 's38', 's39', 's40');
    const act = actsByHand();
    let applies = 0;
    const run = await district.runWith(async (stage) => {
      if (stage !== 'apply') return;
      if (++applies < 3) return act();
      // 4 of 40 are 10 %, 4 of 38 are more.
      for (const id of ['s1', 's2']) await archiveRecord(district.pool, on('students', id));
    });
    expect(run).toMatchObject({ status: 'held', reason: 'threshold' });
    expect(run.counts.students).toMatchObject({ archived: 0, withheld: 4 });
    expect(
      await harness.sql(
        `SELECT active, to_archive FROM findings WHERE run_id = ${run.runId} AND record_type = 'students'`,
      ),
    ).toEqual([{ active: 38, to_archive: 4 }]);
    expect(await harness.sql(`SELECT status, record_count FROM holds`)).toMatchObject([{ status: 'open' }]);
  });

  it('takes all rows with it from the third round on', async () => {
    const act = actsByHand();
    roster.beforeEnd = act;
    let fetches = 0;
    const run = await district.runWith(async (stage) => {
      if (stage === 'fetch') fetches++;
      // The database has crashed: what was read is lost.
      if (stage === 'diff' && fetches < 3) await harness.sql('DELETE FROM snapshots');
      if (stage === 'diff' && fetches === 3) {
        const [snapshot] = await harness.sql<{ contents: { types: Record<string, { recognised: number }> } }>(
          'SELECT contents FROM snapshots',
        );
        expect(Object.values(snapshot!.contents.types).map(({ recognised }) => recognised)).toEqual(Array(9).fill(0));
      }
    });
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ unchanged: 40, archived: 0 });
    expect(run.warnings.map(({ message }) => message)).toContain(
      'what was read did not last to the comparison; the data was read again (round 3)',
    );
  });
});
