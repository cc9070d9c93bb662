import { DEFAULT_RUN_SETTINGS, whatIf, type RecordType, type RunSettings, type WhatIf } from '@rollbook/core';
import { preview, type Preview } from '@rollbook/pipeline';
import { approveHold, listPlannedChanges, listRunChanges, readPastFindings, type ListedChange } from '@rollbook/store';
import { PipelineHarness } from '../pipeline-harness.ts';
import { RosterBuilder } from '../roster-builder.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { someOf } from './explained.ts';

let testDatabase: TestDatabase;
let harness: PipelineHarness;
let roster: RosterBuilder;

beforeAll(async () => {
  testDatabase = await createTestDatabase('whatif_and_previews');
});
afterAll(() => testDatabase.drop());
/** Twenty students, four of the staff, and a class. */
beforeEach(async () => {
  await testDatabase.database.pool.query(
    'TRUNCATE districts, schools, terms, courses, classes, students, staff, guardians, enrollments, guardianships, roster_changes CASCADE',
  );
  roster = new RosterBuilder()
    .school('A')
    .students(20, 'A', 'a')
    .class('c1', 'A')
    .enroll('a1', 'c1')
    .enroll('a13', 'c1');
  for (const id of someOf('t', 1, 4)) roster.staff(id, 'A');
  harness = new PipelineHarness(testDatabase.database, roster);
  await harness.createSync('sis', 'riverside');
  await harness.run('sis');
});

const gather = async (changes: AsyncIterable<ListedChange>): Promise<ListedChange[]> => {
  const all: ListedChange[] = [];
  for await (const change of changes) all.push(change);
  return all;
};
const changesOf = (runId: number) => gather(listRunChanges(testDatabase.database.pool, runId));

describe('guard §31: what-if', () => {
  const replay = async (percent: number, recordType: RecordType | null = null, last = 60): Promise<WhatIf> =>
    whatIf(await readPastFindings(testDatabase.database.pool, { syncId: 'sis', last }), {
      basisPoints: percent * 100,
      recordType,
    });
  /** The runs that would have been held, as `run: type archives/active`. */
  const over = async (...asked: Parameters<typeof replay>): Promise<string[]> =>
    (await replay(...asked)).wouldHold.flatMap((run) =>
      run.over.map(({ recordType, toArchive, active }) => `${run.runId}: ${recordType} ${toArchive}/${active}`),
    );

  it('replays what past runs measured, the newest first', async () => {
    roster.removeStudents('a20');
    const passed = await harness.run('sis');
    roster.removeStudents(...someOf('a', 15, 19));
    const held = await harness.run('sis');
    const again = await harness.run('sis');
    expect([passed, held, again]).toMatchObject([{ status: 'succeeded' }, { status: 'held' }, { status: 'held' }]);
    const [nights, first] = [
      [`${again.runId}: students 5/19`, `${held.runId}: students 5/19`],
      `${passed.runId}: students 1/20`,
    ];
    expect(await over(27)).toEqual([]);
    expect(await over(26)).toEqual(nights);
    expect(await over(5)).toEqual(nights);
    expect(await over(4.99)).toEqual([...nights, first]);
    expect(await replay(4.99)).toMatchObject({
      runs: 4,
      held: 2,
      wouldHold: [
        { wasHeld: true, over: [{ school: 'A', allowed: 0 }] },
        { wasHeld: true },
        { wasHeld: false, over: [{ school: 'A', allowed: 0 }] },
      ],
    });
    expect(await over(4.99, null, 1)).toEqual([`${again.runId}: students 5/19`]);
  });

  it('judges one record type by the percentage, and the others by the threshold of their run', async () => {
    roster.removeStudents(...someOf('a', 15, 19)).remove('staff', 't1');
    const { runId } = await harness.run('sis');
    expect(await over(100)).toEqual([]);
    expect(await over(100, 'students')).toEqual([`${runId}: staff 1/4`]);
    expect(await over(100, 'staff')).toEqual([`${runId}: students 5/20`]);
  });

  it('counts what was always allowed in a run, and what was approved in it', async () => {
    await harness.createSync('sis', 'riverside', { alwaysAllow: 5 });
    roster.removeStudents(...someOf('a', 1, 5));
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
    expect(await over(0)).toEqual([]);
    await harness.createSync('sis', 'riverside', { alwaysAllow: 0 });
    roster.removeStudents(...someOf('a', 6, 10));
    const held = await harness.run('sis');
    const [hold] = await harness.sql<{ id: number }>('SELECT id FROM holds');
    const decider = { actor: 'pat', comment: null, schools: null, recordTypes: null };
    await approveHold(testDatabase.database.pool, { holdId: hold?.id as number, ...decider });
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
    expect(await over(0)).toEqual([`${held.runId}: students 5/15`]);
  });

  it('takes no runs that changed nothing or could not be held: previews, failures, additions only', async () => {
    roster.removeStudents(...someOf('a', 1, 5));
    await harness.run('sis', true);
    await harness.createSync('sis', 'riverside', { schools: [{ sisId: 'Z', name: null }] });
    expect(await harness.run('sis')).toMatchObject({ status: 'failed' });
    await harness.createSync('sis', 'riverside');
    await harness.sql(`UPDATE syncs SET calendar = '{"additionsOnly": true}'`);
    expect(await harness.run('sis')).toMatchObject({ status: 'succeeded' });
    expect(await replay(0)).toEqual({ runs: 2, held: 0, wouldHold: [] });
  });
});

