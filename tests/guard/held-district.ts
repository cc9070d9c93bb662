import type { RecordType, RunSettings } from '@rollbook/core';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';

/** A finding as people see it: `51 of 501 (10 newcomers), 0 before, 0 waiting, hold`. */
export interface MeasuredGroup {
  readonly active: number;
  readonly to_archive: number;
  readonly newcomers: number;
  readonly archived_before: number;
  readonly waiting: number;
  readonly allowed: number;
  readonly verdict: string;
}

/** 501 students of school N in a database of their own, of whom 50 may go without asking, and nights of data after that. */
export class HeldDistrict {
  readonly #test: TestDatabase;
  roster = new RosterBuilder();
  harness: PipelineHarness;

  private constructor(test: TestDatabase) {
    this.#test = test;
    this.harness = new PipelineHarness(test.database, this.roster);
  }

  static async create(name: string): Promise<HeldDistrict> {
    return new HeldDistrict(await createTestDatabase(name));
  }

  get pool(): TestDatabase['database']['pool'] {
    return this.#test.database.pool;
  }

  get database(): TestDatabase['database'] {
    return this.#test.database;
  }

  drop(): Promise<void> {
    return this.#test.drop();
  }

  /** Back to the first night. */
  async begin(students = 501, prepare: (roster: RosterBuilder) => void = () => undefined): Promise<void> {
    await this.pool.query(
      'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
    );
    this.roster = new RosterBuilder().school('N').students(students, 'N', 's');
    prepare(this.roster);
    this.harness = new PipelineHarness(this.database, this.roster);
    await this.configure();
    await this.night();
  }

  configure(settings: Partial<RunSettings> = {}): Promise<void> {
    return this.harness.createSync('sis', 'riverside', settings);
  }

  night(): Promise<RunResult> {
    return this.harness.run('sis');
  }

  /** Another run of the same evening. */
  atOnce(): Promise<RunResult> {
    return this.harness.runAtOnce('sis');
  }

  /** A delivery that says nothing but this: who is marked as deleted, and who is there. */
  async delta(
    marked: readonly string[],
    present: readonly string[] = [],
    type: RecordType = 'students',
  ): Promise<void> {
    const { roster } = this;
    for (const recordType of Object.keys(roster.records) as RecordType[]) roster.deliveries[recordType] = 'absent';
    roster.deliveries[type] = 'delta';
    roster.records[type].clear();
    roster.gone.clear();
    for (const id of [...marked, ...present]) if (type === 'students') roster.student(id, 'N');
    for (const id of marked) roster.gone.add(`${type}/${id}`);
  }

  /** From the next delivery on, everything in full again: these students and the rest of the records. */
  full(students: readonly string[]): void {
    const { roster } = this;
    for (const recordType of Object.keys(roster.records) as RecordType[]) delete roster.deliveries[recordType];
    roster.gone.clear();
    roster.records.students.clear();
    for (const id of students) roster.student(id, 'N');
  }

  holds(): Promise<{ id: number; status: string; record_count: number; since_run_id: number; last_run_id: number }[]> {
    return this.harness.sql('SELECT id, status, record_count, since_run_id, last_run_id FROM holds ORDER BY id');
  }

  statuses = async (): Promise<string[]> => (await this.holds()).map(({ status }) => status);

  async measured({ runId }: RunResult, type: RecordType = 'students'): Promise<MeasuredGroup[]> {
    return this.harness.sql<MeasuredGroup>(
      `SELECT active, to_archive, newcomers, archived_before, waiting, allowed, verdict FROM findings
       WHERE run_id = $1 AND record_type = $2 ORDER BY ordinal`,
      [runId, type],
    );
  }

  async notes({ runId }: RunResult): Promise<string[]> {
    const [row] = await this.harness.sql<{ notes: string[] }>('SELECT notes FROM runs WHERE id = $1', [runId]);
    return row?.notes ?? [];
  }

  archived(): Promise<number> {
    return this.harness.count('students', 'archived');
  }
}

/** `<prefix><from>` to `<prefix><to>`. */
export const span = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`);
