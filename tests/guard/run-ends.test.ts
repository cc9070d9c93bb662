import { compositeKey } from '@rollbook/core';
import { requestSync, type Stage } from '@rollbook/pipeline';
import { archiveRecord, claimPerson, editRecord, rejectHold, releasePerson, restoreRecord } from '@rollbook/store';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('run_ends');
}, 30_000);
afterAll(() => testDatabase.drop(), 30_000);

/** A school with a class of 40, synced once. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder().school('A').class('c1', 'A').class('c2', 'A').students(40, 'A', 's').staff('t1', 'A');
  for (let i = 1; i <= 40; i++) roster.enroll(`s${i}`, 'c1').enroll(`s${i}`, 'c2');
  roster.guardian('g1', 's1');
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside');
  await harness.run('sis');
  roster.pullsRead = 0;
});

const on = (recordType: string, sisId: string) => ({ districtId: 'riverside', recordType, sisId, actor: 'pat' });
const pool = () => testDatabase.database.pool;
const claim = (id: string) => claimPerson(pool(), on('students', id));
const release = (id: string) => releasePerson(pool(), on('students', id));

/** Claims and releases students in turn, so that it can be called for ever. */
function actsByHand(): () => Promise<void> {
  let count = 0;
  return async () => {
    const id = `s${1 + (Math.floor(count / 2) % 40)}`;
    await (count++ % 2 === 0 ? claim(id) : release(id));
  };
}

/** Runs the sync from request to end, and calls `before` ahead of every stage. */
async function runWith(before: (stage: Stage) => Promise<unknown>, syncId = 'sis'): Promise<RunResult> {
  const { runId } = await requestSync(harness.context, syncId, { trigger: 'cli' });
  for (let job = harness.queue.jobs.shift(); job; job = harness.queue.jobs.shift()) {
    await before(job.stage);
    await harness.step(job.stage, job.payload);
  }
  return harness.result(runId);
}

const roundOf = async (runId: number): Promise<number | undefined> =>
  (await harness.sql<{ round: number }>(`SELECT round FROM runs WHERE id = ${runId}`))[0]?.round;