/** Everything that the database holds, table by table, but for what a run says of itself. */
const everything = async (except: readonly string[]): Promise<Record<string, unknown>> => {
  const tables = await harness.sql<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
  );
  const kept: Record<string, unknown> = {};
  for (const { name } of tables.filter((table) => !except.includes(table.name)))
    kept[name] = await harness.sql(`SELECT to_jsonb(t) AS row FROM ${name} t ORDER BY to_jsonb(t)::text`);
  return kept;
};

/** A night with something of everything: a create, updates, an archive with its enrollment, a restore. */
const aNight = async (): Promise<void> => {
  roster.removeStudents('a20');
  await harness.run('sis');
  roster.student('a20', 'A').student('n1', 'A', { grade: '10' }).enroll('n1', 'c1');
  roster.student('a5', 'A', { familyName: 'Other', birthDate: '2011-03-04' }).removeStudents('a1');
};

describe('guard §31: a preview', () => {
  beforeEach(aNight);

  it('gives the exact list of what the run would do, which is what the run then does', async () => {
    const planned = await harness.run('sis', true);
    const changes = await changesOf(planned.runId);
    expect(changes.map(({ action, recordType, sisId }) => `${action} ${recordType} ${sisId}`)).toEqual([
      'archive students a1',
      'create students n1',
      'restore students a20',
      'update students a5',
      'archive enrollments c1~a1~student',
      'create enrollments c1~n1~student',
    ]);
    expect(changes.find(({ sisId }) => sisId === 'a5')).toEqual({
      action: 'update',
      recordType: 'students',
      sisId: 'a5',
      school: 'A',
      withheld: false,
      before: { familyName: 'Family a5', birthDate: null },
      after: { familyName: 'Other', birthDate: '2011-03-04' },
    });
    expect(changes.find(({ sisId }) => sisId === 'n1')).toEqual({
      action: 'create',
      recordType: 'students',
      sisId: 'n1',
      school: 'A',
      withheld: false,
      before: {},
      after: {
        givenName: 'Given n1',
        familyName: 'Family n1',
        email: 'n1@district.example',
        grade: '10',
        school: 'A',
        schools: ['A'],
        enabled: true,
      },
    });
    expect(changes.find(({ sisId }) => sisId === 'a1')).toMatchObject({
      withheld: false,
      before: { status: 'active' },
      after: { status: 'archived' },
    });
    const done = await harness.run('sis');
    expect(done.counts).toEqual(planned.counts);
    expect(await changesOf(done.runId)).toEqual(changes);
  });

  it('writes nothing to the roster, its holds and its decisions', async () => {
    roster.removeStudents(...someOf('a', 6, 12));
    await harness.run('sis');
    const ofRuns = ['runs', 'run_stages', 'findings', 'warnings', 'snapshots'];
    const before = await everything(ofRuns);
    expect(Object.keys(before)).toEqual(
      expect.arrayContaining([
        'students',
        'enrollments',
        'holds',
        'hold_records',
        'decisions',
        'roster_changes',
        'syncs',
        'districts',
      ]),
    );
    roster.student('n2', 'A').student('a2', 'A', { givenName: 'Other' }).removeStudents('a3').enroll('a2', 'c1');
    expect(await harness.run('sis', true)).toMatchObject({
      status: 'held',
      counts: { students: { created: 1, updated: 1, withheld: 9 } },
    });
    expect(await everything(ofRuns)).toEqual(before);
  });

  it('marks the archives that would be withheld', async () => {
    roster.removeStudents(...someOf('a', 6, 12));
    const { runId } = await harness.run('sis', true);
    const archives = (await changesOf(runId)).filter(({ action }) => action === 'archive');
    expect(archives.map(({ sisId, withheld }) => [sisId, withheld])).toEqual(
      ['a1', 'a10', 'a11', 'a12', 'a6', 'a7', 'a8', 'a9'].map((id) => [id, true]),
    );
    const done = await harness.run('sis');
    expect((await changesOf(done.runId)).filter(({ action }) => action === 'archive')).toEqual(archives);
  });

  it('is listed as long as the roster is what it was compared with', async () => {
    const { runId } = await harness.run('sis', true);
    await harness.run('sis');
    await expect(changesOf(runId)).rejects.toThrow(
      `The roster has changed since preview ${runId} was made. Make a new preview.`,
    );
    await expect(changesOf(999_999)).rejects.toThrow('There is no run 999999.');
  });
});

