import { RECORD_TYPES, type RecordType } from '@rollbook/core';
import { payloadOf, requestSync } from '@rollbook/pipeline';
import { approveHold, rejectHold } from '@rollbook/store';
import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { PipelineHarness, type RunResult } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { anyDay, deliver, type Day } from './random-runs.ts';
import { snapshotTables } from './two-districts.ts';

const PERCENT = 25;
const ROSTER = RECORD_TYPES.join(', ');

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('permitted');
}, 30_000);
afterAll(() => testDatabase.drop(), 30_000);

interface Row {
  readonly type: RecordType;
  readonly id: string;
  readonly school: string | null;
  readonly status: 'active' | 'archived';
  readonly archivedBy: string | null;
  readonly archivedRun: number | null;
  /** Everything, for comparing. */
  readonly all: string;
}

const SCHOOL: Partial<Record<RecordType, string>> = {
  schools: 'sis_id',
  courses: 'school_id',
  classes: 'school_id',
  students: 'school_id',
  staff: 'school_id',
  enrollments: 'school_id',
};

const readRoster = (): Promise<Row[]> =>
  harness.sql<Row>(
    RECORD_TYPES.map(
      (type) =>
        `SELECT '${type}' AS type, sis_id AS id, ${SCHOOL[type] ?? 'NULL'} AS school, status, archived_by AS "archivedBy",
           archived_run_id AS "archivedRun", to_jsonb(t)::text AS all FROM ${type} t`,
    ).join(' UNION ALL '),
  );

/** Records that a person has permitted to archive, as `type id`. */
const permitted = async (): Promise<Set<string>> => {
  const rows = await harness.sql<{ key: string }>(
    `SELECT r.record_type || ' ' || r.sis_id AS key FROM approvals a JOIN approval_records r ON r.approval_id = a.id
     WHERE a.status = 'active'`,
  );
  return new Set(rows.map(({ key }) => key));
};

async function runThrough(day: Day): Promise<RunResult> {
  const payload = payloadOf(await requestSync(harness.context, 'sis', { trigger: 'cli' }));
  for (let job = harness.queue.jobs.shift(); job; job = harness.queue.jobs.shift()) {
    const isStruck = day.fault === `emptied before ${job.stage}` && job.payload.round === payload.round;
    if (isStruck)
      for (const table of await snapshotTables(testDatabase.database))
        await harness.sql(`TRUNCATE snapshot."${table}"`);
    // A pull that breaks off fails its job as well as its run.
    await harness.step(job.stage, job.payload).catch((error: unknown) => {
      if (day.fault !== 'cut short') throw error;
    });
  }
  return harness.result(payload.runId);
}

/** guard §2, §6, §27: what went, group by group, and what went with it. */
function expectPermitted(before: readonly Row[], after: readonly Row[], approved: ReadonlySet<string>, runId: number) {
  const gone = after.filter(({ archivedRun }) => archivedRun === runId);
  const former = new Map(before.map((row) => [`${row.type} ${row.id}`, row]));
  const unapproved = new Map<string, number>();
  for (const row of gone.filter(({ archivedBy }) => archivedBy === 'sync')) {
    const key = `${row.type} ${row.id}`;
    const group = `${row.type} in ${former.get(key)?.school}`;
    if (!approved.has(key)) unapproved.set(group, (unapproved.get(group) ?? 0) + 1);
  }
  for (const [group, count] of unapproved) {
    const active = before.filter((row) => row.status === 'active' && `${row.type} in ${row.school}` === group).length;
    expect({ group, active, isAllowed: count <= Math.floor((active * PERCENT) / 100) }).toMatchObject({
      isAllowed: true,
    });
  }
  const roots = new Set(gone.filter(({ archivedBy }) => archivedBy === 'sync').map(({ id }) => id));
  for (const { id } of gone.filter(({ archivedBy }) => archivedBy === 'parent'))
    expect(id.split('~').some((part) => roots.has(part))).toBe(true);
}

/** What is active is what the data holds, field by field where the days differ. */
async function expectSameAsData(): Promise<void> {
  for (const type of RECORD_TYPES) expect(await harness.ids(type)).toEqual([...roster.records[type].keys()].sort());
  const rows = await harness.sql<{ sis_id: string; school_id: string; grade: string }>(
    `SELECT sis_id, school_id, grade FROM students WHERE status = 'active'`,
  );
  for (const row of rows)
    expect(row).toMatchObject({
      school_id: roster.records.students.get(row.sis_id)?.school,
      grade: roster.records.students.get(row.sis_id)?.grade,
    });
}

async function decide(decision: Day['decision']): Promise<void> {
  const [hold] = await harness.sql<{ id: number; school: string | null }>(
    `SELECT h.id, (SELECT min(r.school_id) FROM hold_records r WHERE r.hold_id = h.id) AS school
     FROM holds h WHERE status = 'open'`,
  );
  if (!hold || decision === null) return;
  const basis = { holdId: hold.id, actor: 'tester' };
  const { pool } = testDatabase.database;
  if (decision === 'reject') return rejectHold(pool, { ...basis, comment: 'they stay' });
  const schools = decision === 'approve a school' && hold.school !== null ? [hold.school] : null;
  await approveHold(pool, { ...basis, comment: null, schools, recordTypes: null });
}

it('archives no more than was allowed or approved, whatever the days bring', async () => {
  const ends = { succeeded: 0, held: 0, failed: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(anyDay, { minLength: 3, maxLength: 6 }), async (days) => {
      await testDatabase.database.pool.query(`TRUNCATE districts, ${ROSTER}, roster_changes CASCADE`);
      roster = new RosterBuilder();
      harness = new PipelineHarness(testDatabase.database, roster);
      await harness.createSync('sis', 'riverside', { threshold: { default: PERCENT * 100, perType: {} } });
      for (const day of days) {
        deliver(roster, day);
        const before = await readRoster();
        const approved = await permitted();
        const run = await runThrough(day);
        const after = await readRoster();
        ends[run.status]++;
        if (run.status === 'failed') expect(after).toEqual(before);
        if (run.status === 'succeeded') await expectSameAsData();
        expectPermitted(before, after, approved, run.runId);
        const audited = await harness.sql(`SELECT 1 FROM roster_changes WHERE run_id = $1 AND action = 'archive'`, [
          run.runId,
        ]);
        expect(audited).toHaveLength(after.filter(({ archivedRun }) => archivedRun === run.runId).length);
        await decide(day.decision);
      }
    }),
    { numRuns: 8, seed: 20_261_101 },
  );
  // A property that only ever saw one kind of end would say little.
  for (const count of Object.values(ends)) expect(count).toBeGreaterThan(2);
}, 60_000);