describe('guard §40: a run ends although people act by hand', () => {
  it('reads its source once, however many acts there are while it reads', async () => {
    const act = actsByHand();
    roster.removeStudents('s39').student('s41', 'A').student('s7', 'A', { grade: '10' });
    roster.beforeEnd = async () => {
      for (let i = 0; i < 25; i++) await act();
    };
    const run = await runWith(() => Promise.resolve());
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ created: 1, updated: 1, archived: 1 });
    expect(run.counts.enrollments).toMatchObject({ archived: 2, unchanged: 78 });
    expect([roster.pullsRead, await roundOf(run.runId)]).toEqual([1, 1]);
  });

  it('ends while a stream of acts never stops, and reads its source once', async () => {
    const act = actsByHand();
    let hasEnded = false;
    let acts = 0;
    roster.removeStudents('s39').student('s41', 'A');
    const stream = (async () => {
      for (; !hasEnded; acts++) await act();
    })();
    const run = await runWith(() => Promise.resolve()).finally(() => (hasEnded = true));
    await stream;
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ created: 1, archived: 1 });
    expect(acts).toBeGreaterThan(3);
    expect(roster.pullsRead).toBe(1);
    expect(await roundOf(run.runId)).toBeLessThanOrEqual(3);
  });

  it('is compared twice more at most, and under the lock of the district then; every round is shown', async () => {
    const act = actsByHand();
    roster.removeStudents('s39');
    const rounds: (string | null)[] = [];
    const run = await runWith(async (stage) => {
      if (stage === 'diff')
        rounds.push(
          (await harness.sql<{ progress: string }>('SELECT progress FROM runs ORDER BY id DESC'))[0]!.progress,
        );
      await act();
    });
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ archived: 1 });
    expect([roster.pullsRead, await roundOf(run.runId)]).toEqual([1, 3]);
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
    const run = await runWith(async (stage) => {
      if (stage !== 'apply') return;
      if (++applies < 3) return act();
      // 4 of 40 are 10 %, 4 of 38 are more.
      for (const id of ['s1', 's2']) await archiveRecord(pool(), on('students', id));
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
    const run = await runWith(async (stage) => {
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

describe('guard §40: what others touch while a run reads', () => {
  it.each(['while reading', 'before comparing'] as const)(
    'archives nobody who was edited and released %s, nor what hangs on them; the next run looks at them',
    async (moment) => {
      const act = async (): Promise<void> => {
        await editRecord(pool(), { ...on('students', 's1'), fields: { phone: '555-0100' } });
        await release('s1');
      };
      await claim('s1');
      roster.revision = moment;
      roster.student('s3', 'A', { grade: '11' });
      roster.beforeEnd = moment === 'while reading' ? act : () => Promise.resolve();
      const run = await runWith(async (stage) => {
        if (stage === 'diff' && moment === 'before comparing') await act();
      });
      expect(run).toMatchObject({ status: 'succeeded' });
      expect(run.counts.students).toMatchObject({ updated: 1, archived: 0, unchanged: 39 });
      expect(run.counts.enrollments).toMatchObject({ archived: 0, unchanged: 80 });
      expect(run.counts.guardianships).toMatchObject({ archived: 0, unchanged: 1 });
      expect(run.warnings).toMatchObject([
        {
          code: 'changed_meanwhile',
          message: '1 student was changed by hand or by another sync while the data was read; the next run looks at it',
        },
      ]);
      roster.beforeEnd = () => Promise.resolve();
      // The very same delivery is looked at once more.
      expect((await harness.run('sis')).counts.students).toMatchObject({ updated: 1, archived: 0 });
      expect(await harness.sql(`SELECT phone, claimed_at FROM students WHERE sis_id = 's1'`)).toEqual([
        { phone: null, claimed_at: null },
      ]);
    },
  );

  it('leaves a class as it is that was archived by hand meanwhile, and creates nothing in it', async () => {
    await harness.createSync('sis', 'riverside', { unarchiveClasses: true });
    await harness.run('sis');
    roster.student('s41', 'A').enroll('s41', 'c1').enroll('s41', 'c2');
    roster.beforeEnd = async () => void (await archiveRecord(pool(), on('classes', 'c1')));
    const run = await runWith(() => Promise.resolve());
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.classes).toMatchObject({ archived: 0, unchanged: 1 });
    expect(run.counts.enrollments).toMatchObject({ archived: 0, created: 1, unchanged: 40 });
    expect(await lostEnrollments()).toEqual([]);
    roster.beforeEnd = () => Promise.resolve();
    const next = await harness.run('sis');
    expect(next.counts.classes).toMatchObject({ restored: 1 });
    expect(next.counts.enrollments).toMatchObject({ restored: 40, created: 1, archived: 0 });
  });

  it('ends no decision for a class that was restored by hand meanwhile and is not in the data', async () => {
    roster.remove('classes', 'c2');
    for (const { sisId, class: id } of roster.records.enrollments.values())
      if (id === 'c2') roster.remove('enrollments', sisId);
    expect(await harness.run('sis')).toMatchObject({ status: 'held' });
    const [hold] = await harness.sql<{ id: number }>('SELECT id FROM holds');
    await rejectHold(pool(), { holdId: hold!.id, actor: 'pat', comment: 'it is still taught' });
    await archiveRecord(pool(), on('classes', 'c2'));
    roster.beforeEnd = async () => void (await restoreRecord(pool(), on('classes', 'c2')));
    const run = await runWith(() => Promise.resolve());
    expect(run.counts.classes).toMatchObject({ archived: 0 });
    expect(await harness.ids('classes')).toEqual(['c1', 'c2']);
    expect(await harness.sql(`SELECT sis_id FROM kept_records WHERE record_type = 'classes'`)).toEqual([
      { sis_id: 'c2' },
    ]);
  });

  it('archives who is gone from the data although somebody has noted meanwhile that they joined', async () => {
    roster.removeStudents('s39');
    roster.beforeEnd = async () => void (await claim('s39'));
    const run = await runWith(() => Promise.resolve());
    expect(run.counts.students).toMatchObject({ archived: 1, unchanged: 39 });
    expect(await harness.ids('enrollments', 'archived')).toEqual(
      ['c1', 'c2'].map((id) => compositeKey(id, 's39', 'student')),
    );
  });
});

const lostEnrollments = () =>
  harness.sql(`SELECT e.sis_id FROM enrollments e WHERE e.status = 'active' AND NOT EXISTS (
    SELECT 1 FROM classes c WHERE c.sis_id = e.class_id AND c.status = 'active')`);

describe('guard §40: two syncs of one district', () => {
  it('come to their ends although they commit in turn', async () => {
    const other = new RosterBuilder().school('B').students(20, 'B', 'b');
    const otherHarness = new PipelineHarness(testDatabase.database, other);
    await otherHarness.createSync('other', 'riverside');
    let nights = 0;
    const night = async (): Promise<void> => {
      other.student('b1', 'B', { grade: String(++nights) });
      expect(await otherHarness.run('other')).toMatchObject({ status: 'succeeded' });
    };
    await night();
    roster.removeStudents('s39').student('s41', 'A');
    roster.beforeEnd = night;
    const run = await runWith(night);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.counts.students).toMatchObject({ created: 1, archived: 1, unchanged: 39 });
    expect([roster.pullsRead, await roundOf(run.runId)]).toEqual([1, 3]);
    expect(await harness.count('students')).toBe(60);
  });

  it('creates no enrollment in a class that the other archived while this one read', async () => {
    const other = new RosterBuilder().school('B').class('cb', 'B').class('cc', 'B');
    const otherHarness = new PipelineHarness(testDatabase.database, other);
    await otherHarness.createSync('other', 'riverside', { threshold: { default: 10_000, perType: {} } });
    await otherHarness.run('other');
    for (const type of ['classes', 'courses', 'terms'] as const) roster.deliveries[type] = 'absent';
    for (let i = 1; i <= 3; i++) roster.enroll(`s${i}`, 'cb');
    other.remove('classes', 'cb');
    roster.beforeEnd = async () => void (await otherHarness.run('other'));
    const run = await runWith(() => Promise.resolve());
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(await harness.ids('classes', 'archived')).toEqual(['cb']);
    expect(run.counts.enrollments).toMatchObject({ created: 0, archived: 0 });
    expect(await lostEnrollments()).toEqual([]);
  });
});
