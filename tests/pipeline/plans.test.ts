import { DEFAULT_RUN_SETTINGS, type RunSettings } from '@rollbook/core';
import { payloadOf, requestApproval } from '@rollbook/pipeline';
import { PostgresRuns, approveHold, readHold, rejectHold, reopenHold } from '@rollbook/store';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { PlanWatch, stopStatistics } from '../plan-watch.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

const GRADES = ['09', '10', '11', '12'];
const ids = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${prefix}${from + i}`);

/** What statistics the tables have when the nights begin: none of them knows what the nights bring. */
const STATISTICS = {
  'never analysed': async () => undefined,
  'analysed when they were empty': async ({ pool }: TestDatabase['database']) => void (await pool.query('ANALYZE')),
  'analysed when another district was all': async (database: TestDatabase['database']) => {
    const roster = new RosterBuilder().school('X').class('x', 'X').students(1_200, 'X', 'x');
    for (const id of ids('x', 1, 1_201)) roster.enroll(id, 'x').guardian(`g${id}`, id);
    const harness = new PipelineHarness(database, roster);
    await harness.createSync('other', 'lakeside');
    await harness.run('other');
    await database.pool.query('ANALYZE');
  },
};

/** A district of one sync, day by day, with `size` students in each of three schools. */
class Nights {
  readonly roster = new RosterBuilder();
  readonly harness: PipelineHarness;
  readonly #database: TestDatabase['database'];
  readonly #size: number;

  constructor(database: TestDatabase['database'], size: number) {
    this.#database = database;
    this.#size = size;
    this.harness = new PipelineHarness(database, this.roster);
    for (const school of ['A', 'B', 'C']) {
      this.roster.school(school);
      for (let i = 0; i < 30; i++) this.roster.class(`${school}${i}`, school, { terms: ['t'] });
      for (const id of ids(school.toLowerCase(), 0, size)) this.add(id, school, Number(id.slice(1)));
    }
    this.roster.term('t', { endDate: '2020-01-01' });
  }

  add(id: string, school: string, place: number): void {
    const person = { givenName: `Given ${school}${place}`, familyName: 'Family', birthDate: '2010-01-01' };
    this.roster.student(id, school, { ...person, grade: GRADES[place % 4] as string });
    this.roster.guardian(`g${id}`, id);
    for (const each of [0, 1]) this.roster.enroll(id, `${school}${(place + each) % 30}`, { school });
  }

  configure(settings: Partial<RunSettings> = {}): Promise<void> {
    return this.harness.createSync('sis', 'riverside', { ...DEFAULT_RUN_SETTINGS, ...settings });
  }

  run(): Promise<RunResult> {
    return this.harness.run('sis');
  }

  /** The last `count` students of school A leave. */
  leave(count: number): string[] {
    const leaving = ids('a', this.#size - count, this.#size);
    this.roster.removeStudents(...leaving);
    return leaving;
  }

  async openHold(): Promise<number> {
    const [hold] = await this.harness.sql<{ id: number }>(`SELECT id FROM holds WHERE status = 'open'`);
    if (!hold) throw new Error('no hold is open');
    await readHold(this.#database, hold.id, { offset: 0, limit: 100 });
    return hold.id;
  }

  async approve(holdId: number, part: { relink?: boolean; except?: string } = {}): Promise<RunResult> {
    const except = part.except === undefined ? [] : [{ recordType: 'students' as const, sisId: part.except }];
    const { approvalId } = await approveHold(this.#database.pool, {
      holdId,
      actor: 'pat',
      comment: null,
      schools: null,
      recordTypes: null,
      relink: part.relink === true,
      except,
    });
    const run = await requestApproval(this.harness.context, approvalId, 'pat');
    await this.harness.work();
    return this.harness.result(run?.runId as number);
  }

  async undo(runId: number): Promise<RunResult> {
    const run = await new PostgresRuns(this.#database.pool).requestUndo({ runId, actor: 'pat', comment: null });
    await this.harness.step('apply', payloadOf(run));
    return this.harness.result(run.runId);
  }
}

describe.each(Object.entries(STATISTICS))(
  'on tables %s, no statement reads many rows again and again',
  (_, prepare) => {
    let test: TestDatabase;
    let watch: PlanWatch;

    beforeEach(async () => {
      test = await createTestDatabase('plans');
      watch = await PlanWatch.start(test.url);
      await prepare(test.database);
      await stopStatistics(test.database);
    });
    afterEach(async () => {
      watch.stop();
      await test.drop();
    });

    it.each([
      ['large', 500, 400],
      ['small', 500, 60],
    ])(
      'when runs are %s',
      async (_size, students, leaving) => {
        const { pool } = test.database;
        const found: string[] = [];
        const note = (day: string): void => void found.push(...watch.take().map((statement) => `${day}: ${statement}`));
        const nights = new Nights(test.database, students);
        await nights.configure();
        expect(await nights.run()).toMatchObject({ status: 'succeeded' });
        note('first sync');
        expect(await nights.run()).toMatchObject({ status: 'succeeded' });
        note('unchanged day');
        // A day with changes.
        for (const id of ids('b', 0, leaving)) nights.roster.student(id, 'B', { givenName: `New ${id}` });
        for (const id of ids('c', students, students + leaving)) nights.add(id, 'C', Number(id.slice(1)));
        expect(await nights.run()).toMatchObject({ status: 'succeeded' });
        note('a day with changes');
        // Many leave one school: held, held again, approved, undone.
        nights.leave(leaving);
        expect(await nights.run()).toMatchObject({ status: 'held' });
        note('many leave');
        expect(await nights.harness.run('sis', true)).toMatchObject({ status: 'held' });
        note('preview');
        expect(await nights.run()).toMatchObject({ status: 'held' });
        note('held again');
        const approval = await nights.approve(await nights.openHold(), { except: `a${students - 1}` });
        expect(approval.counts.students.archived).toBe(leaving - 1);
        note('approval');
        const undone = await nights.undo(approval.runId);
        expect(undone.counts.students.restored).toBe(leaving - 1);
        note('undo');
        // They come back under new ids; the old records take them.
        for (const id of ids('n', students - leaving, students)) nights.add(id, 'A', Number(id.slice(1)));
        await pool.query('DELETE FROM kept_records');
        expect(await nights.run()).toMatchObject({ status: 'held' });
        note('new ids');
        const relinked = await nights.approve(await nights.openHold(), { relink: true });
        expect(relinked.counts.students.updated).toBeGreaterThan(leaving / 2);
        note('relink');
        await nights.undo(relinked.runId);
        note('undone relink');
        await pool.query('DELETE FROM kept_records');
        // A rejection, taken back, and grace.
        expect(await nights.run()).toMatchObject({ status: 'held' });
        const rejected = await nights.openHold();
        await rejectHold(pool, { holdId: rejected, actor: 'pat', comment: 'they are here' });
        expect(await nights.run()).toMatchObject({ status: 'succeeded' });
        note('rejection');
        await reopenHold(pool, { holdId: rejected, actor: 'pat', comment: null });
        await nights.configure({ transferGrace: 5 });
        await nights.run();
        await nights.run();
        note('grace');
        // A delta that marks them, while their enrollments are still listed.
        await nights.configure({ maxSkippedPercent: 100 });
        for (const type of ['students', 'enrollments', 'guardianships', 'guardians'] as const)
          nights.roster.deliveries[type] = 'delta';
        for (const id of ids('b', 0, leaving)) nights.roster.gone.add(`students/${id}`);
        expect(await nights.run()).toMatchObject({ status: 'held' });
        nights.roster.gone.clear();
        for (const id of ids('b', 0, leaving)) nights.roster.remove('students', id);
        expect(await nights.run()).toMatchObject({ status: 'held' });
        note('delta');
        // Linked schools only.
        await nights.configure({ schools: ['A', 'B'].map((sisId) => ({ sisId, name: null })) });
        await nights.run();
        note('linked schools');
        expect(found).toEqual([]);
      },
      120_000,
    );
  },
);
