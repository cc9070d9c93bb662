import type { RunSettings } from '@rollbook/core';
import { payloadOf, requestApproval } from '@rollbook/pipeline';
import {
  PostgresRuns,
  approveHold,
  rejectHold,
  reopenHold,
  type Approval,
  type Approved,
  type Database,
} from '@rollbook/store';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

export interface HoldRow {
  readonly id: number;
  readonly status: string;
  readonly fingerprint: string;
  readonly record_count: number;
  readonly run_id: number;
  readonly last_run_id: number;
  readonly replaced_by: number | null;
  readonly confirmed_at: Date;
}

/** `<prefix>1` to `<prefix><count>`. */
export const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

/**
 * One small district in a database of its own, and what people decide there: 20 students in each of the schools A and B,
 * of whom 2 may go without asking, five of the staff in A, of whom none may, and a class in each school. Enrollments and
 * guardianships do not run out when students leave: b20, who stays, has one of each.
 */
export class DecidedDistrict {
  readonly #test: TestDatabase;
  roster = new RosterBuilder();
  harness: PipelineHarness;

  private constructor(test: TestDatabase) {
    this.#test = test;
    this.harness = new PipelineHarness(test.database, this.roster);
  }

  static async create(name: string): Promise<DecidedDistrict> {
    return new DecidedDistrict(await createTestDatabase(name));
  }

  get database(): Database {
    return this.#test.database;
  }

  get url(): string {
    return this.#test.url;
  }

  get ledger(): PostgresRuns {
    return new PostgresRuns(this.database.pool);
  }

  drop(): Promise<void> {
    return this.#test.drop();
  }

  /** Back to the first night; `prepare` adds to the data before it. */
  async begin(prepare: (roster: RosterBuilder) => void = () => undefined): Promise<void> {
    await this.database.pool.query(
      'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
    );
    this.roster = new RosterBuilder().school('A').school('B').class('c1', 'A').class('c2', 'B');
    this.roster.students(20, 'A', 'a').students(20, 'B', 'b');
    for (const id of ids('t', 5)) this.roster.staff(id, 'A');
    this.roster.enroll('b20', 'c2').guardian('g20', 'b20');
    prepare(this.roster);
    this.harness = new PipelineHarness(this.database, this.roster);
    await this.configure();
    expect(await this.run()).toMatchObject({ status: 'succeeded' });
  }

  configure(settings: Partial<RunSettings> = {}): Promise<void> {
    return this.harness.createSync('sis', 'riverside', settings);
  }

  run(): Promise<RunResult> {
    return this.harness.run('sis');
  }

  /** A run that withholds the departure of these students; gives the id of its hold. */
  async heldWithout(...students: string[]): Promise<number> {
    this.roster.removeStudents(...students);
    expect(await this.run()).toMatchObject({ status: 'held', reason: 'threshold' });
    return this.openHold();
  }

  holds(): Promise<HoldRow[]> {
    return this.harness.sql<HoldRow>('SELECT * FROM holds ORDER BY id');
  }

  async openHold(): Promise<number> {
    const open = (await this.holds()).find(({ status }) => status === 'open');
    if (!open) throw new Error('no hold is open');
    return open.id;
  }

  /** The records of a hold, as `type id`. */
  async held(holdId: number): Promise<string[]> {
    const rows = await this.harness.sql<{ name: string }>(
      `SELECT record_type || ' ' || sis_id AS name FROM hold_records WHERE hold_id = $1 ORDER BY record_type, sis_id`,
      [holdId],
    );
    return rows.map(({ name }) => name);
  }

  approve(holdId: number, part: Partial<Approval> = {}): Promise<Approved> {
    return approveHold(this.database.pool, {
      holdId,
      actor: 'pat',
      comment: null,
      schools: null,
      recordTypes: null,
      ...part,
    });
  }

  reject(holdId: number, comment = 'they are still here'): Promise<void> {
    return rejectHold(this.database.pool, { holdId, actor: 'pat', comment });
  }

  reopen(holdId: number, actor = 'pat'): Promise<{ readonly syncId: string; readonly recordCount: number }> {
    return reopenHold(this.database.pool, { holdId, actor, comment: null });
  }

  /** Has an approval carried out by a run of its own. */
  async carryOut({ approvalId }: Pick<Approved, 'approvalId'>): Promise<RunResult> {
    const run = await requestApproval(this.harness.context, approvalId, 'pat');
    if (run === null) throw new Error(`nothing is left to do of approval ${approvalId}`);
    await this.harness.work();
    return this.harness.result(run.runId);
  }

  async undo(runId: number, keep = true): Promise<RunResult> {
    const run = await this.ledger.requestUndo({ runId, keep, actor: 'pat', comment: null });
    await this.harness.step('apply', payloadOf(run));
    return this.harness.result(run.runId);
  }

  /** The archived students, in order. */
  archived(): Promise<string[]> {
    return this.harness.ids('students', 'archived');
  }
}
