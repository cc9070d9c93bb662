import { requestSync, type Stage } from '@rollbook/pipeline';
import { claimPerson, releasePerson } from '@rollbook/store';
import type pg from 'pg';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

/** A record of the district, and who acts on it. */
export const on = (recordType: string, sisId: string) => ({ districtId: 'riverside', recordType, sisId, actor: 'pat' });

/** A school with two classes of the same 40 students in a database of its own, and others who come between its runs. */
export class OvertakenDistrict {
  readonly test: TestDatabase;
  roster = new RosterBuilder();
  harness: PipelineHarness;

  private constructor(test: TestDatabase) {
    this.test = test;
    this.harness = new PipelineHarness(test.database, this.roster);
  }

  static async create(name: string): Promise<OvertakenDistrict> {
    return new OvertakenDistrict(await createTestDatabase(name));
  }

  get pool(): pg.Pool {
    return this.test.database.pool;
  }

  /** Synced once. */
  async begin(): Promise<void> {
    await this.pool.query(
      'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
    );
    this.roster = new RosterBuilder().school('A').class('c1', 'A').class('c2', 'A').students(40, 'A', 's');
    this.roster.staff('t1', 'A').guardian('g1', 's1');
    for (let i = 1; i <= 40; i++) this.roster.enroll(`s${i}`, 'c1').enroll(`s${i}`, 'c2');
    this.harness = new PipelineHarness(this.test.database, this.roster);
    await this.harness.createSync('sis', 'riverside');
    await this.harness.run('sis');
    this.roster.pullsRead = 0;
  }

  claim(id: string): Promise<unknown> {
    return claimPerson(this.pool, on('students', id));
  }

  release(id: string): Promise<unknown> {
    return releasePerson(this.pool, on('students', id));
  }

  /** Runs the sync from request to end, and calls `before` ahead of every stage. */
  async runWith(before: (stage: Stage) => Promise<unknown> = () => Promise.resolve()): Promise<RunResult> {
    const { runId } = await requestSync(this.harness.context, 'sis', { trigger: 'cli' });
    for (let job = this.harness.queue.jobs.shift(); job; job = this.harness.queue.jobs.shift()) {
      await before(job.stage);
      await this.harness.step(job.stage, job.payload);
    }
    return this.harness.result(runId);
  }

  async roundOf(runId: number): Promise<number | undefined> {
    return (await this.harness.sql<{ round: number }>(`SELECT round FROM runs WHERE id = ${runId}`))[0]?.round;
  }
}