describe('guard §31: a preview of given files', () => {
  beforeEach(aNight);

  const previewed = (
    settings: Partial<RunSettings> = {},
    onCompared?: (prefix: string, seen: Preview) => Promise<void>,
  ): Promise<Preview> =>
    preview(harness.context.snapshots, {
      source: roster,
      districtId: 'riverside',
      syncId: 'sis',
      settings: { ...DEFAULT_RUN_SETTINGS, ...settings },
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...(onCompared && { onCompared }),
    });

  it('judges by the percentage that is tried', async () => {
    // 8 of 19 are gone: 42.1 %.
    harness.pass(24);
    roster.removeStudents(...someOf('a', 6, 12));
    const verdictAt = async (percent: number): Promise<string> => {
      const { judgement } = await previewed({ threshold: { default: percent * 100, perType: {} } });
      return judgement.verdict;
    };
    expect(await verdictAt(42)).toBe('hold');
    expect(await verdictAt(42.11)).toBe('pass');
  });

  it('lists the same changes as a preview of the sync', async () => {
    let listed: ListedChange[] = [];
    await previewed({}, async (prefix, { judgement }) => {
      const withheld = judgement.findings.filter((finding) => finding.withheld > 0);
      const tables = { prefix, districtId: 'riverside', settings: DEFAULT_RUN_SETTINGS, withheld };
      listed = await gather(listPlannedChanges(testDatabase.database.pool, tables));
    });
    const { runId } = await harness.run('sis', true);
    expect(listed).toEqual(await changesOf(runId));
    expect(listed).toHaveLength(6);
  });

  it('explains what would be held', async () => {
    roster.school('B').students(5, 'B', 'b');
    await harness.run('sis');
    roster.removeStudents(...someOf('b', 1, 5));
    expect((await previewed()).explanations).toMatchObject([{ cause: 'school_empty', schools: ['B'], explained: 5 }]);
  });

  it('leaves no trace at all', async () => {
    const before = await everything([]);
    const tables = () => harness.sql(`SELECT tablename FROM pg_tables WHERE schemaname = 'snapshot' ORDER BY 1`);
    const tablesBefore = await tables();
    await previewed();
    expect(await everything([])).toEqual(before);
    expect(await tables()).toEqual(tablesBefore);
  });
});
